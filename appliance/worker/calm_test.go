package worker

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestCalm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c calm
		want := func(tidy, empty bool) {
			t.Helper()
			if gotTidy, gotEmpty := c.due(time.Now()); gotTidy != tidy || gotEmpty != empty {
				t.Errorf("tidy %v, empty %v; want %v, %v", gotTidy, gotEmpty, tidy, empty)
			}
		}
		want(false, false) // nothing happened yet
		c.disturb()
		want(false, false)
		time.Sleep(calmShort)
		want(true, false)
		want(false, false) // once
		time.Sleep(calmLong)
		want(false, true)
		want(false, false)
		c.disturb()
		time.Sleep(calmShort)
		want(true, false)
		c.disturb()
		time.Sleep(calmLong)
		want(true, true)
	})
}

func TestFlowsComeBackAfterCalm(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.says(asha, "1")
		time.Sleep(2 * calmLong)
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
