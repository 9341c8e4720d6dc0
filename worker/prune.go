package worker

import (
	"time"

	"flowhq/worker/journal"
)

// prune deletes what the journal need not keep, in small steps.
func (e *engine) prune() {
	for range 50 {
		more := false
		err := e.write(func(tx *journal.Tx) (err error) {
			more, err = tx.Prune(journal.DefaultBounds(), e.acked(), time.Now())
			return err
		})
		if err != nil {
			e.log.Warn("the journal could not be pruned", "error", err)
			return
		}
		if !more {
			return
		}
	}
}
