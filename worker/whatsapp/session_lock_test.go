package whatsapp

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// fakeStore stands for the device store; what it does not define must not be called.
type fakeStore struct {
	store.SessionStore
	store.EventBuffer
	begin, put error
}

func (f *fakeStore) GetSession(context.Context, string) ([]byte, error) { return nil, nil }
func (f *fakeStore) PutSession(context.Context, string, []byte) error   { return nil }
func (f *fakeStore) GetManySessions(context.Context, []string) (map[string][]byte, error) {
	return nil, nil
}
func (f *fakeStore) PutManySessions(context.Context, map[string][]byte) error   { return nil }
func (f *fakeStore) DeleteSession(context.Context, string) error                { return nil }
func (f *fakeStore) DeleteAllSessions(context.Context, string) error            { return nil }
func (f *fakeStore) MigratePNToLID(context.Context, types.JID, types.JID) error { return nil }
func (f *fakeStore) PutBufferedEvent(context.Context, [32]byte, []byte, time.Time) error {
	return f.put
}
func (f *fakeStore) GetBufferedEvent(context.Context, [32]byte) (*store.BufferedEvent, error) {
	return nil, f.put
}

func (f *fakeStore) DoDecryptionTxn(ctx context.Context, fn func(context.Context) error) error {
	if f.begin != nil {
		return f.begin
	}
	return fn(ctx)
}

// sqlError is an error as the driver's are.
type sqlError struct{}

func (sqlError) Error() string { return "disk full" }
func (sqlError) Code() int     { return 13 }

// underGuard sets both stores up and tells whether another goroutine can decrypt right now.
func underGuard(fake *fakeStore) (s *sessions, b *buffer, free func() bool) {
	g := newSessionLock()
	s = newSessions(fake, g)
	b = &buffer{EventBuffer: fake, sessionLock: g, fault: func(error) {}}
	free = func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		return b.DoDecryptionTxn(ctx, func(context.Context) error { return nil }) == nil
	}
	return s, b, free
}

func TestGuardOverASend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _, free := underGuard(&fakeStore{})
		h := &lockHold{sessionLock: s.sessionLock}
		ctx := withLockHold(t.Context(), h)
		want := func(what string, want bool) {
			t.Helper()
			if free() != want {
				t.Errorf("%s: free is %v", what, !want)
			}
		}
		must(t, s.MigratePNToLID(ctx, types.EmptyJID, types.EmptyJID))
		want("before the sessions are loaded", true)
		_, err := s.GetManySessions(ctx, []string{"a"})
		must(t, err)
		want("sessions loaded", false)
		must(t, s.MigratePNToLID(ctx, types.EmptyJID, types.EmptyJID)) // under its own hold: no deadlock
		must(t, s.DeleteSession(ctx, "a"))
		want("still loaded", false)
		must(t, s.PutManySessions(ctx, nil))
		want("sessions stored, acknowledgement awaited", true)
		h.release()
		h.release()
		want("released twice", true)
	})
}

func TestGuardOverOtherEncrypting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _, free := underGuard(&fakeStore{})
		_, err := s.GetSession(t.Context(), "a")
		must(t, err)
		if free() {
			t.Error("a retry's session is loaded, and decrypting goes on")
		}
		must(t, s.PutSession(t.Context(), "a", nil))
		if !free() {
			t.Error("stored, and decrypting waits")
		}
		_, err = s.GetSession(t.Context(), "a")
		must(t, err)
		time.Sleep(
			leaseLimit + time.Millisecond,
		) // in a bubble: no real waiting. The encrypting failed, nothing is stored
		if !free() {
			t.Error("a load without a store keeps the guard for ever")
		}
		ctx, cancel := context.WithCancel(t.Context())
		must(t, s.sessionLock.lock(t.Context()))
		cancel()
		for _, call := range []func() error{
			func() error { _, err := s.GetSession(ctx, "a"); return err },
			func() error { return s.DeleteAllSessions(ctx, "a") },
			func() error {
				_, err := s.GetManySessions(withLockHold(ctx, &lockHold{sessionLock: s.sessionLock}), nil)
				return err
			},
		} {
			wantErr(t, call(), context.Canceled)
		}
	})
}

func TestGuardOverDecrypting(t *testing.T) {
	t.Parallel()
	s, b, free := underGuard(&fakeStore{})
	must(t, b.DoDecryptionTxn(t.Context(), func(ctx context.Context) error {
		if free() {
			t.Error("two are decrypting")
		}
		_, err := s.GetSession(ctx, "a") // under its own hold
		must(t, err)
		must(t, s.PutSession(ctx, "a", nil))
		if free() {
			t.Error("the guard went with the session's storing, before the commit")
		}
		return s.DeleteSession(ctx, "a")
	}))
	if !free() {
		t.Error("the guard is kept")
	}
}

// TestStorageFaultsKeepTheMessage: only what the Signal protocol says makes a message undecryptable.
func TestStorageFaultsKeepTheMessage(t *testing.T) {
	t.Parallel()
	fake := &fakeStore{}
	_, b, _ := underGuard(fake)
	faults := 0
	b.fault = func(error) { faults++ }
	decrypt := func(err error) error {
		return b.DoDecryptionTxn(t.Context(), func(context.Context) error { return err })
	}
	signal := errors.New("no session")
	if err := decrypt(signal); !errors.Is(err, signal) || errors.Is(err, context.Canceled) || faults != 0 {
		t.Errorf("a Signal error became %v, %d faults", err, faults)
	}
	if err := decrypt(sqlError{}); !errors.Is(err, context.Canceled) || faults != 1 {
		t.Errorf("the disk's error in between became %v, %d faults", err, faults)
	}
	fake.begin = errors.New("no transaction")
	if err := decrypt(nil); !errors.Is(err, context.Canceled) || faults != 2 {
		t.Errorf("a transaction that does not begin became %v, %d faults", err, faults)
	}
	fake.put = errors.New("cannot write")
	if err := b.PutBufferedEvent(
		t.Context(), [32]byte{}, nil, time.Time{},
	); !errors.Is(err, context.Canceled) ||
		faults != 3 {
		t.Errorf("a failed write became %v, %d faults", err, faults)
	}
	if _, err := b.GetBufferedEvent(t.Context(), [32]byte{}); !errors.Is(err, context.Canceled) || faults != 4 {
		t.Errorf("a failed read became %v, %d faults", err, faults)
	}
}
