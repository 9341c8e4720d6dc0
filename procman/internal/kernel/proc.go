package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// TicksPerSecond of the times in /proc; fixed at 100 on every Linux that Go runs on.
const TicksPerSecond = 100

// Stat is what procman reads of /proc/PID/stat.
type Stat struct {
	Pid, Parent, Group, Session int
	State                       byte
	CPUTicks                    uint64 // user and system
	Threads                     int
	Start                       uint64 // clock ticks after boot
	RSS                         int64  // bytes
	Size                        int64  // of the address space in bytes; 0 for a kernel thread
}

// Dead tells whether the process has ended and only waits to be reaped.
func (s Stat) Dead() bool { return s.State == 'Z' || s.State == 'X' || s.State == 'x' }

// StartTime converts the start ticks by the boot time.
func (s Stat) StartTime(boot time.Time) time.Time {
	return boot.Add(time.Duration(s.Start) * time.Second / TicksPerSecond)
}

// ReadStat reads /proc/PID/stat; syscall.ESRCH when there is no such process.
func ReadStat(pid int) (Stat, error) {
	var buf [512]byte
	n, err := readSmall("/proc/"+strconv.Itoa(pid)+"/stat", buf[:])
	if err != nil {
		if errors.Is(err, unix.ENOENT) {
			err = syscall.ESRCH
		}
		return Stat{}, err
	}
	return parseStat(buf[:n])
}

// parseStat starts behind the last ')', because the name of the command may hold any character.
func parseStat(b []byte) (Stat, error) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 1 || end < 0 || end+2 > len(b) {
		return Stat{}, fmt.Errorf("unreadable process status %q", b)
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(b[:open])))
	if err != nil {
		return Stat{}, fmt.Errorf("unreadable process status: %w", err)
	}
	f := bytes.Fields(b[end+1:])
	if len(f) < 22 {
		return Stat{}, fmt.Errorf("short process status %q", b)
	}
	num := func(i int) int64 { n, _ := strconv.ParseInt(string(f[i]), 10, 64); return n }
	return Stat{
		Pid: pid, State: f[0][0],
		Parent: int(num(1)), Group: int(num(2)), Session: int(num(3)),
		CPUTicks: uint64(num(11)) + uint64(num(12)),
		Threads:  int(num(17)), Start: uint64(num(19)),
		Size: num(20), RSS: num(21) * int64(os.Getpagesize()),
	}, nil
}

// readSmall reads a whole small kernel file with three system calls and no allocation.
func readSmall(path string, buf []byte) (int, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer func() { _ = unix.Close(fd) }()
	for {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR {
			continue
		}
		return max(n, 0), err
	}
}

// BootID identifies this boot; pids and start ticks are valid only within it.
func BootID() (string, error) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(b)), err
}

// BootTime is the wall clock's time of boot.
func BootTime(now time.Time) time.Time {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) != nil {
		return now
	}
	return now.Add(-time.Duration(ts.Nano()))
}

// PSS of a process in bytes; it walks the process's page tables.
func PSS(pid int) (int64, error) { return field("smaps_rollup", pid, "Pss:") }

// PeakRSS of a process in bytes.
func PeakRSS(pid int) (int64, error) { return field("status", pid, "VmHWM:") }

func field(file string, pid int, key string) (int64, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), file))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc/%d/%s", key, pid, file)
}

// CountFDs counts the open descriptors of a process.
func CountFDs(pid int) (int, error) {
	// Since Linux 6.2 the size of the folder is the number of entries.
	var st unix.Stat_t
	path := "/proc/" + strconv.Itoa(pid) + "/fd"
	if err := unix.Stat(path, &st); err == nil && st.Size > 0 {
		return int(st.Size), nil
	}
	d, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = d.Close() }()
	names, err := d.Readdirnames(-1)
	return len(names), err
}

// SetOOMScoreAdj writes /proc/PID/oom_score_adj.
func SetOOMScoreAdj(pid, value int) error {
	return os.WriteFile("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", []byte(strconv.Itoa(value)), 0)
}

// OOMScoreAdj reads this process's own, which its children inherit; 0 when that fails.
func OOMScoreAdj() int {
	b, _ := os.ReadFile("/proc/self/oom_score_adj")
	n, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return n
}
