package fleet

import (
	"context"
	"sync"

	"flowhq"
)

// maxPending is how many different changes one slow watcher may be behind; beyond it they become one that names no tenant.
const maxPending = 256

// hub hands changes to whoever watches and never waits for any of them.
type hub struct {
	mu       sync.Mutex
	watchers map[*watcher]struct{}
}

// watcher holds what one subscriber has not taken yet: one entry for each kind and tenant, in order of arrival.
type watcher struct {
	mu      sync.Mutex
	pending []flowhq.Change
	ready   chan struct{} // one place: something is pending
}

// Subscribe gives the changes from now on until ctx ends, when the channel is closed. A watcher that is slow gets
// several changes of one kind of one tenant as one; one that is very slow gets a change without a tenant, which means
// that anything may be different.
func (s *Service) Subscribe(ctx context.Context) <-chan flowhq.Change {
	w := &watcher{ready: make(chan struct{}, 1)}
	s.changes.add(w)
	out := make(chan flowhq.Change)
	go func() {
		defer close(out)
		defer s.changes.remove(w)
		w.pump(ctx, out)
	}()
	return out
}

func (h *hub) add(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers == nil {
		h.watchers = make(map[*watcher]struct{})
	}
	h.watchers[w] = struct{}{}
}

func (h *hub) remove(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watchers, w)
}

func (h *hub) publish(c flowhq.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		w.put(c)
	}
}

func (w *watcher) put(c flowhq.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.merge(c)
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

func (w *watcher) merge(c flowhq.Change) {
	for i := range w.pending {
		if p := &w.pending[i]; p.Kind == c.Kind && p.TenantID == c.TenantID {
			*p = c
			return
		}
	}
	if len(w.pending) >= maxPending {
		w.pending = append(w.pending[:0], flowhq.Change{Kind: flowhq.ChangeTenant, At: c.At})
		return
	}
	w.pending = append(w.pending, c)
}

func (w *watcher) take() []flowhq.Change {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.pending
	w.pending = nil
	return taken
}

func (w *watcher) pump(ctx context.Context, out chan<- flowhq.Change) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.ready:
		}
		for _, c := range w.take() {
			select {
			case out <- c:
			case <-ctx.Done():
				return
			}
		}
	}
}
