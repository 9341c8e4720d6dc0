package kernel

import (
	"encoding/binary"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// FileWatcher reports changes of kernel files (memory.events), with one inotify
// instance.
type FileWatcher struct {
	fd    int
	watch *Watch

	mu      sync.Mutex
	changed map[int32]func()
}

// NewFileWatcher makes one on the poller.
func NewFileWatcher(p *Poller) (*FileWatcher, error) {
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("inotify: %w", err)
	}
	w := &FileWatcher{fd: fd, changed: make(map[int32]func())}
	if w.watch, err = p.Add(fd, unix.EPOLLIN, w.drain); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return w, nil
}

// Add calls changed on the poller's goroutine after each change of the file,
// until Drop or until the file is gone. changed must not block.
func (w *FileWatcher) Add(path string, changed func()) (int32, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	wd, err := unix.InotifyAddWatch(w.fd, path, unix.IN_MODIFY)
	if err != nil {
		return 0, fmt.Errorf("watch %s: %w", path, err)
	}
	w.changed[int32(wd)] = changed
	return int32(wd), nil
}

// Drop ends a watch; unknown ones are ignored.
func (w *FileWatcher) Drop(wd int32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.changed[wd]; ok {
		delete(w.changed, wd)
		_, _ = unix.InotifyRmWatch(w.fd, uint32(wd))
	}
}

// Close ends all watches.
func (w *FileWatcher) Close() {
	w.watch.Remove()
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = unix.Close(w.fd)
	w.fd = -1
}

func (w *FileWatcher) drain() {
	var buf [4096]byte
	var calls []func()
	w.mu.Lock()
	for w.fd >= 0 {
		n, err := unix.Read(w.fd, buf[:])
		if err != nil || n <= 0 {
			break
		}
		calls = append(calls, w.take(buf[:n])...)
	}
	w.mu.Unlock()
	for _, f := range calls {
		f()
	}
	_ = w.watch.Rearm()
}

// take reads the events: wd, mask, cookie, length of the name, name.
func (w *FileWatcher) take(b []byte) []func() {
	var calls []func()
	for len(b) >= unix.SizeofInotifyEvent {
		wd := int32(binary.NativeEndian.Uint32(b))
		mask := binary.NativeEndian.Uint32(b[4:])
		name := binary.NativeEndian.Uint32(b[12:])
		b = b[min(len(b), unix.SizeofInotifyEvent+int(name)):]
		if mask&unix.IN_IGNORED != 0 {
			delete(w.changed, wd)
		} else if f := w.changed[wd]; f != nil {
			calls = append(calls, f)
		}
	}
	return calls
}
