package dashboard

import "context"

// What the tests of this package reach beside the exported calls.
const (
	MaxPending  = maxPending
	FiguresKept = figuresKept
	PastKept    = pastKept
)

func (m *Machine) Watch(ctx context.Context) { m.watchDisk(ctx); m.watchCertificate(ctx) }

func (h *Changes) Watchers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.watchers)
}
