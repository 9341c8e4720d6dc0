package whatsapp

import "sync"

// signalQueue carries signals from whatsmeow's goroutines to the one that runs the connection. put never blocks:
// whatsmeow must not wait, and a connection has only a few signals in its life.
type signalQueue struct {
	mu    sync.Mutex
	queue []any
	ready chan struct{}
}

func newSignalQueue() *signalQueue { return &signalQueue{ready: make(chan struct{}, 1)} }

func (m *signalQueue) put(signal any) {
	m.mu.Lock()
	m.queue = append(m.queue, signal)
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

// take gives all that waits, oldest first.
func (m *signalQueue) take() []any {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.queue
	m.queue = nil
	return all
}
