package output

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// stampLayout is how lumberjack names rotated files.
const stampLayout = "2006-01-02T15-04-05.000"

// File is one file of a process's output.
type File struct {
	Path       string
	Rotated    time.Time // zero for the current file
	Size       int64
	Compressed bool
}

// Files lists the rotated files and the current one of path, oldest first.
func Files(path string) ([]File, error) {
	dir, base := filepath.Split(path)
	ext := filepath.Ext(base)
	prefix := strings.TrimSuffix(base, ext) + "-"
	names, err := readNames(dir)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, name := range names {
		f, ok := parseBackup(name, prefix, ext)
		if !ok {
			continue
		}
		f.Path = filepath.Join(dir, name)
		var st unix.Stat_t
		if unix.Stat(f.Path, &st) != nil {
			continue
		}
		f.Size = st.Size
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b File) int {
		if c := a.Rotated.Compare(b.Rotated); c != 0 {
			return c
		}
		return strings.Compare(a.Path, b.Path)
	})
	// A crash between compressing and removing leaves both: the plain one counts.
	files = slices.CompactFunc(files, func(a, b File) bool { return a.Rotated.Equal(b.Rotated) })
	if st, err := os.Stat(path); err == nil {
		files = append(files, File{Path: path, Size: st.Size()})
	}
	return files, nil
}

func readNames(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }()
	return d.Readdirnames(-1)
}

func parseBackup(name, prefix, ext string) (File, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return File{}, false
	}
	rest, compressed := strings.CutSuffix(rest, ".gz")
	stamp, ok := strings.CutSuffix(rest, ext)
	if !ok {
		return File{}, false
	}
	t, err := time.Parse(stampLayout, stamp)
	return File{Rotated: t, Compressed: compressed}, err == nil
}

// Open opens the file for reading, decompressed.
func (f File) Open() (io.ReadCloser, error) {
	file, err := os.Open(f.Path)
	if err != nil || !f.Compressed {
		return file, err
	}
	zip, err := gzip.NewReader(file)
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	return &zipped{Reader: zip, file: file}, nil
}

type zipped struct {
	*gzip.Reader
	file *os.File
}

func (z *zipped) Close() error { return errors.Join(z.Reader.Close(), z.file.Close()) }

// closeChapter records that the current file is finished and what it is called
// now ("" when it was removed), so that followers find it and what comes next.
// The name holds the time of renaming, which is after begun, to the millisecond.
func (s *Sink) closeChapter(inode uint64, begun time.Time) {
	done := chapter{seq: s.seq}
	s.seq++
	ext := filepath.Ext(s.opts.Path)
	for at := begun.UTC(); !at.After(time.Now().Add(time.Millisecond)); at = at.Add(time.Millisecond) {
		name := strings.TrimSuffix(s.opts.Path, ext) + "-" + at.Format(stampLayout) + ext
		var st unix.Stat_t
		if unix.Stat(name, &st) == nil && st.Ino == inode {
			done.path = name
			break
		}
	}
	if len(s.chapters) >= 256 {
		s.chapters = slices.Delete(s.chapters, 0, 128)
	}
	s.chapters = append(s.chapters, done)
}

// enforceCap removes the oldest rotated files before more is written: a process
// that prints a lot could be faster than the hub's worker.
func (s *Sink) enforceCap() {
	if s.opts.Cap > 0 || s.opts.MaxBackups > 0 {
		s.filesMu.Lock()
		defer s.filesMu.Unlock()
		s.removeOld(s.opts, time.Now())
	}
}

// removeOld removes rotated files by count, age and total size. The total counts
// the current file as full.
func (s *Sink) removeOld(o Options, now time.Time) {
	files, err := Files(o.Path)
	if err != nil {
		return
	}
	files = slices.DeleteFunc(files, func(f File) bool { return f.Rotated.IsZero() })
	total := int64(o.MaxSizeMB) << 20
	kept := 0
	for _, f := range slices.Backward(files) {
		total += f.Size
		kept++
		if (o.MaxBackups > 0 && kept > o.MaxBackups) ||
			(o.MaxAge > 0 && now.Sub(f.Rotated) > o.MaxAge) ||
			(o.Cap > 0 && total > o.Cap) {
			_ = os.Remove(f.Path)
			_ = os.Remove(f.Path + ".gz")
			total -= f.Size
			kept--
		}
	}
}

// tidy removes rotated files that are too old and compresses the others. The hub's worker calls it.
func (s *Sink) tidy(quit <-chan struct{}) {
	s.mu.Lock()
	o := s.opts
	s.mu.Unlock()
	s.filesMu.Lock()
	s.removeOld(o, time.Now())
	removeParts(o.Path)
	s.filesMu.Unlock()
	if !o.Compress {
		return
	}
	files, err := Files(o.Path)
	if err != nil {
		return
	}
	for _, f := range files {
		if f.Rotated.IsZero() || f.Compressed {
			continue
		}
		if err := compress(f.Path, quit); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.hub.logger.Warn("rotated output is not compressed", "process", s.name, "file", f.Path, "error", err)
			return
		}
	}
}

// removeParts removes what an interrupted compression left.
func removeParts(path string) {
	dir, base := filepath.Split(path)
	ext := filepath.Ext(base)
	names, _ := readNames(dir)
	for _, name := range names {
		whole, ok := strings.CutSuffix(name, ".part")
		if _, mine := parseBackup(whole, strings.TrimSuffix(base, ext)+"-", ext); ok && mine {
			_ = os.Remove(filepath.Join(dir, name))
		}
	}
}

// compress writes PATH.gz under another name, renames it and removes PATH.
func compress(path string, quit <-chan struct{}) (err error) {
	src, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	st, err := src.Stat()
	if err != nil {
		return err
	}
	part := path + ".gz.part"
	dst, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, st.Mode().Perm())
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part)
		}
	}()
	zip := gzip.NewWriter(dst)
	_, err = io.Copy(zip, &interruptible{Reader: src, quit: quit})
	if err = errors.Join(err, zip.Close(), dst.Close()); err != nil {
		return err
	}
	// When the cap has removed it meanwhile, the compressed file must not come back.
	if _, err = os.Stat(path); err != nil {
		return err
	}
	if err = os.Rename(part, path+".gz"); err != nil {
		return err
	}
	return os.Remove(path)
}

type interruptible struct {
	io.Reader
	quit <-chan struct{}
}

func (r *interruptible) Read(b []byte) (int, error) {
	select {
	case <-r.quit:
		return 0, fs.ErrClosed
	default:
		return r.Reader.Read(b)
	}
}
