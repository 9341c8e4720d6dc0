package output

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"
)

// tailBytes bounds how much is looked through for the last lines.
const tailBytes = 16 << 20

// tail writes the last lines lines of the rotated files and the cursor's file
// and leaves the cursor at its end.
func tail(ctx context.Context, w io.Writer, files []File, c *cursor, lines int) error {
	cur, _ := c.file.(*os.File)
	var size int64
	if cur != nil {
		st, err := cur.Stat()
		if err != nil {
			return err
		}
		size = st.Size()
	}
	from, missing := size, lines
	if cur != nil && lines > 0 {
		var err error
		if from, missing, err = lastLines(cur, size, lines); err != nil {
			return err
		}
	}
	if missing > 0 {
		if err := tailRotated(ctx, w, files, missing); err != nil {
			return err
		}
	}
	if cur == nil {
		return nil
	}
	if _, err := io.Copy(w, io.NewSectionReader(cur, from, size-from)); err != nil {
		return err
	}
	_, err := cur.Seek(size, io.SeekStart)
	return err
}

// tailRotated finds the last lines of the rotated files, newest file first, and
// writes them in their order.
func tailRotated(ctx context.Context, w io.Writer, files []File, lines int) error {
	var parts [][]byte
	room := tailBytes
	for _, f := range slices.Backward(files) {
		if lines <= 0 || room <= 0 || ctx.Err() != nil {
			break
		}
		r, err := f.Open()
		if err != nil {
			continue // removed meanwhile
		}
		part, found := lastOf(r, lines, room)
		_ = r.Close()
		parts = append(parts, part)
		lines -= found
		room -= len(part)
	}
	for _, p := range slices.Backward(parts) {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// lastLines searches a file backwards. It returns where the last lines begin
// and how many of them are not in this file.
func lastLines(f io.ReaderAt, size int64, lines int) (from int64, missing int, err error) {
	buf := make([]byte, 64<<10)
	// A newline at the very end ends the last line, it does not begin another.
	end := size
	if size > 0 {
		if _, err := f.ReadAt(buf[:1], size-1); err != nil {
			return 0, 0, err
		}
		if buf[0] == '\n' {
			end--
		}
	}
	for pos := end; pos > 0; {
		n := min(int64(len(buf)), pos)
		if _, err := f.ReadAt(buf[:n], pos-n); err != nil {
			return 0, 0, err
		}
		for i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0; i = bytes.LastIndexByte(buf[:i], '\n') {
			if lines--; lines == 0 {
				return pos - n + int64(i) + 1, 0, nil
			}
		}
		pos -= n
		if size-pos > tailBytes {
			return pos, 0, nil
		}
	}
	if size > 0 {
		lines--
	}
	return 0, max(lines, 0), nil
}

// lastOf reads a stream to its end and keeps its last lines, at most room bytes.
func lastOf(r io.Reader, lines, room int) (tail []byte, found int) {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		tail = append(tail, buf[:n]...)
		if len(tail) > 2*room {
			tail = append(tail[:0], tail[len(tail)-room:]...)
		}
		if err != nil {
			break
		}
	}
	tail = tail[max(0, len(tail)-room):]
	from, missing, _ := lastLines(bytes.NewReader(tail), int64(len(tail)), lines)
	return tail[from:], lines - missing
}
