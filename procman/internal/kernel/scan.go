package kernel

import (
	"bytes"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Member is a process that belongs to a managed one.
type Member struct {
	Stat
	Name  string // of the managed process
	Nonce string // of its start, when the marker tells
}

// Scanner finds out, without groups, which processes belong to which managed
// process: by a marker in the environment that every descendant inherits, by
// session and by descent. What it found out about a process stays true as long as
// that process lives.
type Scanner struct {
	key   []byte // "PROCMAN_PROCESS=<id>/"
	roots func() map[int]Main

	run    sync.Mutex
	mu     sync.Mutex
	begun  uint64
	latest map[string][]Member
	count  uint64
	known  map[identity]owner
}

// Main is the main process of a managed one.
type Main struct {
	Name  string
	Start uint64 // clock ticks after boot
}

type identity struct {
	pid   int
	start uint64
}

type owner struct {
	name, nonce string
	seen        uint64 // number of the scan that saw it last
}

// NewScanner looks for the environment variable that begins with key (for
// example "PROCMAN_PROCESS=id/"), followed by NAME/NONCE. roots gives the main
// processes by pid.
func NewScanner(key string, roots func() map[int]Main) *Scanner {
	return &Scanner{key: []byte(key), roots: roots, known: make(map[identity]owner)}
}

// Members scans /proc and returns the members of every managed process by name.
// Callers at the same time share one scan, which began after each of them asked.
func (s *Scanner) Members() map[string][]Member {
	s.mu.Lock()
	want := s.begun + 1
	s.mu.Unlock()
	s.run.Lock()
	defer s.run.Unlock()
	s.mu.Lock()
	if s.begun >= want {
		defer s.mu.Unlock()
		return s.latest
	}
	s.begun++
	s.mu.Unlock()
	found := s.scan()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest = found
	return found
}

func (s *Scanner) scan() map[string][]Member {
	s.count++
	roots := s.roots()
	stats := allStats()
	for pid, root := range roots {
		if st, ok := stats[pid]; ok && st.Start != root.Start {
			delete(roots, pid) // ended, and the pid belongs to another process now
		}
	}
	uptime := uptimeTicks()
	found := make(map[string][]Member)
	for pid, st := range stats {
		v := s.ownerOf(st, stats, roots, uptime)
		if v.name != "" {
			found[v.name] = append(found[v.name], Member{Stat: stats[pid], Name: v.name, Nonce: v.nonce})
		}
	}
	for id, v := range s.known {
		if v.seen != s.count {
			delete(s.known, id)
		}
	}
	return found
}

// ownerOf decides which managed process a process belongs to, and remembers it.
func (s *Scanner) ownerOf(st Stat, stats map[int]Stat, roots map[int]Main, uptime uint64) owner {
	id := identity{st.Pid, st.Start}
	if v, ok := s.known[id]; ok {
		v.seen = s.count
		s.known[id] = v
		if v.name != "" {
			return v
		}
		// It has no marker, but it may descend from a process that has one.
		return s.remember(id, s.byDescent(st, stats, roots, v))
	}
	v := owner{seen: s.count}
	v.name, v.nonce = s.marker(environment(st))
	if v.name == "" {
		v = s.byDescent(st, stats, roots, v)
	}
	// Between fork and exec a process still shows its parent's environment: a
	// young one is looked at again in the next scan.
	if v.name == "" && uptime < st.Start+5*TicksPerSecond {
		return v
	}
	return s.remember(id, v)
}

func (s *Scanner) remember(id identity, v owner) owner {
	s.known[id] = v
	return v
}

// byDescent follows session, group and parents up to a known process.
func (s *Scanner) byDescent(st Stat, stats map[int]Stat, roots map[int]Main, v owner) owner {
	for _, pid := range []int{st.Pid, st.Session, st.Group} {
		if name := roots[pid].Name; name != "" {
			v.name = name
			return v
		}
	}
	for p, depth := st.Parent, 0; p > 1 && depth < 64; depth++ {
		if name := roots[p].Name; name != "" {
			v.name = name
			return v
		}
		up, ok := stats[p]
		if !ok {
			return v
		}
		if k, ok := s.known[identity{up.Pid, up.Start}]; ok && k.name != "" {
			v.name, v.nonce = k.name, k.nonce
			return v
		}
		p = up.Parent
	}
	return v
}

// environment reads a process's environment. During execve the environment and
// the arguments look empty. environment waits until that is over: the scanner
// remembers its answer, and would never find the process again.
func environment(st Stat) []byte {
	dir := "/proc/" + strconv.Itoa(st.Pid)
	for range 1000 {
		b, err := os.ReadFile(dir + "/environ")
		if err != nil || len(b) > 0 || st.Size == 0 || st.Dead() {
			return b
		}
		args, err := os.ReadFile(dir + "/cmdline")
		time.Sleep(time.Millisecond)
		if err != nil || len(args) > 0 {
			b, _ = os.ReadFile(dir + "/environ")
			return b
		}
		if now, err := ReadStat(st.Pid); err != nil || now.Start != st.Start || now.Dead() {
			return nil
		}
	}
	return nil
}

func (s *Scanner) marker(environ []byte) (name, nonce string) {
	for v := range bytes.SplitSeq(environ, []byte{0}) {
		rest, ok := bytes.CutPrefix(v, s.key)
		if !ok {
			continue
		}
		n, k, ok := bytes.Cut(rest, []byte("/"))
		if ok {
			return string(n), string(k)
		}
	}
	return "", ""
}

// allStats reads the status of all processes except this one. It repeats until it
// finds no new one, since a process may fork and end meanwhile.
func allStats() map[int]Stat {
	stats := make(map[int]Stat)
	seen := map[int]bool{os.Getpid(): true}
	for round, more := 0, true; more && round < 20; round++ {
		more = false
		for _, pid := range allPids() {
			if seen[pid] {
				continue
			}
			seen[pid], more = true, true
			if st, err := ReadStat(pid); err == nil {
				stats[pid] = st
			}
		}
	}
	return stats
}

func allPids() []int {
	d, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer func() { _ = d.Close() }()
	names, _ := d.Readdirnames(-1)
	var pids []int
	for _, n := range names {
		if n[0] < '1' || n[0] > '9' {
			continue
		}
		if pid, err := strconv.Atoi(n); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func uptimeTicks() uint64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) != nil {
		return 0
	}
	return uint64(ts.Nano() / (1e9 / TicksPerSecond))
}

// KillMember kills exactly the process that was seen, never another one that has its pid now.
func KillMember(m Member) {
	fd, err := OpenProcess(m.Pid, m.Start)
	if err != nil {
		return
	}
	defer func() { _ = unix.Close(fd) }()
	_ = Signal(fd, unix.SIGKILL)
}

// BecomeSubreaper makes orphaned descendants children of this process.
func BecomeSubreaper() error {
	return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
}
