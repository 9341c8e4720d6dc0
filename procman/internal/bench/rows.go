package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// row is one line of the table.
type row struct {
	key, title, target string
	measure            func(*bench, peer) (cell, error)
	// why says, when a peer is ahead, what that comes of.
	why string
	// goals are the targets as numbers, by the figures' names.
	goals map[string]float64
}

func rows() []row {
	return []row{
		{"idle100", "100 idle children: PSS, MiB; CPU, s a minute", "",
			func(b *bench, p peer) (cell, error) { return b.idle(p, 100, 0) }, whyIdle, nil},
		{"idle500", "500 idle children: PSS, MiB; CPU, s a minute; threads", "20; 0.05",
			func(b *bench, p peer) (cell, error) {
				return b.idle(p, 500, 0)
			}, whyIdle, map[string]float64{"PSS": 20, "CPU": 0.05}},
		{"watch500", "the same with a memory limit for each", "",
			(*bench).watched, whyWatch, nil},
		{"stats", "500 measured once (CPU, memory, threads, descriptors), ms", "", (*bench).statistics, "", nil},
		{"start", "500 started, s", "0.8", (*bench).startMany, "", map[string]float64{"time": 0.8}},
		{"stop", "500 stopped, s", "0.8", (*bench).stopMany, whyStop, map[string]float64{"time": 0.8}},
		{"adopt", "manager killed, 500 children: adopted, ms; doubled, lost", "150; 0, 0", (*bench).adoptMany, "",
			map[string]float64{"time": 150}},
		{"crash", "crash to successor, ms: min, median, max of 25", "median 5", (*bench).crash, "",
			map[string]float64{"median": 5}},
		{"output", "1 GB of output into files of 99 MB: CPU, s; MB/s; peak RSS, MiB; lines lost, repeated",
			"CPU 2.5; 0 lost", (*bench).output, whyOutput, map[string]float64{"CPU": 2.5}},
		{"killed", "manager killed while a child writes: the child; lines lost, repeated", "0 lost", (*bench).killed,
			"", nil},
		{"memory", "limit 200 MB, leak of 50 MB/s: reached, MB", "250 (sampled)", (*bench).memoryLimit, "",
			map[string]float64{"peak": 250}},
		{"deaf", "child deaf to SIGTERM: gone after, s", "", (*bench).deaf, whyDeaf, nil},
		{"stoptree", "left by a stop: same group, setsid", "no, no", func(b *bench, p peer) (cell, error) {
			return b.grandchildren(p, false)
		}, "", nil},
		{"crashtree", "left by a crash when the successor runs: same group, setsid", "no, no",
			func(b *bench, p peer) (cell, error) {
				return b.grandchildren(p, true)
			}, "", nil},
	}
}

const (
	whyIdle = "A Go program brings its runtime (about 5 MiB) along; s6 and runit start from nothing and pay for " +
		"each child (a supervisor and a logger) instead."
	whyWatch = "Without a memory controller every resident set is read every second (with one, a number every " +
		"five); PM2 looks every thirty and overshoots by what grows meanwhile."
	whyStop = "Without groups a stop has to search /proc for descendants that fled, one search for all stops that " +
		"wait together; the peers look for none and leave them behind."
	whyOutput = "Peak memory is the Go runtime and one buffer of 256 KiB for each of four movers; it does not grow " +
		"with the output or the number of writers."
	whyDeaf = "The grace period is ours to choose: 10 s by default, so that a worker can finish what it has in hand. " +
		"PM2's is 1.6 s."
)

// sleepers makes n idle jobs.
func (b *bench) sleepers(n int) []job {
	jobs := make([]job, b.scale(n))
	for i := range jobs {
		jobs[i] = job{name: fmt.Sprintf("p%04d", i), argv: []string{"/bin/sleep", b.number}}
	}
	return jobs
}

// runUp starts a manager and waits until its children are there. It returns how long that took.
func (b *bench) runUp(p peer, jobs []job) (time.Duration, error) {
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return 0, err
	}
	tasks := taskCount()
	begun := time.Now()
	if err := p.up(dir, jobs); err != nil {
		return 0, err
	}
	seen := make(map[int]bool)
	ok := until(2*time.Minute, 10*time.Millisecond, func() bool {
		// One small file first: looking at every process would take a core from the start.
		return (taskCount() >= tasks+len(jobs) || time.Since(begun) > 5*time.Second) &&
			b.children.reached(len(jobs), seen)
	})
	took := time.Since(begun)
	if !ok || len(b.children.living()) < len(jobs) {
		return 0, fmt.Errorf("only %d of %d children came up", len(b.children.living()), len(jobs))
	}
	return took, nil
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

func (b *bench) idle(p peer, n, memoryMB int) (cell, error) {
	jobs := b.sleepers(n)
	for i := range jobs {
		jobs[i].memoryMB = memoryMB
	}
	if _, err := b.runUp(p, jobs); err != nil {
		return cell{}, err
	}
	b.pause(5 * time.Second) // start-up is another row
	crew := b.crew(p)
	before := cpuOf(crew)
	span := b.span(30 * time.Second)
	b.pause(span)
	used := cpuOf(crew) - before
	threads := 0
	for _, pid := range crew {
		tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		threads += len(tasks)
	}
	return cell{Figures: []figure{
		judged("PSS", float64(memory(crew))/(1<<20), "%.1f", 0.5),
		judged("CPU", used.Seconds()*float64(time.Minute)/float64(span), "%.2f", 0.02), // the kernel counts hundredths
		told("threads", float64(threads), "%.0f"),
	}}, nil
}

// watched is idle with a limit of memory for each, which has to be looked after.
func (b *bench) watched(p peer) (cell, error) {
	if !limitsMemory(p) {
		return cell{}, errNone
	}
	return b.idle(p, 500, 200)
}

// statistics is how long one look at everybody takes inside of the manager.
func (b *bench) statistics(p peer) (cell, error) {
	o, ok := p.(*ours)
	if !ok {
		return cell{}, errNone
	}
	if _, err := b.runUp(p, b.sleepers(500)); err != nil {
		return cell{}, err
	}
	var best time.Duration
	for range 5 {
		answer, err := o.ask("stats")
		if err != nil {
			return cell{}, err
		}
		var n int
		var took string
		if _, err := fmt.Sscanf(answer, "%d measured in %s", &n, &took); err != nil || n < b.scale(500) {
			return cell{}, fmt.Errorf("the manager answered %q", answer)
		}
		d, err := time.ParseDuration(took)
		if err != nil {
			return cell{}, err
		}
		if best == 0 || d < best {
			best = d
		}
	}
	return cell{Figures: []figure{told("time", float64(best.Microseconds())/1000, "%.1f")}}, nil
}

func limitsMemory(p peer) bool {
	switch p.(type) {
	case *ours, *pm2:
		return true
	}
	return false
}

// thrice measures up to three times, as long as that takes less than twenty
// seconds, and gives the median: one number says little on a machine that is shared.
func (b *bench) thrice(p peer, measure func() (time.Duration, error)) (time.Duration, error) {
	var all []time.Duration
	for begun := time.Now(); len(all) < 3 && (len(all) == 0 || time.Since(begun) < 20*time.Second); b.clean(p) {
		d, err := measure()
		if err != nil {
			return 0, err
		}
		all = append(all, d)
	}
	slices.Sort(all)
	return all[len(all)/2], nil
}

func (b *bench) startMany(p peer) (cell, error) {
	took, err := b.thrice(p, func() (time.Duration, error) {
		took, err := b.runUp(p, b.sleepers(500))
		return took, err
	})
	return cell{Figures: []figure{judged("time", took.Seconds(), "%.2f", 0.02)}}, err
}

func (b *bench) stopMany(p peer) (cell, error) {
	left := 0
	took, err := b.thrice(p, func() (time.Duration, error) {
		if _, err := b.runUp(p, b.sleepers(500)); err != nil {
			return 0, err
		}
		b.pause(3 * time.Second)
		begun := time.Now()
		err := p.stopAll()
		took := time.Since(begun)
		left = max(left, len(b.children.living()))
		return took, err
	})
	c := cell{Figures: []figure{judged("time", took.Seconds(), "%.2f", 0.02)}}
	if left > 0 {
		c.Words = fmt.Sprintf("%d are left", left)
		c.Out = c.Words
	}
	return c, err
}

func (b *bench) adoptMany(p peer) (cell, error) {
	jobs := b.sleepers(500)
	if _, err := b.runUp(p, jobs); err != nil {
		return cell{}, err
	}
	b.pause(2 * time.Second)
	before := make(map[int]bool)
	for _, pid := range b.children.living() {
		before[pid] = true
	}
	b.kill9(p)
	if err := p.again(); err != nil {
		return cell{}, err
	}
	b.settle()
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
		adopted, _ := strconv.Atoi(f[2])
		c := cell{Figures: []figure{judged("time", float64(us)/1000, "%.0f", 1)},
			Words: fmt.Sprintf("%d, %d", len(now)-kept, len(jobs)-kept)}
		if adopted != len(jobs) {
			c.Words += fmt.Sprintf("; only %d of %d", adopted, len(jobs))
		}
		return c, nil
	}
	doubled, lost := len(now)-kept, len(jobs)-kept
	switch p.(type) {
	case *s6, *runit:
		return words("each child keeps its own supervisor; %d, %d", doubled, lost), nil
	}
	return words("not adopted; %d, %d", doubled, lost), nil
}

// settle waits until no more children come up.
func (b *bench) settle() {
	b.pause(b.span(10 * time.Second))
	for last, end := -1, time.Now().Add(time.Minute); time.Now().Before(end) &&
		b.ctx.Err() == nil; b.pause(2 * time.Second) {
		n := len(b.children.living())
		if n == last {
			return
		}
		last = n
	}
}

func (b *bench) crash(p peer) (cell, error) {
	jobs := []job{{name: "a", argv: []string{"/bin/sleep", b.number}}}
	if _, err := b.runUp(p, jobs); err != nil {
		return cell{}, err
	}
	var took []float64
	for range b.scale(25) {
		// Longer than the shortest run that peers count as a success (1 s).
		b.pause(1300 * time.Millisecond)
		old := b.children.living()
		if len(old) != 1 {
			return cell{}, fmt.Errorf("%d children instead of one", len(old))
		}
		begun := time.Now()
		_ = syscall.Kill(old[0], syscall.SIGKILL)
		ok := until(20*time.Second, 200*time.Microsecond, func() bool {
			now := b.children.living()
			return len(now) == 1 && now[0] != old[0]
		})
		if !ok {
			return words("not restarted"), nil
		}
		took = append(took, float64(time.Since(begun).Microseconds())/1000)
	}
	sort.Float64s(took)
	median := took[len(took)/2]
	return cell{Figures: []figure{{
		Name: "median", Value: median, Judged: true, Slack: 0.5,
		Text: fmt.Sprintf("%.1f, %.1f, %.1f", took[0], median, took[len(took)-1]),
	}}}, nil
}

func (b *bench) output(p peer) (cell, error) {
	const size = 100
	count := b.scale(10_000_000)
	done, start := filepath.Join(b.dir, "done"), filepath.Join(b.dir, "start")
	_, _ = os.Remove(done), os.Remove(start)
	jobs := []job{{name: "a", argv: []string{b.exe, "child", "lines", strconv.Itoa(count), strconv.Itoa(size), done,
		start, b.number}, rotateMB: 99}}
	if _, err := b.runUp(p, jobs); err != nil {
		return cell{}, err
	}
	b.pause(2 * time.Second) // until the logger is there and what starting took is over
	crew := b.crew(p)
	base := cpuOf(crew)
	if err := os.WriteFile(start, nil, 0o600); err != nil {
		return cell{}, err
	}
	begun := time.Now()
	var peak int64
	last, still := int64(-1), 0
	until(5*time.Minute, 20*time.Millisecond, func() bool {
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
		}
		return total >= int64(count)*size || still > 50
	})
	took := time.Since(begun)
	used := cpuOf(crew) - base
	lost, repeated := countLines(p.logs("a"), count)
	c := cell{Figures: []figure{
		judged("CPU", used.Seconds()*1e9/float64(count*size), "%.1f", 0.05),
		told("speed", float64(last)/1e6/took.Seconds(), "%.0f"),
		judged("peak RSS", float64(peak)/(1<<20), "%.0f", 0.5),
	}, Words: fmt.Sprintf("%d, %d", lost, repeated)}
	if lost > 0 {
		c.Out = "it loses lines"
	}
	if _, ok := p.(*pm2); ok {
		c.Out = "it does not rotate"
	}
	return c, nil
}

func (b *bench) killed(p peer) (cell, error) {
	tally := filepath.Join(b.dir, "tally")
	_ = os.Remove(tally)
	jobs := []job{{name: "a", argv: []string{b.exe, "child", "stream", tally, b.number}, rotateMB: 99}}
	if _, err := b.runUp(p, jobs); err != nil {
		return cell{}, err
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
		return cell{}, err
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
	return words("%s; %d, %d of %d", fate, lost, repeated, written), nil
}

func (b *bench) memoryLimit(p peer) (cell, error) {
	if !limitsMemory(p) {
		return cell{}, errNone
	}
	jobs := []job{{name: "a", argv: []string{b.exe, "child", "leak", "50", b.number}, memoryMB: 200}}
	if _, err := b.runUp(p, jobs); err != nil {
		return cell{}, err
	}
	pid := b.children.living()[0]
	var peak int64
	ok := until(b.span(45*time.Second)+10*time.Second, 5*time.Millisecond, func() bool {
		if !alive(pid) {
			return true
		}
		peak = max(peak, resident([]int{pid}))
		return false
	})
	if !ok {
		return words("not ended at %d", peak>>20), nil
	}
	return cell{Figures: []figure{judged("peak", float64(peak>>20), "%.0f", 0)}}, nil
}

func (b *bench) deaf(p peer) (cell, error) {
	jobs := []job{{name: "a", argv: []string{b.exe, "child", "ignore", b.number}}}
	if _, err := b.runUp(p, jobs); err != nil {
		return cell{}, err
	}
	b.pause(time.Second)
	begun := time.Now()
	answer := p.stop("a")
	took := time.Since(begun)
	gone := until(time.Second, 5*time.Millisecond, func() bool { return len(b.children.living()) == 0 })
	said := "says done"
	if answer != nil {
		said = "says it failed"
	}
	if !gone {
		return words("never (%s after %.1f)", said, took.Seconds()), nil
	}
	return cell{Figures: []figure{judged("time", took.Seconds(), "%.1f", 0.1)}}, nil
}

// grandchildren stops or crashes a child that has one, in its own process group
// and in a session of its own, and looks whether it is left.
func (b *bench) grandchildren(p peer, crash bool) (cell, error) {
	var answers []string
	for _, how := range []string{"group", "setsid"} {
		answer, err := b.grandchild(p, how, crash)
		if err != nil {
			return cell{}, err
		}
		answers = append(answers, answer)
		b.clean(p)
	}
	return words("%s", strings.Join(answers, ", ")), nil
}

func (b *bench) grandchild(p peer, how string, crash bool) (string, error) {
	file := filepath.Join(b.dir, "grandchild-"+how)
	_ = os.Remove(file)
	jobs := []job{{name: "a", argv: []string{b.exe, "child", "parent", how, file, b.number}}}
	if _, err := b.runUp(p, jobs); err != nil {
		return "", err
	}
	var pid int
	ok := until(10*time.Second, 5*time.Millisecond, func() bool {
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
