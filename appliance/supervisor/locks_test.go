package supervisor

import (
	"context"
	"errors"
	"testing"
)

func TestKeyedLocks_Acquire(t *testing.T) {
	var l keyedLocks
	release, err := l.acquire(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.acquire(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	other()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.acquire(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("a held lock was given: %v", err)
	}
	release()
	if len(l.locks) != 0 {
		t.Errorf("%d locks are left", len(l.locks))
	}
}
