package worker

import (
	"runtime/debug"
	"sync/atomic"
	"time"
)

// How long nothing must have happened before memory is given back, first what lies about, then what can be made again.
const (
	calmShort = 10 * time.Second
	calmLong  = 3 * time.Minute
)

// calm notices when a worker has come to rest. Go gives memory back slowly and only after a collection, which an idle
// process has no occasion for: garbage of the last conversation would stay for as long as nobody writes.
type calm struct {
	last    atomic.Int64 // last time that something happened, in nanoseconds of the wall clock
	tidied  atomic.Int64 // the last that was tidied up after, by its time
	emptied atomic.Int64 // the same for what can be made again
}

func (c *calm) disturb() { c.last.Store(time.Now().UnixNano()) }

// due tells what to do now, once for each time that something happened.
func (c *calm) due(now time.Time) (tidy, empty bool) {
	last := c.last.Load()
	since := now.Sub(time.Unix(0, last))
	tidy = last != 0 && since >= calmShort && c.tidied.Swap(last) != last
	empty = last != 0 && since >= calmLong && c.emptied.Swap(last) != last
	return tidy, empty
}

// settleDown gives memory back once nothing happens.
func (e *engine) settleDown() {
	tidy, empty := e.calm.due(time.Now())
	if empty {
		e.flows.forget()
	}
	if tidy || empty {
		debug.FreeOSMemory()
	}
}
