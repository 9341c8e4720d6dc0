package worker

import (
	"runtime/debug"
	"sync/atomic"
	"time"
)

// idleAfter is how long nothing must have happened before memory is given back, and with it what can be made again in
// some milliseconds: the loaded flows, a tenth of a worker's memory.
const idleAfter = 10 * time.Second

// idleTrim notices when a worker has nothing to do. Go gives memory back slowly and only after a collection, which an
// idle process has no occasion for: garbage of the last conversation would stay for as long as nobody writes.
type idleTrim struct {
	last    atomic.Int64 // last time that something happened, in nanoseconds of the wall clock
	trimmed atomic.Int64 // the value of last when memory was given back
}

// busy notes that something happened.
func (t *idleTrim) busy() { t.last.Store(time.Now().UnixNano()) }

// due tells whether to give memory back now: once for each time that something happened.
func (t *idleTrim) due(now time.Time) bool {
	last := t.last.Load()
	return last != 0 && now.Sub(time.Unix(0, last)) >= idleAfter && t.trimmed.Swap(last) != last
}

// trimWhenIdle gives memory back once nothing happens.
func (e *engine) trimWhenIdle() {
	if !e.idleTrim.due(time.Now()) {
		return
	}
	e.flows.forget()
	debug.FreeOSMemory()
}
