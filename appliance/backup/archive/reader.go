package archive

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"flowhq"
	"flowhq/storage/dump"
)

// Visitor takes what Read reads, in the order of the file. A method that is nil is not called. What it is given is
// checked only when Read has returned without an error: nothing must be taken for good before.
type Visitor struct {
	Manifest func(Manifest) error
	File     func(tenant, name string, size int64, content io.Reader) error
	Rows     func(table string, lines [][]byte) error // lines that dump.ParseRow reads; they are overwritten afterwards
}

// maxMeta bounds manifest and contents, maxLine a row.
const (
	maxMeta = 256 << 20
	maxLine = 64 << 20
)

// Peek reads no more than the manifest.
func Peek(from io.Reader, keys Keys) (Manifest, error) {
	var m Manifest
	_, err := Read(from, keys, Visitor{Manifest: func(got Manifest) error { m = got; return errEnough }})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return m, err
}

var errEnough = errors.New("enough was read")

// Read reads a whole backup, checks every checksum, and gives its contents. A file that is damaged, cut off or none of
// ours is CodeInvalid, a wrong key CodeUnauthorized; an error of the visitor comes back as it is.
func Read(from io.Reader, keys Keys, v Visitor) (Contents, error) {
	source := &failing{from: from}
	plain, err := keys.Unseal(source)
	if err != nil {
		return Contents{}, source.orElse(err)
	}
	zip, err := zstd.NewReader(plain, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		return Contents{}, err
	}
	defer zip.Close()
	r := &reader{tar: tar.NewReader(zip), visit: v, digests: map[string]*dump.Digest{}}
	contents, err := r.read()
	if err != nil {
		return Contents{}, source.orElse(err)
	}
	// The rest is nothing but padding; reading it has the last checksums of zstd and age compared.
	if _, err := io.Copy(io.Discard, zip); err != nil {
		return Contents{}, source.orElse(damage("it does not end as it should", err))
	}
	return contents, nil
}

// failing remembers an error of what is read from, so that a network that is away is not taken for a damaged file.
type failing struct {
	from io.Reader
	err  error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.from.Read(p)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		f.err = err
	}
	return n, err
}

func (f *failing) orElse(err error) error {
	if f.err != nil {
		return f.err
	}
	return err
}

type reader struct {
	tar     *tar.Reader
	visit   Visitor
	entries []Entry
	digests map[string]*dump.Digest
	visitor error // of the visitor, which is no damage
}

func (r *reader) read() (Contents, error) {
	var manifest Manifest
	if err := r.meta(manifestName, &manifest); err != nil {
		return Contents{}, err
	}
	if manifest.Format > Format {
		return Contents{}, flowhq.Errorf(flowhq.CodeConflict,
			"The backup was written by a newer Flow HQ (%s). Install that version, then restore.", manifest.Version)
	}
	if r.visit.Manifest != nil {
		if err := r.visit.Manifest(manifest); err != nil {
			return Contents{}, err
		}
	}
	for {
		h, err := r.tar.Next()
		if err != nil {
			return Contents{}, damage("its end is missing", err)
		}
		if h.Name == contentsName {
			return r.end(h)
		}
		if err := r.entry(h); err != nil {
			if r.visitor != nil {
				return Contents{}, r.visitor
			}
			return Contents{}, damage("a part of it cannot be read", fmt.Errorf("%s: %w", h.Name, err))
		}
	}
}

// meta reads an entry of JSON that must come now.
func (r *reader) meta(name string, into any) error {
	h, err := r.tar.Next()
	if err != nil {
		return damage("it is no backup of Flow HQ", err)
	}
	if h.Name != name || h.Size > maxMeta {
		return damage("it is no backup of Flow HQ", fmt.Errorf("entry %q comes first", h.Name))
	}
	body, err := r.whole(h)
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		return damage("its manifest cannot be read", err)
	}
	return nil
}

func (r *reader) whole(h *tar.Header) ([]byte, error) {
	sum := sha256.New()
	body, err := io.ReadAll(io.TeeReader(r.tar, sum))
	r.note(h, sum.Sum(nil))
	return body, err
}

func (r *reader) note(h *tar.Header, sum []byte) {
	r.entries = append(r.entries, Entry{Name: h.Name, Size: h.Size, SHA256: hex.EncodeToString(sum)})
}

func (r *reader) entry(h *tar.Header) error {
	sum := sha256.New()
	content := io.TeeReader(r.tar, sum)
	if table, ok := tableOf(h.Name); ok {
		if err := r.rows(table, content); err != nil {
			return err
		}
	} else if tenant, file, ok := fileOf(h.Name); ok {
		if r.visit.File != nil {
			guard := &failing{from: content}
			if err := r.visit.File(tenant, file, h.Size, guard); err != nil {
				if guard.err == nil {
					r.visitor = err
				}
				return err
			}
		}
	} else {
		return errors.New("is not known")
	}
	if _, err := io.Copy(io.Discard, content); err != nil {
		return err
	}
	r.note(h, sum.Sum(nil))
	return nil
}

func (r *reader) rows(table string, content io.Reader) error {
	digest := r.digests[table]
	if digest == nil {
		digest = new(dump.Digest)
		r.digests[table] = digest
	}
	scan := bufio.NewScanner(content)
	scan.Buffer(make([]byte, 0, chunkSize+chunkSize/4), maxLine)
	var held []byte
	var ends []int
	for scan.Scan() {
		digest.Add(scan.Bytes())
		held = append(held, scan.Bytes()...)
		ends = append(ends, len(held))
	}
	if err := scan.Err(); err != nil {
		return err
	}
	if r.visit.Rows == nil {
		return nil
	}
	lines := make([][]byte, len(ends))
	start := 0
	for i, end := range ends {
		lines[i], start = held[start:end:end], end
	}
	if err := r.visit.Rows(table, lines); err != nil {
		r.visitor = err
		return err
	}
	return nil
}

// end compares what was read with what the contents say.
func (r *reader) end(h *tar.Header) (Contents, error) {
	var c Contents
	if h.Size > maxMeta {
		return c, damage("its contents cannot be read", nil)
	}
	want := r.entries
	body, err := r.whole(h)
	if err == nil {
		err = json.Unmarshal(body, &c)
	}
	if err != nil {
		return c, damage("its contents cannot be read", err)
	}
	if len(c.Entries) != len(want) {
		return c, damage("parts of it are missing", fmt.Errorf("%d entries, %d are named", len(want), len(c.Entries)))
	}
	for i, e := range c.Entries {
		if e != want[i] {
			return c, damage("a part of it has changed", fmt.Errorf("entry %s", e.Name))
		}
	}
	for _, t := range c.Tables {
		var none dump.Digest
		got := &none
		if d := r.digests[t.Name]; d != nil {
			got = d
		}
		if got.Rows() != t.Rows || got.String() != t.Sum {
			return c, damage("rows of it have changed", fmt.Errorf("table %s", t.Name))
		}
		delete(r.digests, t.Name)
	}
	if len(r.digests) > 0 {
		return c, damage("it holds rows that it does not name", nil)
	}
	if _, err := r.tar.Next(); err != io.EOF {
		return c, damage("something follows its end", err)
	}
	return c, nil
}
