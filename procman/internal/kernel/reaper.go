package kernel

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// Reaper reaps orphans that became children of this process, when it is a
// subreaper or process 1. It must not reap children that other code of this
// program waits for. So it leaves alone the processes of its own session (as
// os/exec starts them), those that mine names, and those that it sees dead for
// the first time.
type Reaper struct {
	every time.Duration
	mine  func(pid int) bool
	sigs  chan os.Signal
	quit  chan struct{}
	done  sync.WaitGroup
}

// NewReaper starts one that sweeps the given time after a child has ended.
func NewReaper(every time.Duration, mine func(pid int) bool) *Reaper {
	r := &Reaper{every: every, mine: mine, sigs: make(chan os.Signal, 1), quit: make(chan struct{})}
	signal.Notify(r.sigs, syscall.SIGCHLD)
	r.done.Add(1)
	go r.run()
	return r
}

// Close ends the reaper.
func (r *Reaper) Close() {
	signal.Stop(r.sigs)
	close(r.quit)
	r.done.Wait()
}

func (r *Reaper) run() {
	defer r.done.Done()
	waiting := make(map[identity]bool)
	var alarm <-chan time.Time
	for {
		select {
		case <-r.quit:
			return
		case <-r.sigs:
			if alarm == nil {
				alarm = time.After(r.every)
			}
		case <-alarm:
			alarm = nil
			if waiting = r.sweep(waiting); len(waiting) > 0 {
				alarm = time.After(r.every)
			}
		}
	}
}

// sweep reaps the orphans that were waiting at the previous sweep already, and
// returns those that it saw for the first time.
func (r *Reaper) sweep(before map[identity]bool) map[identity]bool {
	self := os.Getpid()
	own, err := ReadStat(self)
	if err != nil {
		return nil
	}
	fresh := make(map[identity]bool)
	for _, pid := range allPids() {
		st, err := ReadStat(pid)
		if err != nil || st.Parent != self || !st.Dead() || st.Session == own.Session || r.mine(pid) {
			continue
		}
		id := identity{pid, st.Start}
		if !before[id] {
			fresh[id] = true
			continue
		}
		_, _ = Reap(pid)
	}
	return fresh
}
