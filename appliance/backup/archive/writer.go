package archive

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/klauspost/compress/zstd"

	"flowhq/storage/dump"
)

// chunkSize is about how many bytes of rows one entry holds.
const chunkSize = 1 << 20

// Writer writes a backup. After an error it is of no use.
type Writer struct {
	sealed   io.WriteCloser
	zip      *zstd.Encoder
	tar      *tar.Writer
	taken    time.Time
	contents Contents
}

// NewWriter begins a backup and writes its manifest.
func NewWriter(to io.Writer, keys Keys, m Manifest) (*Writer, error) {
	sealed, err := keys.Seal(to)
	if err != nil {
		return nil, err
	}
	// Two goroutines and a small window: the appliance has a small machine and a worker's memory would be taken for it.
	zip, err := zstd.NewWriter(sealed, zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<20),
		zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	w := &Writer{sealed: sealed, zip: zip, tar: tar.NewWriter(zip), taken: m.TakenAt}
	m.Format = Format
	return w, w.json(manifestName, m)
}

// Tenant adds a business; its files follow by File.
func (w *Writer) Tenant(t Tenant) {
	t.Files = []string{}
	w.contents.Tenants = append(w.contents.Tenants, t)
}

// File adds a file of the tenant that was added last: exactly size bytes of from.
func (w *Writer) File(name string, size int64, from io.Reader) error {
	t := &w.contents.Tenants[len(w.contents.Tenants)-1]
	if err := w.entry(path.Join("tenants", t.ID, name), size, from); err != nil {
		return err
	}
	t.Files = append(t.Files, name)
	return nil
}

// Problem notes what could not be backed up, in a sentence.
func (w *Writer) Problem(format string, args ...any) {
	w.contents.Problems = append(w.contents.Problems, fmt.Sprintf(format, args...))
}

// LeftOut notes tables and columns that are not the product's.
func (w *Writer) LeftOut(names []string) { w.contents.LeftOut = names }

// Table begins a table; its rows follow by Row. Tables come in the order in which they can be filled.
func (w *Writer) Table(t dump.Table, labels map[string][]string) *TableWriter {
	return &TableWriter{w: w, table: Table{Name: t.Name, Columns: t.Columns, Labels: labels}}
}

// TableWriter writes the rows of a table.
type TableWriter struct {
	w      *Writer
	table  Table
	chunk  []byte
	chunks int
	digest dump.Digest
}

// Row adds a row.
func (t *TableWriter) Row(row dump.Row) error {
	start := len(t.chunk)
	var err error
	if t.chunk, err = dump.AppendRow(t.chunk, row); err != nil {
		return err
	}
	t.digest.Add(t.chunk[start:])
	t.chunk = append(t.chunk, '\n')
	if len(t.chunk) >= chunkSize {
		return t.flush()
	}
	return nil
}

// Close ends the table.
func (t *TableWriter) Close() error {
	if len(t.chunk) > 0 {
		if err := t.flush(); err != nil {
			return err
		}
	}
	t.table.Rows, t.table.Sum = t.digest.Rows(), t.digest.String()
	t.w.contents.Tables = append(t.w.contents.Tables, t.table)
	return nil
}

func (t *TableWriter) flush() error {
	t.chunks++
	err := t.w.entry(chunkName(t.table.Name, t.chunks), int64(len(t.chunk)), bytesReader(t.chunk))
	t.chunk = t.chunk[:0]
	return err
}

// Close writes the contents and ends the file. It does not close what is written to.
func (w *Writer) Close(finished time.Time) (Contents, error) {
	w.contents.FinishedAt = finished
	contents := w.contents
	if err := w.json(contentsName, contents); err != nil {
		return Contents{}, errors.Join(err, w.zip.Close())
	}
	return contents, errors.Join(w.tar.Close(), w.zip.Close(), w.sealed.Close())
}

// Abandon frees what the writer holds, for a backup that comes to nothing.
func (w *Writer) Abandon() { w.zip.Reset(io.Discard); _ = w.zip.Close() }

func (w *Writer) json(name string, v any) error {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return w.entry(name, int64(len(body)), bytesReader(body))
}

func (w *Writer) entry(name string, size int64, from io.Reader) error {
	h := &tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: w.taken, Format: tar.FormatPAX,
		Typeflag: tar.TypeReg}
	if err := w.tar.WriteHeader(h); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w.tar, sum), io.LimitReader(from, size)); err != nil {
		return err
	}
	if err := w.tar.Flush(); err != nil { // fails when from was shorter
		return err
	}
	w.contents.Entries = append(w.contents.Entries,
		Entry{Name: name, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))})
	return nil
}
