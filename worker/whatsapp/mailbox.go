package whatsapp

import "sync"

// mailbox carries signals from whatsmeow's goroutines to the one that runs the connection. Putting never blocks: whatsmeow
// must not wait for us, and there are only a few signals in a connection's life.
type mailbox struct {
	mu    sync.Mutex
	queue []any
	ready chan struct{}
}

func newMailbox() *mailbox { return &mailbox{ready: make(chan struct{}, 1)} }

func (m *mailbox) put(signal any) {
	m.mu.Lock()
	m.queue = append(m.queue, signal)
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

// take gives all that waits, oldest first.
func (m *mailbox) take() []any {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.queue
	m.queue = nil
	return all
}
