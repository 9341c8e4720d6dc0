package supervisor

import (
	"context"

	"flowhq"
)

// takeBackTries is how often a worker that an admin has started is told to take its device back: it may say that it was
// replaced a moment before it can be told.
const takeBackTries = 3

// heardReplaced tells a worker that stands down to take its device back, if an admin wants that.
func (s *Reports) heardReplaced(ctx context.Context, id string, r flowhq.SessionReport) {
	s.mu.Lock()
	w := s.worker(id)
	if r.Phase == flowhq.PhaseConnected {
		w.takeBack = 0
	}
	tell := r.Phase == flowhq.PhaseReplaced && w.takeBack > 0
	if tell {
		w.takeBack--
	}
	s.mu.Unlock()
	if !tell {
		return
	}
	go func() { // the worker waits for the answer to its report
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		if err := s.links.Relink(ctx, id); err != nil {
			s.log.Warn("a worker could not be told to take its device back", "tenant", id, "error", err)
		}
	}()
}
