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
	begun    time.Time
	machine  string
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
	b := &bench{ctx: ctx, opt: o, exe: exe, dir: dir, number: number, children: newCensus(number), begun: time.Now(), machine: machine()}
	for _, p := range found(o.peers, o.cgroup) {
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

// run measures every row for every manager: cells by row and manager.
func (b *bench) run() map[string]map[string]string {
	table := make(map[string]map[string]string)
	for _, r := range rows() {
		if !wanted(b.opt.rows, r.key) {
			continue
		}
		table[r.key] = make(map[string]string)
		for _, p := range b.peers {
			if b.ctx.Err() != nil {
				return table
			}
			cell, err := r.measure(b, p)
			b.clean(p)
			switch {
			case errors.Is(err, errNone):
				cell = "none"
			case err != nil:
				cell = "failed"
				fmt.Fprintf(os.Stderr, "%s, %s: %v\n", r.key, p.name(), err)
			}
			fmt.Fprintf(os.Stderr, "%-10s %-24s %s\n", r.key, p.name(), cell)
			table[r.key][p.name()] = cell
		}
	}
	return table
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
