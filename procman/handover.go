package procman

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// handoverVar names the descriptor that holds what is handed over.
const handoverVar = "PROCMAN_HANDOVER"

// handover is what one binary gives to the next: numbers of descriptors.
type handover struct {
	Lock  int            `json:"lock"`
	Pipes map[string]int `json:"pipes"`
	Files map[string]int `json:"files"`
}

// Inherited is what an in-place hand-over left to this binary.
type Inherited struct {
	// Files are the caller's own, by the names given to Handover.
	Files map[string]*os.File

	lock  *os.File
	mu    sync.Mutex
	pipes map[string]int
}

// Handover replaces the running binary by another one in place: same process
// id, the processes stay children, their pipes, the state folder's lock and the
// files of keep (listening sockets, say) stay open. The new binary calls
// TakeOver early and gives the result to New. On success Handover does not
// return; on an error everything goes on as before.
//
// Signals arriving between the old and the new binary's handlers take their
// default action: ignore those that matter (SIGHUP) beforehand, which survives
// exec.
func (m *Manager) Handover(path string, argv, env []string, keep map[string]*os.File) error {
	m.exec.Lock() // no start is in progress
	defer m.exec.Unlock()
	procs, err := m.registry.open()
	if err != nil {
		return err
	}
	for _, p := range procs {
		p.mu.Lock()
		p.save()
		p.mu.Unlock()
	}
	b := handover{Lock: int(m.lock.Fd()), Pipes: make(map[string]int), Files: make(map[string]int)}
	for _, p := range procs {
		p.sink.Pipe(func(fd int) { b.Pipes[p.name] = fd })
	}
	for name, f := range keep {
		b.Files[name] = int(f.Fd())
	}
	for _, s := range m.registry.allSinks() {
		thaw := s.Freeze() // no chunk is both in the file and in the pipe
		defer thaw()
	}
	return b.exec(path, argv, env)
}

func (h handover) exec(path string, argv, env []string) error {
	fd, err := h.write()
	if err != nil {
		return err
	}
	defer closeFD(fd)
	kept := []string{handoverVar + "=" + strconv.Itoa(fd)}
	for _, v := range env {
		if !strings.HasPrefix(v, handoverVar+"=") {
			kept = append(kept, v)
		}
	}
	// A fork now would leak the descriptors into the child.
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
	h.setInheritable(fd, true)
	err = syscall.Exec(path, argv, kept)
	h.setInheritable(fd, false)
	return fmt.Errorf("hand over to %s: %w", path, err)
}

// write puts the numbers into an anonymous file, which survives exec.
func (h handover) write() (int, error) {
	text, err := json.Marshal(h)
	if err != nil {
		return -1, err
	}
	fd, err := unix.MemfdCreate("procman-handover", unix.MFD_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("hand over: %w", err)
	}
	if n, err := unix.Pwrite(fd, text, 0); err != nil || n != len(text) {
		closeFD(fd)
		return -1, fmt.Errorf("hand over: %d of %d bytes: %w", n, len(text), err)
	}
	return fd, nil
}

func (h handover) fds() []int {
	fds := []int{h.Lock}
	for _, fd := range h.Pipes {
		fds = append(fds, fd)
	}
	for _, fd := range h.Files {
		fds = append(fds, fd)
	}
	return fds
}

func (h handover) setInheritable(own int, yes bool) {
	flag := unix.FD_CLOEXEC
	if yes {
		flag = 0
	}
	for _, fd := range append(h.fds(), own) {
		_, _ = unix.FcntlInt(uintptr(fd), unix.F_SETFD, flag)
	}
}

// TakeOver picks up what Handover left. It returns nil and no error when this
// binary was not started by a hand-over. Call it once, before anything starts a
// process: until then the descriptors would leak into it.
func TakeOver() (*Inherited, error) {
	value, ok := os.LookupEnv(handoverVar)
	if !ok {
		return nil, nil
	}
	if err := os.Unsetenv(handoverVar); err != nil {
		return nil, err
	}
	fd, err := strconv.Atoi(value)
	if err != nil {
		return nil, fmt.Errorf("hand-over: %w", err)
	}
	defer closeFD(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("hand-over: %w", err)
	}
	text := make([]byte, st.Size)
	n, err := unix.Pread(fd, text, 0)
	if err != nil {
		return nil, fmt.Errorf("hand-over: %w", err)
	}
	var b handover
	if err := json.Unmarshal(text[:n], &b); err != nil {
		return nil, fmt.Errorf("hand-over: %w", err)
	}
	b.setInheritable(fd, false)
	in := &Inherited{
		Files: make(map[string]*os.File), pipes: b.Pipes,
		lock: os.NewFile(uintptr(b.Lock), "lock"),
	}
	for name, fd := range b.Files {
		in.Files[name] = os.NewFile(uintptr(fd), name)
	}
	if in.lock == nil {
		return nil, errors.New("hand-over: no lock")
	}
	return in, nil
}

func (in *Inherited) takePipe(name string) int {
	in.mu.Lock()
	defer in.mu.Unlock()
	fd, ok := in.pipes[name]
	if !ok {
		return -1
	}
	delete(in.pipes, name)
	return fd
}

func (in *Inherited) closeRest() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for name, fd := range in.pipes {
		closeFD(fd)
		delete(in.pipes, name)
	}
}
