package worker

import (
	"runtime/debug"
	"sync/atomic"
	"time"
)

// calmAfter is how long nothing must have happened before memory is given back, and with it what can be made again in some
// milliseconds: the loaded flows, a tenth of a worker's memory.
const calmAfter = 10 * time.Second

// calm notices when a worker has come to rest. Go gives memory back slowly and only after a collection, which an idle
// process has no occasion for: garbage of the last conversation would stay for as long as nobody writes.
type calm struct {
	last   atomic.Int64 // last time that something happened, in nanoseconds of the wall clock
	tidied atomic.Int64 // the last that was tidied up after, by its time
}

func (c *calm) disturb() { c.last.Store(time.Now().UnixNano()) }

// due tells whether to tidy up now, once for each time that something happened.
func (c *calm) due(now time.Time) bool {
	last := c.last.Load()
	return last != 0 && now.Sub(time.Unix(0, last)) >= calmAfter && c.tidied.Swap(last) != last
}

// settleDown gives memory back once nothing happens.
func (e *engine) settleDown() {
	if !e.calm.due(time.Now()) {
		return
	}
	e.flows.forget()
	debug.FreeOSMemory()
}
