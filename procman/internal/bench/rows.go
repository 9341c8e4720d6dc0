package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// row is one line of the table.
type row struct {
	key, title, target string
	measure            func(*bench, peer) (string, error)
}

func rows() []row {
	return []row{
		{"idle100", "100 idle children: PSS, MiB; CPU, s a minute", "", func(b *bench, p peer) (string, error) { return b.idle(p, 100) }},
		{"idle500", "500 idle children: PSS, MiB; CPU, s a minute; threads", "20; 0.05", func(b *bench, p peer) (string, error) { return b.idle(p, 500) }},
		{"start", "500 started, s", "0.8", (*bench).startMany},
		{"stop", "500 stopped, s", "0.8", (*bench).stopMany},
		{"adopt", "manager killed, 500 children: adopted, ms (doubled, lost)", "150", (*bench).adoptMany},
		{"crash", "crash to successor, ms: min, median, max of 25", "median 5", (*bench).crash},
		{"output", "1 GB of output into files of 99 MB: MB/s; CPU, s; peak RSS, MiB; lines lost, repeated", "CPU 2.5, 0 lost", (*bench).output},
		{"killed", "manager killed while a child writes: the child; lines lost, repeated", "0 lost", (*bench).killed},
		{"memory", "limit 200 MB, leak of 50 MB/s: reached, MB", "250 (sampled)", (*bench).memoryLimit},
		{"deaf", "child deaf to SIGTERM: gone after, s", "", (*bench).deaf},
		{"stoptree", "left by a stop: same group, setsid", "no, no", func(b *bench, p peer) (string, error) { return b.grandchildren(p, false) }},
		{"crashtree", "left by a crash when the successor runs: same group, setsid", "no, no", func(b *bench, p peer) (string, error) { return b.grandchildren(p, true) }},
	}
}

// sleepers makes n idle jobs.
func (b *bench) sleepers(n int) []job {
	jobs := make([]job, b.scale(n))
	for i := range jobs {
		jobs[i] = job{name: fmt.Sprintf("p%04d", i), argv: []string{"/bin/sleep", b.number}}
	}
	return jobs
}

// runUp starts a manager and waits until its children are there.
func (b *bench) runUp(p peer, jobs []job) (dir string, took time.Duration, err error) {
	dir, err = os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return "", 0, err
	}
	tasks := taskCount()
	begun := time.Now()
	if err := p.up(dir, jobs); err != nil {
		return dir, 0, err
	}
	seen := make(map[int]bool)
	_, ok := until(2*time.Minute, 10*time.Millisecond, func() bool {
		// One small file first: looking at every process would take a core from the start.
		return (taskCount() >= tasks+len(jobs) || time.Since(begun) > 5*time.Second) && b.children.reached(len(jobs), seen)
	})
	took = time.Since(begun)
	if !ok || len(b.children.living()) < len(jobs) {
		return dir, 0, fmt.Errorf("only %d of %d children came up", len(b.children.living()), len(jobs))
	}
	return dir, took, nil
}

// crew lists the manager's own processes: all below it that are not children.
func (b *bench) crew(p peer) []int {
	kids := make(map[int]bool)
	for _, pid := range b.children.living() {
		kids[pid] = true
	}
	var list []int
	for _, pid := range descendants(p.main()) {
		if !kids[pid] {
			list = append(list, pid)
		}
	}
	return list
}

func (b *bench) idle(p peer, n int) (string, error) {
	if _, _, err := b.runUp(p, b.sleepers(n)); err != nil {
		return "", err
	}
	b.pause(10 * time.Second) // start-up is another row
	crew := b.crew(p)
	before := cpuOf(crew)
	span := b.span(time.Minute)
	b.pause(span)
	used := cpuOf(crew) - before
	threads := 0
	for _, pid := range crew {
		tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		threads += len(tasks)
	}
	return fmt.Sprintf("%.1f; %.2f; %d", float64(memory(crew))/(1<<20), used.Seconds()*float64(time.Minute)/float64(span), threads), nil
}

func (b *bench) startMany(p peer) (string, error) {
	_, took, err := b.runUp(p, b.sleepers(500))
	return fmt.Sprintf("%.2f", took.Seconds()), err
}

func (b *bench) stopMany(p peer) (string, error) {
	if _, _, err := b.runUp(p, b.sleepers(500)); err != nil {
		return "", err
	}
	b.pause(3 * time.Second)
	begun := time.Now()
	if err := p.stopAll(); err != nil {
		return "", err
	}
	took := time.Since(begun)
	if left := len(b.children.living()); left > 0 {
		return fmt.Sprintf("%.2f, %d left", took.Seconds(), left), nil
	}
	return fmt.Sprintf("%.2f", took.Seconds()), nil
}

func (b *bench) adoptMany(p peer) (string, error) {
	jobs := b.sleepers(500)
	if _, _, err := b.runUp(p, jobs); err != nil {
		return "", err
	}
	b.pause(2 * time.Second)
	before := make(map[int]bool)
	for _, pid := range b.children.living() {
		before[pid] = true
	}
	b.kill9(p)
	if err := p.again(); err != nil {
		return "", err
	}
	b.pause(b.span(10 * time.Second))
	now := b.children.living()
	kept := 0
	for _, pid := range now {
		if before[pid] {
			kept++
		}
	}
	if o, ok := p.(*ours); ok {
		f := strings.Fields(o.hello)
		us, _ := strconv.Atoi(f[len(f)-2])
		return fmt.Sprintf("%.0f (%s of %d; %d doubled, %d lost)", float64(us)/1000, f[2], len(jobs), len(now)-kept, len(jobs)-kept), nil
	}
	return fmt.Sprintf("not adopted (%d doubled, %d lost)", len(now)-kept, len(jobs)-kept), nil
}

func (b *bench) crash(p peer) (string, error) {
	jobs := []job{{name: "a", argv: []string{"/bin/sleep", b.number}}}
	if _, _, err := b.runUp(p, jobs); err != nil {
		return "", err
	}
	var took []float64
	for range b.scale(25) {
		// Longer than the shortest run that peers count as a success (1 s).
		b.pause(1300 * time.Millisecond)
		old := b.children.living()
		if len(old) != 1 {
			return "", fmt.Errorf("%d children instead of one", len(old))
		}
		begun := time.Now()
		_ = syscall.Kill(old[0], syscall.SIGKILL)
		_, ok := until(20*time.Second, 200*time.Microsecond, func() bool {
			now := b.children.living()
			return len(now) == 1 && now[0] != old[0]
		})
		if !ok {
			return "not restarted", nil
		}
		took = append(took, float64(time.Since(begun).Microseconds())/1000)
	}
	sort.Float64s(took)
	return fmt.Sprintf("%.0f, %.0f, %.0f", took[0], took[len(took)/2], took[len(took)-1]), nil
}

func (b *bench) output(p peer) (string, error) {
	const size = 100
	count := b.scale(10_000_000)
	done := filepath.Join(b.dir, "done")
	_ = os.Remove(done)
	jobs := []job{{name: "a", argv: []string{b.exe, "child", "lines", strconv.Itoa(count), strconv.Itoa(size), done, b.number}, rotateMB: 99}}
	begun := time.Now()
	if _, _, err := b.runUp(p, jobs); err != nil {
		return "", err
	}
	crew := b.crew(p)
	base := cpuOf(crew)
	var peak int64
	last, still := int64(-1), 0
	_, _ = until(5*time.Minute, 20*time.Millisecond, func() bool {
		peak = max(peak, resident(crew))
		if _, err := os.Stat(done); err != nil {
			return false
		}
		// The writer is done; the files are complete when they stop growing.
		var total int64
		for _, f := range p.logs("a") {
			if st, err := os.Stat(f); err == nil {
				total += st.Size()
			}
		}
		if total == last {
			still++
		} else {
			last, still = total, 0
			begun = begun.Add(0)
		}
		return total >= int64(count)*size || still > 50
	})
	took := time.Since(begun)
	used := cpuOf(crew) - base
	lost, repeated := countLines(p.logs("a"), count)
	return fmt.Sprintf("%.0f; %.1f; %.0f; %d, %d", float64(last)/1e6/took.Seconds(), used.Seconds()*1e9/float64(count*size), float64(peak)/(1<<20), lost, repeated), nil
}

func (b *bench) killed(p peer) (string, error) {
	tally := filepath.Join(b.dir, "tally")
	_ = os.Remove(tally)
	jobs := []job{{name: "a", argv: []string{b.exe, "child", "stream", tally, b.number}, rotateMB: 99}}
	if _, _, err := b.runUp(p, jobs); err != nil {
		return "", err
	}
	b.pause(time.Second)
	first := b.children.living()
	b.kill9(p)
	b.pause(500 * time.Millisecond)
	fate := "lives"
	if !alive(first[0]) {
		fate = "dies"
	}
	if err := p.again(); err != nil {
		return "", err
	}
	b.pause(3 * time.Second)
	now := b.children.living()
	if fate == "lives" && len(now) > 1 {
		fate = fmt.Sprintf("lives, doubled (%d)", len(now))
	}
	for _, pid := range now {
		_ = syscall.Kill(pid, syscall.SIGSTOP) // no further line, but its pipe stays
	}
	b.pause(2 * time.Second)
	written := readTally(tally)
	lost, repeated := countLines(p.logs("a"), written)
	return fmt.Sprintf("%s; %d, %d of %d", fate, lost, repeated, written), nil
}

func (b *bench) memoryLimit(p peer) (string, error) {
	switch p.(type) {
	case *ours, *pm2:
	default:
		return "", errNone
	}
	jobs := []job{{name: "a", argv: []string{b.exe, "child", "leak", "50", b.number}, memoryMB: 200}}
	if _, _, err := b.runUp(p, jobs); err != nil {
		return "", err
	}
	pid := b.children.living()[0]
	var peak int64
	_, ok := until(b.span(45*time.Second)+10*time.Second, 5*time.Millisecond, func() bool {
		if !alive(pid) {
			return true
		}
		peak = max(peak, resident([]int{pid}))
		return false
	})
	if !ok {
		return fmt.Sprintf("not ended at %d", peak>>20), nil
	}
	return fmt.Sprint(peak >> 20), nil
}

func (b *bench) deaf(p peer) (string, error) {
	jobs := []job{{name: "a", argv: []string{b.exe, "child", "ignore", b.number}}}
	if _, _, err := b.runUp(p, jobs); err != nil {
		return "", err
	}
	b.pause(time.Second)
	begun := time.Now()
	answer := p.stop("a")
	took := time.Since(begun)
	_, gone := until(time.Second, 5*time.Millisecond, func() bool { return len(b.children.living()) == 0 })
	said := "says done"
	if answer != nil {
		said = "says it failed"
	}
	if !gone {
		return fmt.Sprintf("never (%s after %.1f)", said, took.Seconds()), nil
	}
	return fmt.Sprintf("%.1f", took.Seconds()), nil
}

// grandchildren stops or crashes a child that has one, in its own process group
// and in a session of its own, and looks whether it is left.
func (b *bench) grandchildren(p peer, crash bool) (string, error) {
	var answers []string
	for _, how := range []string{"group", "setsid"} {
		answer, err := b.grandchild(p, how, crash)
		if err != nil {
			return "", err
		}
		answers = append(answers, answer)
		b.clean(p)
	}
	return strings.Join(answers, ", "), nil
}

func (b *bench) grandchild(p peer, how string, crash bool) (string, error) {
	file := filepath.Join(b.dir, "grandchild-"+how)
	_ = os.Remove(file)
	jobs := []job{{name: "a", argv: []string{b.exe, "child", "parent", how, file, b.number}}}
	if _, _, err := b.runUp(p, jobs); err != nil {
		return "", err
	}
	var pid int
	_, ok := until(10*time.Second, 5*time.Millisecond, func() bool {
		text, _ := os.ReadFile(file)
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return pid > 0
	})
	if !ok {
		return "", fmt.Errorf("no grandchild")
	}
	b.pause(1500 * time.Millisecond)
	if !crash {
		if err := p.stop("a"); err != nil {
			return "", err
		}
	} else {
		old := b.childrenNot(pid)
		_ = syscall.Kill(old[0], syscall.SIGKILL)
		until(10*time.Second, time.Millisecond, func() bool {
			now := b.childrenNot(pid)
			return len(now) > 0 && now[0] != old[0]
		})
	}
	left := "no"
	if alive(pid) {
		left = "yes"
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	return left, nil
}

// childrenNot lists the children without a grandchild, which carries the token too.
func (b *bench) childrenNot(not int) []int {
	var list []int
	for _, pid := range b.children.living() {
		if pid != not {
			list = append(list, pid)
		}
	}
	return list
}
