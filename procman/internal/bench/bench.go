package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// bench is one run over all managers.
type bench struct {
	ctx      context.Context
	opt      options
	exe      string
	dir      string
	number   string // argument by which this run's children are recognized; sleep takes it for seconds
	children *census
	peers    []peer
}

func newBench(ctx context.Context, o options) (*bench, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "procman-bench-")
	if err != nil {
		return nil, err
	}
	number := fmt.Sprintf("%d.%07d", 86400*30, os.Getpid())
	b := &bench{ctx: ctx, opt: o, exe: exe, dir: dir, number: number, children: newCensus(number)}
	manager := filepath.Join(dir, "procman-manager")
	if err := copyProgram(exe, manager); err != nil {
		return nil, err
	}
	for _, p := range found(o.peers, o.cgroup, manager) {
		if wanted(o.only, p.name()) {
			b.peers = append(b.peers, p)
		}
	}
	return b, nil
}

func (b *bench) close() { _ = os.RemoveAll(b.dir) }

// scale shrinks a number for a quick run.
func (b *bench) scale(n int) int {
	if b.opt.quick {
		return max(1, n/10)
	}
	return n
}

func (b *bench) span(d time.Duration) time.Duration {
	if b.opt.quick {
		return d / 10
	}
	return d
}

func (b *bench) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-b.ctx.Done():
	}
}

// run measures every row for every manager, and keeps what it has after each row.
func (b *bench) run(all *results) error {
	for _, p := range b.peers {
		all.Versions[p.name()] = p.version()
	}
	for _, r := range rows() {
		if !wanted(b.opt.rows, r.key) {
			continue
		}
		m := &measured{When: time.Now(), Load: load(), Quick: b.opt.quick, Cells: make(map[string]cell)}
		for _, p := range b.peers {
			if err := b.ctx.Err(); err != nil {
				return err
			}
			m.Cells[p.name()] = b.measure(r, p)
			fmt.Fprintf(os.Stderr, "%-10s %-24s %s\n", r.key, p.name(), m.Cells[p.name()])
		}
		m.Took = time.Since(m.When).Seconds()
		all.Rows[r.key] = m
		if err := all.save(b.opt.results); err != nil {
			return err
		}
	}
	return b.ctx.Err()
}

func (b *bench) measure(r row, p peer) cell {
	c, err := r.measure(b, p)
	b.clean(p)
	if errors.Is(err, errNone) {
		return words("none")
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s, %s: %v\n", r.key, p.name(), err)
		return words("failed: %s", strings.SplitN(err.Error(), "\n", 2)[0])
	}
	return c
}

// clean ends the manager and whatever of this run is still there: what carries
// the token, and what works inside the run's folder.
func (b *bench) clean(p peer) {
	for _, pid := range b.children.living() {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	p.down()
	for range 20 {
		b.children.killAll()
		if !b.killInside() && len(b.children.living()) == 0 {
			break
		}
		b.pause(50 * time.Millisecond)
	}
	runs, _ := filepath.Glob(filepath.Join(b.dir, "run-*"))
	for _, d := range runs {
		_ = os.RemoveAll(d)
	}
	if b.opt.cgroup != "" {
		_ = os.Remove(filepath.Join(b.opt.cgroup, fmt.Sprintf("procman-bench-%d", os.Getpid())))
	}
}

func (b *bench) killInside() bool {
	some := false
	for _, pid := range pids() {
		cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
		if err == nil && pid != os.Getpid() && strings.HasPrefix(cwd, b.dir) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			some = true
		}
	}
	return some
}

// kill9 kills the manager as the kernel would, and waits for its end.
func (b *bench) kill9(p peer) {
	pid := p.main()
	if pid <= 0 {
		return
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	if d, ok := p.(interface{ reap(time.Duration) }); ok {
		d.reap(5 * time.Second)
		return
	}
	until(5*time.Second, time.Millisecond, func() bool { return !alive(pid) })
}

// countLines counts which of the numbers 0 to count-1 begin no line of the
// files, and how many lines begin with a number already seen.
func countLines(files []string, count int) (lost, repeated int) {
	for _, times := range numbersIn(files, count) {
		if times == 0 {
			lost++
		} else {
			repeated += int(times) - 1
		}
	}
	return lost, repeated
}

// numbersIn counts, for each number below count, the lines that begin with it.
func numbersIn(files []string, count int) []uint8 {
	seen := make([]uint8, count)
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		r := bufio.NewReaderSize(f, 1<<20)
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				break
			}
			n, perr := strconv.Atoi(string(line[:min(12, len(line)-1)]))
			if perr == nil && n >= 0 && n < count && seen[n] < 255 {
				seen[n]++
			}
		}
		_ = f.Close()
	}
	return seen
}

// readTally reads how many lines child's part "stream" has written.
func readTally(path string) int {
	b, err := os.ReadFile(path)
	if err != nil || len(b) < 8 {
		return 0
	}
	return int(binary.LittleEndian.Uint64(b))
}

// copyProgram makes a program of its own of this one.
func copyProgram(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o700)
}
