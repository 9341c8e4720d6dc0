package storage

import (
	"sync"
	"time"
)

// checkEvery is how often the progress of a check is told at most. A copy tells it after each transaction.
const checkEvery = 200 * time.Millisecond

// pace tells how far a phase of a copy is and how long it will still take, by what was done since it began.
type pace struct {
	mu    sync.Mutex
	phase CopyPhase
	every time.Duration // how often it is told at most
	total int64
	done  int64
	own   int64 // done by this process
	start time.Time
	told  time.Time
	tell  func(CopyProgress)
}

func newPace(phase CopyPhase, every time.Duration, total int64, tell func(CopyProgress)) *pace {
	return &pace{phase: phase, every: every, total: total, start: time.Now(), tell: tell}
}

// skip counts rows that an earlier copy did.
func (p *pace) skip(table string, rows int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += rows
	p.say(table)
}

func (p *pace) add(table string, rows int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += int64(rows)
	p.own += int64(rows)
	p.say(table)
}

// say tells it, now and then and at the end.
func (p *pace) say(table string) {
	now := time.Now()
	if now.Sub(p.told) < p.every && p.done < p.total {
		return
	}
	p.told = now
	out := CopyProgress{Phase: p.phase, Table: table, Done: p.done, Total: max(p.total, p.done)}
	if spent := now.Sub(p.start); p.own > 0 && spent > time.Second {
		out.Left = time.Duration(float64(spent) / float64(p.own) * float64(out.Total-out.Done))
	}
	p.tell(out)
}
