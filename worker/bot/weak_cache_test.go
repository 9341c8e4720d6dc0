package bot

import (
	"errors"
	"runtime"
	"testing"
)

func TestWhatNobodyUsesIsMadeAgain(t *testing.T) {
	made := 0
	k := weakCache[[1 << 16]byte]{build: func() (*[1 << 16]byte, error) {
		made++
		return new([1 << 16]byte), nil
	}}
	first, _ := k.get()
	runtime.GC()
	if second, _ := k.get(); second != first || made != 1 {
		t.Errorf("what is in use was made %d times", made)
	}
	runtime.KeepAlive(first)
	runtime.GC()
	if again, err := k.get(); again == nil || err != nil || made != 2 {
		t.Errorf("what nobody used was made %d times: %v", made, err)
	}
	k = weakCache[[1 << 16]byte]{build: func() (*[1 << 16]byte, error) { return nil, errors.New("no") }}
	if _, err := k.get(); err == nil {
		t.Error("a failure is lost")
	}
}
