package supervisor

import (
	"sync"
	"time"

	"flowhq"
)

// worker is what is known of one tenant's worker in memory. Its fields are guarded by core.mu, apart from apply.
type worker struct {
	apply sync.Mutex // orders the writes of this worker's state; taken before core.mu, never after

	generation int       // counts processes
	live       bool      // a process is there, as far as was told
	halting    bool      // it is being stopped; what it still says is not written
	began      time.Time // when this process was first known
	beat       time.Time // last sign of life
	pinging    bool      // the stale check is at it

	report    flowhq.SessionReport // the latest
	reported  bool
	written   flowhq.SessionReport // what the store has
	dirty     bool                 // report is not in the store yet
	retryAt   time.Time            // not before, after a failure
	connected bool                 // this process was connected once

	heard  time.Time // when news of WhatsApp last reached the appliance
	silent bool      // told as ERROR because WhatsApp is not heard from

	known     bool // status and lastError are as in the store
	status    flowhq.WorkerStatus
	lastError string
	failure   flowhq.Phase // the phase that lastError is about, "" for none

	takeBack int // how often it may be told to take its device back, because an admin started it

	leftOut map[flowhq.IgnoredSource]int64 // what this process counted

	revision int64 // of the configuration last sent
}
