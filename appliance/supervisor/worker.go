package supervisor

import (
	"sync"

	"flowhq"
)

// worker is what is known of one tenant's worker in memory. Its fields are guarded by core.mu, apart from apply.
type worker struct {
	apply sync.Mutex // orders the writes of this worker's state; taken before core.mu, never after

	WorkerState

	ignored  map[flowhq.IgnoredSource]int64 // messages that this process neither answered nor kept
	revision int64                          // of the configuration last sent
}
