package bot

import (
	"sync"
	"weak"
)

// kept is a value that is made at its first use and again when nobody has used it for so long that the garbage
// collector took it: hundreds of workers share a machine, and one whose customers are silent needs no words.
type weakCache[T any] struct {
	mu    sync.Mutex
	build func() (*T, error)
	value weak.Pointer[T]
}

func (k *weakCache[T]) get() (*T, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if v := k.value.Value(); v != nil {
		return v, nil
	}
	v, err := k.build()
	if err == nil {
		k.value = weak.Make(v)
	}
	return v, err
}
