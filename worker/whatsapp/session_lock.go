package whatsapp

import (
	"context"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// sessionLock keeps changes of Signal sessions apart. With every message in and out, a session is loaded, changed and
// stored. Two of these at once lose one change, and then a message that nobody can decrypt. whatsmeow does it in four
// places: when it decrypts, in SendMessage, when it answers a retry receipt, and when it writes to the account's own
// phone. It does not lock the first two against each other, nor the last two against anything. So this lock is under
// all of them, in the store. It is held:
//
//	decrypting    from before the transaction until after its commit
//	SendMessage   from the loading of all sessions until they are stored; the acknowledgement is waited for without it
//	the others    from a session's loading until its storing
//
// It is always taken before the database's one connection.
type sessionLock struct {
	slot chan struct{}
}

// leaseLimit ends a lease whose session is never stored, because encrypting failed. Encrypting does not wait for the
// network: it takes milliseconds.
const leaseLimit = 2 * time.Second

func newSessionLock() *sessionLock { return &sessionLock{slot: make(chan struct{}, 1)} }

func (g *sessionLock) lock(ctx context.Context) error {
	select {
	case g.slot <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *sessionLock) unlock() { <-g.slot }

// lockHold is one holder of the lock. The context of what is done under the lock carries it.
type lockHold struct {
	sessionLock *sessionLock
	mu          sync.Mutex
	taken       bool
	done        bool // it is not taken again
}

type holdKey struct{}

func withLockHold(ctx context.Context, h *lockHold) context.Context {
	return context.WithValue(ctx, holdKey{}, h)
}

func lockHoldOf(ctx context.Context) *lockHold {
	h, _ := ctx.Value(holdKey{}).(*lockHold)
	return h
}

// take acquires the lock, once. After release it does nothing.
func (h *lockHold) take(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.taken || h.done {
		return nil
	}
	if err := h.sessionLock.lock(ctx); err != nil {
		return err
	}
	h.taken = true
	return nil
}

func (h *lockHold) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.taken {
		h.sessionLock.unlock()
	}
	h.taken, h.done = false, true
}

// sessions is the session store under the lock.
type sessions struct {
	store.SessionStore
	sessionLock *sessionLock

	mu     sync.Mutex
	leases map[string]*lease // by address, of those that came without a hold
}

type lease struct {
	lockHold *lockHold
	timer    *time.Timer
}

func newSessions(inner store.SessionStore, g *sessionLock) *sessions {
	return &sessions{SessionStore: inner, sessionLock: g, leases: map[string]*lease{}}
}

func (s *sessions) GetSession(ctx context.Context, address string) ([]byte, error) {
	if h := lockHoldOf(ctx); h != nil {
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
	if lockHoldOf(ctx) == nil {
		s.giveBack(address)
	}
	return err
}

func (s *sessions) GetManySessions(ctx context.Context, lidMap []string) (map[string][]byte, error) {
	if h := lockHoldOf(ctx); h != nil {
		if err := h.take(ctx); err != nil {
			return nil, err
		}
	}
	return s.SessionStore.GetManySessions(ctx, lidMap)
}

// PutManySessions is the end of encrypting: the rest of a send does not need the lock.
func (s *sessions) PutManySessions(ctx context.Context, changed map[string][]byte) error {
	err := s.SessionStore.PutManySessions(ctx, changed)
	if h := lockHoldOf(ctx); h != nil {
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

// under runs one change of the store. A send that has not taken the lock yet releases it at once.
func (s *sessions) under(ctx context.Context, change func() error) error {
	if h := lockHoldOf(ctx); h == nil || !h.held() {
		if err := s.sessionLock.lock(ctx); err != nil {
			return err
		}
		defer s.sessionLock.unlock()
	}
	return change()
}

func (h *lockHold) held() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.taken
}

// borrow takes the lock for an address until giveBack, for leaseLimit at most.
func (s *sessions) borrow(ctx context.Context, address string) error {
	h := &lockHold{sessionLock: s.sessionLock}
	if err := h.take(ctx); err != nil {
		return err
	}
	l := &lease{lockHold: h}
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
		l.lockHold.release()
	}
}
