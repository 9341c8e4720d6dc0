package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// proc is a process as /proc tells of it.
type proc struct {
	pid, parent int
	state       byte
	cpu         time.Duration
}

func readProc(pid int) (proc, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return proc{}, false
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+2:]))
	parent, _ := strconv.Atoi(f[1])
	user, _ := strconv.Atoi(f[11])
	sys, _ := strconv.Atoi(f[12])
	return proc{pid: pid, parent: parent, state: f[0][0], cpu: time.Duration(user+sys) * 10 * time.Millisecond}, true
}

func pids() []int {
	d, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer func() { _ = d.Close() }()
	names, _ := d.Readdirnames(-1)
	var list []int
	for _, n := range names {
		if pid, err := strconv.Atoi(n); err == nil {
			list = append(list, pid)
		}
	}
	return list
}

// census counts the living processes that carry a token among their arguments.
// It looks at the others seldom, so that asking often stays cheap.
type census struct {
	token  string
	others map[int]other
}

// other is a process that was seen without the token.
type other struct{ first, checked time.Time }

func newCensus(token string) *census { return &census{token: token, others: make(map[int]other)} }

func (c *census) living() []int {
	var found []int
	now := time.Now()
	others := make(map[int]other)
	for _, pid := range pids() {
		// A process between fork and exec has its parent's arguments still.
		o, ok := c.others[pid]
		if ok && now.Sub(o.first) > time.Second && now.Sub(o.checked) < 500*time.Millisecond {
			others[pid] = o
			continue
		}
		if !ok {
			o.first = now
		}
		o.checked = now
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		switch {
		case err != nil:
		case bytes.Contains(b, []byte(c.token)) && isChild(b):
			found = append(found, pid)
		default:
			others[pid] = o // shells and loggers may carry the token too
		}
	}
	c.others = others
	return found
}

// reached tells whether n children have come up. It does not look again at
// those that it has seen, so as not to disturb what it measures.
func (c *census) reached(n int, seen map[int]bool) bool {
	for _, pid := range pids() {
		if seen[pid] {
			continue
		}
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && bytes.Contains(b, []byte(c.token)) && isChild(b) {
			seen[pid] = true
		}
	}
	return len(seen) >= n
}

// taskCount is the number of all tasks of the machine.
func taskCount() int {
	b, _ := os.ReadFile("/proc/loadavg")
	f := strings.Fields(string(b))
	if len(f) < 4 {
		return 1 << 30
	}
	_, all, _ := strings.Cut(f[3], "/")
	n, _ := strconv.Atoi(all)
	return n
}

// isChild recognizes the bench's child programs.
func isChild(cmdline []byte) bool {
	argv := bytes.Split(bytes.TrimSuffix(cmdline, []byte{0}), []byte{0})
	base := filepath.Base(string(argv[0]))
	return base == "sleep" || len(argv) > 1 && string(argv[1]) == "child"
}

func (c *census) killAll() {
	for _, pid := range c.living() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// descendants lists a process and all below it.
func descendants(root int) []int {
	children := make(map[int][]int)
	for _, pid := range pids() {
		if p, ok := readProc(pid); ok {
			children[p.parent] = append(children[p.parent], pid)
		}
	}
	list := []int{root}
	for i := 0; i < len(list); i++ {
		list = append(list, children[list[i]]...)
	}
	return list
}

// memory sums the PSS of processes, in bytes.
func memory(list []int) int64 { return sumField(list, "smaps_rollup", "Pss:") }

// resident sums the resident sets.
func resident(list []int) int64 { return sumField(list, "status", "VmRSS:") }

func sumField(list []int, file, key string) (sum int64) {
	for _, pid := range list {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			if rest, ok := strings.CutPrefix(line, key); ok {
				kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				sum += kb << 10
			}
		}
	}
	return sum
}

// cpuOf sums the processor time of processes.
func cpuOf(list []int) (sum time.Duration) {
	for _, pid := range list {
		if p, ok := readProc(pid); ok {
			sum += p.cpu
		}
	}
	return sum
}

func alive(pid int) bool {
	p, ok := readProc(pid)
	return ok && p.state != 'Z' && p.state != 'X'
}

// until polls ok every step, for limit at most; false when ok never held.
func until(limit, step time.Duration, ok func() bool) bool {
	begun := time.Now()
	for {
		if ok() {
			return true
		}
		if time.Since(begun) > limit {
			return false
		}
		time.Sleep(step)
	}
}

func cgroupMount() string {
	b, _ := os.ReadFile("/proc/mounts")
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 2 && f[2] == "cgroup2" {
			return f[1]
		}
	}
	return ""
}

// machine describes where the bench ran.
func machine() string {
	var uts syscall.Utsname
	_ = syscall.Uname(&uts)
	release := make([]byte, 0, len(uts.Release))
	for _, c := range uts.Release {
		if c == 0 {
			break
		}
		release = append(release, byte(c))
	}
	system := "Linux"
	if f, err := os.Open("/etc/os-release"); err == nil {
		defer func() { _ = f.Close() }()
		for s := bufio.NewScanner(f); s.Scan(); {
			if v, ok := strings.CutPrefix(s.Text(), "PRETTY_NAME="); ok {
				system = strings.Trim(v, `"`)
			}
		}
	}
	model := ""
	cpus, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(cpus)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			model = " (" + strings.TrimSpace(value) + ")"
		}
	}
	var info syscall.Sysinfo_t
	_ = syscall.Sysinfo(&info)
	gib := float64(info.Totalram) * float64(info.Unit) / (1 << 30)
	return fmt.Sprintf("%d cores%s, %.0f GiB, %s, kernel %s, %s", runtime.NumCPU(), model, gib, system,
		strings.SplitN(string(release), "-", 2)[0], runtime.Version())
}

// load is the machine's load over the last minute.
func load() string {
	b, _ := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(b)); len(f) > 0 {
		return f[0]
	}
	return "unknown"
}
