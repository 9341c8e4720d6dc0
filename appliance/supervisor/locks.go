package supervisor

import (
	"context"
	"sync"
)

// keyedLocks are locks by name that come and go with their use.
type keyedLocks struct {
	mu    sync.Mutex
	locks map[string]*keyedLock
}

type keyedLock struct {
	held  chan struct{} // one place: the goroutine that fills it has the lock
	users int
}

// acquire waits for the lock of key until ctx ends and gives the function that lets it go.
func (l *keyedLocks) acquire(ctx context.Context, key string) (release func(), err error) {
	l.mu.Lock()
	if l.locks == nil {
		l.locks = make(map[string]*keyedLock)
	}
	k, ok := l.locks[key]
	if !ok {
		k = &keyedLock{held: make(chan struct{}, 1)}
		l.locks[key] = k
	}
	k.users++
	l.mu.Unlock()

	select {
	case k.held <- struct{}{}:
		return func() { <-k.held; l.leave(key, k) }, nil
	case <-ctx.Done():
		l.leave(key, k)
		return nil, ctx.Err()
	}
}

func (l *keyedLocks) leave(key string, k *keyedLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.users--; k.users == 0 {
		delete(l.locks, key)
	}
}
