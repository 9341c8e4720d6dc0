package output

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// fairShare is how many chunks a sink moves before it lets others have the mover.
const fairShare = 16

// After busy bytes in one go, the mover pauses after each chunk.
const (
	busy      = 64 << 10
	busyPause = 500 * time.Microsecond
)

// drain moves at most chunks chunks and then asks the poller to call again.
func (s *Sink) drain(chunks int) {
	m, err := s.hub.take()
	if err != nil {
		s.hub.logger.Error("output cannot be moved", "process", s.name, "error", err)
		return
	}
	clean := true
	defer func() { s.hub.give(m, clean) }()
	moved := 0
	for range chunks {
		s.mu.Lock()
		n, err := s.moveChunk(m)
		s.mu.Unlock()
		if err != nil {
			clean = false
			s.hub.logger.Error("output cannot be moved", "process", s.name, "error", err)
			break
		}
		if n == 0 {
			break
		}
		if moved += n; n < chunkSize && moved >= busy {
			// The process prints without pause. Let it fill the pipe: a few large
			// chunks cost less than many small ones.
			time.Sleep(busyPause)
		}
	}
	s.mu.Lock()
	if s.pipe >= 0 {
		_ = s.watch.Rearm()
	}
	s.mu.Unlock()
}

// moveChunk duplicates the head of the pipe with tee(2), writes it into the file,
// and only then takes it out of the pipe. When the manager is killed, every byte
// is still in the pipe or already in the file.
func (s *Sink) moveChunk(m *mover) (n int, err error) {
	if s.pipe < 0 {
		return 0, nil
	}
	n, err = tee(s.pipe, m.w, chunkSize)
	if n == 0 || err != nil {
		return 0, err
	}
	if m.buf == nil {
		m.buf = make([]byte, chunkSize)
	}
	if err := readFull(m.r, m.buf[:n]); err != nil {
		return 0, err
	}
	s.write(m.buf[:n])
	if err := s.consume(n); err != nil {
		return 0, err
	}
	s.wake()
	s.grow(n)
	return n, nil
}

func tee(from, to, limit int) (int, error) {
	for {
		n, err := unix.Tee(from, to, limit, unix.SPLICE_F_NONBLOCK)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return 0, nil
		case err != nil:
			return 0, fmt.Errorf("tee: %w", err)
		default:
			return int(n), nil
		}
	}
}

func readFull(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := unix.Read(fd, b)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			return fmt.Errorf("read duplicated output: %w", errors.Join(err, errShort))
		}
		b = b[n:]
	}
	return nil
}

var errShort = errors.New("fewer bytes than expected")

// consume drops the first n bytes of the pipe without copying them.
func (s *Sink) consume(n int) error {
	for n > 0 {
		k, err := unix.Splice(s.pipe, nil, s.hub.null, nil, n, unix.SPLICE_F_NONBLOCK)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || k == 0 {
			return fmt.Errorf("consume output: %w", errors.Join(err, errShort))
		}
		n -= int(k)
	}
	return nil
}

// grow makes the pipe of a process that prints a lot larger, once.
func (s *Sink) grow(n int) {
	if s.grown || n < 32<<10 {
		return
	}
	s.grown = true
	_, _ = unix.FcntlInt(uintptr(s.pipe), unix.F_SETPIPE_SZ, 4*chunkSize)
}

// write puts b into the files. It rotates at the end of a line, unless the line is
// longer than slack. What a full disk refuses is counted and discarded.
func (s *Sink) write(b []byte) {
	if s.lost > 0 && !s.resume() {
		s.lose(len(b), nil)
		return
	}
	for len(b) > 0 {
		if err := s.ensureOpen(); err != nil {
			s.lose(len(b), err)
			return
		}
		part, rotate := s.cut(b)
		if len(part) > 0 {
			n, err := s.put(part)
			if err != nil {
				s.lose(len(b)-n, err)
				return
			}
			b = b[n:]
		}
		if rotate {
			if err := s.rotate(); err != nil {
				s.lose(len(b), err)
				return
			}
		}
	}
}

// cut says how much of b goes into the current file, and whether it is full then.
func (s *Sink) cut(b []byte) (part []byte, rotate bool) {
	limit := s.limit()
	room := limit - s.size
	slack := min(64<<10, limit/16)
	if s.size+int64(len(b)) <= limit-slack {
		return b, false
	}
	if room <= 0 {
		return nil, true
	}
	fits := b[:min(room, int64(len(b)))]
	if i := bytes.LastIndexByte(fits, '\n'); i >= 0 {
		return b[:i+1], true
	}
	if int64(len(b)) <= room {
		return b, false // a long line, and still room
	}
	if !s.midline && s.size > 0 {
		return nil, true // a new line begins here, in the next file
	}
	return fits, true
}

// put writes part at the end of the current file. The record says before the write
// where and how much, so that the next manager can repair a half-finished write.
func (s *Sink) put(part []byte) (int, error) {
	s.note(s.inode, s.size, len(part))
	n, err := s.log.Write(part)
	if n < len(part) {
		// The rest is discarded, so these n bytes are not written again.
		s.note(s.inode, s.size, n)
	}
	s.size += int64(n)
	if n > 0 {
		s.midline = part[n-1] != '\n'
	}
	if err != nil {
		// The next attempt opens the file again.
		s.opened = false
		_ = s.log.Close()
	}
	return n, err
}

// rotate renames the current file and begins a new one. The name holds the time to
// the millisecond; it waits for the next one, so that no name comes twice.
func (s *Sink) rotate() error {
	for time.Now().UTC().Truncate(time.Millisecond).Equal(s.rotated) {
		time.Sleep(200 * time.Microsecond)
	}
	old, begun := s.inode, time.Now()
	s.opened = false
	err := s.log.Rotate()
	s.rotated = time.Now().UTC().Truncate(time.Millisecond)
	s.closeChapter(old, begun)
	s.enforceCap()
	if err == nil {
		err = s.ensureOpen()
	}
	s.hub.tidy(s)
	return err
}

// lose counts n bytes that could not be written.
func (s *Sink) lose(n int, err error) {
	if s.lost == 0 {
		s.lostAt = time.Now()
		s.hub.logger.Warn("output is discarded", "process", s.name, "error", err)
		s.onLoss(Loss{Since: s.lostAt, Err: err})
		if s.retry == nil {
			s.retry = time.AfterFunc(retryAfter, s.tryResume)
		} else {
			s.retry.Reset(retryAfter)
		}
	}
	s.lost += int64(n)
	s.discarded.Add(int64(n))
}

func (s *Sink) tryResume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost > 0 && s.pipe >= 0 && !s.resume() {
		s.retry.Reset(retryAfter)
	}
}

// resume notes in the file how much is missing, once there is room on the disk.
func (s *Sink) resume() bool {
	dir, err := os.Open(parent(s.opts.Path))
	if err != nil {
		return false
	}
	var fs unix.Statfs_t
	err = unix.Fstatfs(int(dir.Fd()), &fs)
	_ = dir.Close()
	if err != nil || fs.Bavail*uint64(fs.Bsize) < 64<<10 || s.ensureOpen() != nil {
		return false
	}
	note := fmt.Sprintf("[procman: %d bytes of output were discarded from %s to %s, the file could not be written]\n",
		s.lost, s.lostAt.UTC().Format(time.RFC3339), time.Now().UTC().Format(time.RFC3339))
	if s.midline {
		note = "\n" + note
	}
	if s.size+int64(len(note)) > s.limit() && s.rotate() != nil {
		return false
	}
	if _, err := s.put([]byte(note)); err != nil {
		return false
	}
	loss := Loss{Bytes: s.lost, Since: s.lostAt, Over: true}
	s.lost = 0
	s.wake()
	s.hub.logger.Info("output is written again", "process", s.name, "discarded", loss.Bytes)
	s.onLoss(loss)
	return true
}
