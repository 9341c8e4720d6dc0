package kernel

import (
	"errors"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// signalProcessGroup is PIDFD_SIGNAL_PROCESS_GROUP (Linux 6.9).
const signalProcessGroup = 1 << 2

// infoExit is PIDFD_INFO_EXIT (Linux 6.15).
const infoExit = 1 << 3

// OpenProcess opens a process descriptor for pid and makes sure that it is the
// process that started at start (clock ticks after boot) and still lives.
func OpenProcess(pid int, start uint64) (int, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return -1, fmt.Errorf("pidfd of %d: %w", pid, err)
	}
	// Read after opening: the descriptor stays with its process from now on.
	st, err := ReadStat(pid)
	if err == nil && (st.Start != start || st.Dead()) {
		err = syscall.ESRCH
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("process %d: %w", pid, err)
	}
	return fd, nil
}

// SignalGroup sends sig to the process group that the process leads. It is race-free
// from Linux 6.9; before that, the caller must know that pid was not reused.
func SignalGroup(pidfd, pid int, sig syscall.Signal) error {
	err := unix.PidfdSendSignal(pidfd, sig, nil, signalProcessGroup)
	if errors.Is(err, unix.EINVAL) {
		err = unix.Kill(-pid, sig)
	}
	return err
}

// Signal sends sig to the one process behind pidfd.
func Signal(pidfd int, sig syscall.Signal) error {
	return unix.PidfdSendSignal(pidfd, sig, nil, 0)
}

// ErrNotOurs says that a process is not a child of this one.
var ErrNotOurs = errors.New("not a child of this process")

// Reap takes the exit status of a child that has ended. It returns ErrNotOurs when
// the process is not a child, or was reaped already.
func Reap(pid int) (syscall.WaitStatus, error) {
	var ws syscall.WaitStatus
	for {
		got, err := syscall.Wait4(pid, &ws, syscall.WNOHANG, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.ECHILD):
			return 0, ErrNotOurs
		case err != nil:
			return 0, fmt.Errorf("wait for %d: %w", pid, err)
		case got == 0:
			return 0, fmt.Errorf("wait for %d: still alive", pid)
		}
		return ws, nil
	}
}

// pidfdInfo is struct pidfd_info in its first size.
type pidfdInfo struct {
	mask     uint64
	cgroup   uint64
	ids      [11]uint32
	exitCode int32
}

var getInfo = uint(3<<30 | unsafe.Sizeof(pidfdInfo{})<<16 | 0xff<<8 | 11)

// ExitOf asks for the exit status of a process that is not a child of this one.
// The kernel knows it once the parent has reaped it; ExitOf waits for that, for
// timeout at most. ok is false when the kernel cannot tell.
func ExitOf(pidfd int, timeout time.Duration) (ws syscall.WaitStatus, ok bool) {
	fds := []unix.PollFd{{Fd: int32(pidfd)}} // POLLHUP is always reported
	_, _ = unix.Poll(fds, int(timeout.Milliseconds()))
	info := pidfdInfo{mask: infoExit}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(pidfd), uintptr(getInfo), uintptr(unsafe.Pointer(&info)))
	if errno != 0 || info.mask&infoExit == 0 {
		return 0, false
	}
	return syscall.WaitStatus(info.exitCode), true
}
