package whatsapp

import (
	"context"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// A Signal session is loaded, moved on and stored with every message in and out. Two of these at once lose one of the
// updates, and then a message that nobody can decrypt. whatsmeow does it in four places: when it decrypts, in SendMessage,
// when it answers a retry receipt, and when it writes to the account's own phone; the first two are not guarded against
// each other, the last two against nothing. So the guard sits under all of them, in the store:
//
//	decrypting    from before the transaction until after its commit
//	SendMessage   from the loading of all sessions until they are stored; the acknowledgement is waited for without it
//	the others    from a session's loading until its storing
//
// It is always taken before the database's one connection.
type guard struct {
	slot chan struct{}
}

// leaseLimit ends a loading that no storing follows, because encrypting failed in between. Nothing waits for the network
// there, so that a real one takes milliseconds.
const leaseLimit = 2 * time.Second

func newGuard() *guard { return &guard{slot: make(chan struct{}, 1)} }

func (g *guard) lock(ctx context.Context) error {
	select {
	case g.slot <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *guard) unlock() { <-g.slot }

// hold is one holding of the guard, carried by the context of what is done under it.
type hold struct {
	guard *guard
	mu    sync.Mutex
	taken bool
	done  bool // it is not taken again
}

type holdKey struct{}

func withHold(ctx context.Context, h *hold) context.Context {
	return context.WithValue(ctx, holdKey{}, h)
}

func holdOf(ctx context.Context) *hold {
	h, _ := ctx.Value(holdKey{}).(*hold)
	return h
}

// take acquires the guard, once. After release it is a no-op.
func (h *hold) take(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.taken || h.done {
		return nil
	}
	if err := h.guard.lock(ctx); err != nil {
		return err
	}
	h.taken = true
	return nil
}

func (h *hold) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.taken {
		h.guard.unlock()
	}
	h.taken, h.done = false, true
}

// sessions is the session store under the guard.
type sessions struct {
	store.SessionStore
	guard *guard

	mu     sync.Mutex
	leases map[string]*lease // by address, of those that came without a hold
}

type lease struct {
	hold  *hold
	timer *time.Timer
}

func newSessions(inner store.SessionStore, g *guard) *sessions {
	return &sessions{SessionStore: inner, guard: g, leases: map[string]*lease{}}
}

func (s *sessions) GetSession(ctx context.Context, address string) ([]byte, error) {
	if h := holdOf(ctx); h != nil {
		if err := h.take(ctx); err != nil {
			return nil, err
		}
	} else if err := s.borrow(ctx, address); err != nil {
		return nil, err
	}
	return s.SessionStore.GetSession(ctx, address)
}

func (s *sessions) PutSession(ctx context.Context, address string, session []byte) error {
	err := s.SessionStore.PutSession(ctx, address, session)
	if holdOf(ctx) == nil {
		s.giveBack(address)
	}
	return err
}

func (s *sessions) GetManySessions(ctx context.Context, addresses []string) (map[string][]byte, error) {
	if h := holdOf(ctx); h != nil {
		if err := h.take(ctx); err != nil {
			return nil, err
		}
	}
	return s.SessionStore.GetManySessions(ctx, addresses)
}

// PutManySessions is the end of encrypting: what is still to come of a send needs no guard.
func (s *sessions) PutManySessions(ctx context.Context, changed map[string][]byte) error {
	err := s.SessionStore.PutManySessions(ctx, changed)
	if h := holdOf(ctx); h != nil {
		h.release()
	}
	return err
}

func (s *sessions) DeleteAllSessions(ctx context.Context, phone string) error {
	return s.under(ctx, func() error { return s.SessionStore.DeleteAllSessions(ctx, phone) })
}

func (s *sessions) DeleteSession(ctx context.Context, address string) error {
	return s.under(ctx, func() error { return s.SessionStore.DeleteSession(ctx, address) })
}

func (s *sessions) MigratePNToLID(ctx context.Context, pn, lid types.JID) error {
	return s.under(ctx, func() error { return s.SessionStore.MigratePNToLID(ctx, pn, lid) })
}

// under runs one change of the store. A send that has not taken the guard yet gives it back at once.
func (s *sessions) under(ctx context.Context, change func() error) error {
	if h := holdOf(ctx); h == nil || !h.held() {
		if err := s.guard.lock(ctx); err != nil {
			return err
		}
		defer s.guard.unlock()
	}
	return change()
}

func (h *hold) held() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.taken
}

// borrow takes the guard for an address until giveBack, or for leaseLimit.
func (s *sessions) borrow(ctx context.Context, address string) error {
	h := &hold{guard: s.guard}
	if err := h.take(ctx); err != nil {
		return err
	}
	l := &lease{hold: h}
	l.timer = time.AfterFunc(leaseLimit, h.release)
	s.mu.Lock()
	s.leases[address] = l
	s.mu.Unlock()
	return nil
}

func (s *sessions) giveBack(address string) {
	s.mu.Lock()
	l := s.leases[address]
	delete(s.leases, address)
	s.mu.Unlock()
	if l != nil {
		l.timer.Stop()
		l.hold.release()
	}
}
