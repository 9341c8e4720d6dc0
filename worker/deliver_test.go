package worker

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"flowhq"
	"flowhq/worker/message"
	"flowhq/worker/whatsapp"
)

func TestTypingTakesAHumanTime(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		c := plain()
		c.Limits.Typing, c.Limits.ReadReceipts = true, true
		if err := h.e.configure(c); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		h.says(asha, "habari")
		time.Sleep(typingTime("re: habari") - time.Millisecond)
		synctest.Wait()
		h.expect(asha)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		h.expect(asha, "re: habari")
		if d := time.Since(began); d < typingLeast || d > typingMost || h.dev.typing != 1 || len(h.dev.read) != 1 {
			t.Errorf("took %s, typing shown %d times, read %v", d, h.dev.typing, h.dev.read)
		}
		if typingTime(strings.Repeat("x", 5000)) != typingMost {
			t.Error("typing has no upper bound")
		}
	})
}

func TestCrashBeforeTheAnswer(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.dev.phase(flowhq.PhaseReconnecting)
		h.says(asha, "1")
		h.says(asha, "2")
		h.restart()
		synctest.Wait()
		h.expect(asha)
		h.dev.phase(flowhq.PhaseConnected)
		synctest.Wait()
		h.expect(asha, "re: 1", "re: 2")
	})
}

func TestUnknownAcknowledgementIsRepeatedWithTheSameID(t *testing.T) {
	for _, lost := range []bool{false, true} {
		inVirtualTime(t, func(t *testing.T, h *house) {
			h.dev.lost = lost
			h.dev.fail = func(n int, _ string) error {
				if n <= 3 {
					return whatsapp.ErrUnknown
				}
				return nil
			}
			id := h.says(asha, "1")
			h.says(asha, "2")
			time.Sleep(time.Minute)
			synctest.Wait()
			h.expect(asha, "re: 1", "re: 2")
			h.expectTrace(id, "received step reply_id sent sent acknowledged")
		})
	}
}

func TestUnknownThenCrash(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.dev.fail = func(n int, _ string) error {
			if n == 1 {
				return whatsapp.ErrUnknown
			}
			return nil
		}
		h.says(asha, "1")
		synctest.Wait()
		h.restart()
		synctest.Wait()
		time.Sleep(time.Minute)
		h.expect(asha, "re: 1")
		if n := len(h.messages()); n != 2 {
			t.Errorf("log: %q", h.messages())
		}
	})
}

func TestEchoStandsForTheAcknowledgement(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.dev.fail = func(int, string) error { return whatsapp.ErrUnknown }
		id := h.says(asha, "1")
		synctest.Wait()
		h.take(message.Incoming{ID: h.dev.shown[0].id, FromMe: true, To: message.Person{PN: asha}, Text: "re: 1"})
		time.Sleep(time.Hour)
		synctest.Wait()
		h.expect(asha, "re: 1")
		if got := h.trace(id); !strings.HasSuffix(got, "acknowledged") || len(h.messages()) != 2 {
			t.Errorf("trace %s, log %q", got, h.messages())
		}
	})
}

func TestRestrictedWaitsAndRefusedGivesUp(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		answer := whatsapp.ErrRestricted
		h.dev.fail = func(int, string) error { return answer }
		first := h.says(asha, "1")
		synctest.Wait()
		h.dev.phase(flowhq.PhaseRestricted)
		second := h.says(asha, "2")
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		h.expect(asha)
		h.dev.fail = nil
		h.dev.phase(flowhq.PhaseConnected)
		synctest.Wait()
		h.expect(asha, "re: 1", "re: 2")
		h.expectTrace(first, "received step reply_id limited sent acknowledged")
		h.expectTrace(second, "received queued step reply_id sent acknowledged")
		h.dev.fail = func(int, string) error { return fmt.Errorf("%w: 479", whatsapp.ErrRefused) }
		third := h.says(asha, "3")
		synctest.Wait()
		h.dev.fail = nil
		h.says(asha, "4")
		synctest.Wait()
		h.expect(asha, "re: 1", "re: 2", "re: 4")
		h.expectTrace(third, "received step reply_id failed")
	})
}

func TestStopFinishesWhatIsInHand(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		c := plain()
		c.Limits.Typing = true
		must(t, h.e.configure(c))
		h.says(asha, "1")
		h.says(asha, "2")
		synctest.Wait() // typing the first
		began := time.Now()
		h.stop()
		if d := time.Since(began); d > time.Second {
			t.Errorf("stopping took %s", d)
		}
		h.expect(asha, "re: 1")
		if err := h.give(
			message.Incoming{ID: "L", From: message.Person{PN: asha}, Text: "late"},
		); !errors.Is(
			err, errStopping,
		) {
			t.Errorf("taken in while stopping: %v", err)
		}
		h.start()
		time.Sleep(time.Minute)
		synctest.Wait()
		h.expect(asha, "re: 1", "re: 2")
	})
}

func TestStopIsBounded(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.dev.slow = time.Hour
		h.says(asha, "1")
		synctest.Wait()
		began := time.Now()
		h.stop()
		if d := time.Since(began); d > finishLimit+time.Second {
			t.Errorf("stopping took %s", d)
		}
	})
}

func TestSentServesRetries(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.says("lid:8", "1")
		synctest.Wait()
		to, text, ok := h.e.sentText(h.dev.shown[0].id)
		if !ok || text != "re: 1" || to.LID != "8" {
			t.Errorf("%v %q %v", to, text, ok)
		}
		if _, _, ok := h.e.sentText("nothing"); ok {
			t.Error("an unknown id was served")
		}
	})
}
