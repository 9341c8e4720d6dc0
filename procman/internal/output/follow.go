package output

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

// cursor is the position of a follower: in the file with number seq, which is open
// unless it does not exist yet.
type cursor struct {
	seq  uint64
	file io.ReadCloser
}

func (c *cursor) close() {
	if c.file != nil {
		_ = c.file.Close()
		c.file = nil
	}
}

// Follow writes the last lines to w, as many as lines says. With follow it goes on
// with what is added, across rotations, until ctx ends or the sink is closed and
// everything was written; it returns nil then.
func (s *Sink) Follow(ctx context.Context, w io.Writer, lines int, follow bool) error {
	c, files, err := s.begin()
	if err != nil {
		return err
	}
	defer c.close()
	if err := tail(ctx, w, files, c, lines); err != nil || !follow {
		return withoutCancel(ctx, err)
	}
	buf := make([]byte, 64<<10)
	for {
		more, open := s.changes()
		n, err := c.copyNew(w, buf)
		if err != nil || ctx.Err() != nil {
			return withoutCancel(ctx, err)
		}
		if n > 0 {
			continue
		}
		moved, err := s.advance(c, w)
		if err != nil {
			return withoutCancel(ctx, err)
		}
		if moved {
			continue
		}
		if !open {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-more:
		}
	}
}

// withoutCancel drops the error when ctx has ended: the caller wanted it so.
func withoutCancel(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// begin opens the current file, which may not exist, and lists the rotated ones.
func (s *Sink) begin() (*cursor, []File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	files, err := Files(s.opts.Path)
	if err != nil {
		return nil, nil, err
	}
	files = slices.DeleteFunc(files, func(f File) bool { return f.Rotated.IsZero() })
	c := &cursor{seq: s.seq}
	return c, files, c.open(s.opts.Path)
}

func (c *cursor) open(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		c.file = f
	}
	return err
}

// changes returns a channel that is closed at the next write, rotation or
// closing, and whether the sink is open at all.
func (s *Sink) changes() (<-chan struct{}, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed, s.pipe >= 0
}

func (s *Sink) wake() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

func (c *cursor) copyNew(w io.Writer, buf []byte) (int, error) {
	if c.file == nil {
		return 0, nil
	}
	n, err := c.file.Read(buf)
	if n > 0 {
		if _, err := w.Write(buf[:n]); err != nil {
			return n, err
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// advance is called at the end of the cursor's file. It reports whether there
// is more to read: in the same file, or in the next one. It holds the sink, so
// that nothing is written or rotated meanwhile.
func (s *Sink) advance(c *cursor, w io.Writer) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.file == nil && c.seq == s.seq {
		err := c.open(s.opts.Path)
		return c.file != nil, err
	}
	if c.seq == s.seq {
		return false, nil
	}
	if f, ok := c.file.(*os.File); ok {
		// The file was written and then rotated since the last read.
		pos, err := f.Seek(0, io.SeekCurrent)
		st, serr := f.Stat()
		if err == nil && serr == nil && pos < st.Size() {
			return true, nil
		}
	}
	return true, s.turn(c, w)
}

// turn moves the cursor to the next file that still exists. When files in between
// are gone, it writes a note to w.
func (s *Sink) turn(c *cursor, w io.Writer) error {
	gap := c.file == nil // it never was opened, so its content was missed
	if gap {
		c.seq--
	}
	c.close()
	for c.seq++; c.seq < s.seq; c.seq++ {
		i := slices.IndexFunc(s.chapters, func(ch chapter) bool { return ch.seq == c.seq })
		if i >= 0 && s.chapters[i].path != "" {
			path := s.chapters[i].path
			for _, f := range []File{{Path: path}, {Path: path + ".gz", Compressed: true}} {
				if file, err := f.Open(); err == nil {
					c.file = file
					return nil
				}
			}
		}
		gap = true
	}
	if gap {
		if _, err := fmt.Fprintln(w, "[procman: files were removed before they could be followed]"); err != nil {
			return err
		}
	}
	return c.open(s.opts.Path)
}
