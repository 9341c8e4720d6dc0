package dashboard

import (
	"context"
	"sync"
	"time"

	"flowhq"
)

// maxPending is how many different changes one slow watcher may be behind; beyond it they become one that names no
// tenant.
const maxPending = 256

// Changes hands changes to watchers and never waits for any of them. It is safe for use by many goroutines.
type Changes struct {
	now func() time.Time

	mu       sync.Mutex
	watchers map[*watcher]struct{}
	noted    []func(flowhq.ChangeKind)
}

// NewChanges makes Changes that nobody watches.
func NewChanges(now func() time.Time) *Changes {
	return &Changes{now: now, watchers: make(map[*watcher]struct{})}
}

// Note has note called with each change before the watchers hear of it: what they read then is fresh. note must not
// block.
func (h *Changes) Note(note func(flowhq.ChangeKind)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noted = append(h.noted, note)
}

// Announce tells the watchers that something of a kind changed; tenantID and id may be "".
func (h *Changes) Announce(kind flowhq.ChangeKind, tenantID, id string) {
	change := flowhq.Change{Kind: kind, TenantID: tenantID, ID: id, At: h.now().UTC()}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, note := range h.noted {
		note(kind)
	}
	for w := range h.watchers {
		w.put(change)
	}
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
func (h *Changes) Subscribe(ctx context.Context) <-chan flowhq.Change {
	w := &watcher{ready: make(chan struct{}, 1)}
	h.add(w)
	out := make(chan flowhq.Change)
	go func() {
		defer close(out)
		defer h.remove(w)
		w.pump(ctx, out)
	}()
	return out
}

func (h *Changes) add(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchers[w] = struct{}{}
}

func (h *Changes) remove(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watchers, w)
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
