package backup

import (
	"io"
	"io/fs"
	"time"
)

// SizeOf tells how many bytes what a Place opened has, 0 when nobody knows.
func SizeOf(from io.Reader) int64 {
	switch f := from.(type) {
	case interface{ Stat() (fs.FileInfo, error) }:
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return info.Size()
		}
	case interface{ Size() int64 }:
		return max(f.Size(), 0)
	}
	return 0
}

// Watched tells how much of from was read, now and then.
func Watched(from io.Reader, phase string, tell func(Progress)) io.Reader {
	return &watched{from: from, at: Progress{Phase: phase, Total: SizeOf(from)}, tell: tell}
}

const tellEvery = 200 * time.Millisecond

type watched struct {
	from io.Reader
	at   Progress
	tell func(Progress)
	told time.Time
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	w.at.Done += int64(n)
	if now := time.Now(); now.Sub(w.told) >= tellEvery || err == io.EOF {
		w.told = now
		w.tell(w.at)
	}
	return n, err
}
