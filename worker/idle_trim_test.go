package worker

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestIdleTrim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c idleTrim
		want := func(due bool) {
			t.Helper()
			if got := c.due(time.Now()); got != due {
				t.Errorf("due: %v, want %v", got, due)
			}
		}
		want(false) // nothing happened yet
		c.busy()
		want(false)
		time.Sleep(idleAfter)
		want(true)
		want(false) // once
		time.Sleep(10 * idleAfter)
		want(false)
		c.busy()
		time.Sleep(idleAfter - 1)
		want(false)
		time.Sleep(time.Nanosecond)
		want(true)
	})
}

func TestFlowsComeBackAfterCalm(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.says(asha, "1")
		time.Sleep(idleAfter + 2*parkedInterval)
		synctest.Wait()
		h.e.flows.mu.Lock()
		left := len(h.e.flows.loaded)
		h.e.flows.mu.Unlock()
		if left != 0 {
			t.Errorf("%d flows are loaded in a worker that nobody writes to", left)
		}
		h.says(asha, "2")
		synctest.Wait()
		h.expect(asha, "re: 1", "re: 2")
	})
}
