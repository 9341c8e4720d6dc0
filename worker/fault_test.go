package worker

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/message"
	"flowhq/worker/whatsapp"
)

// vandal changes the journal's file behind the worker's back.
func (h *house) vandal(statement string) {
	h.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(h.dir, journal.FileName)+"?_pragma=busy_timeout(5000)")
	must(h.t, err)
	_, err = db.Exec(statement)
	must(h.t, err)
	must(h.t, db.Close())
}

func TestJournalThatFailsLeavesMessagesWithWhatsApp(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		var phases []flowhq.Phase
		h.e.onReport = func(r flowhq.SessionReport) { phases = append(phases, r.Phase) }
		h.vandal("ALTER TABLE seen RENAME TO unseen")
		m := message.Incoming{ID: "A", From: message.Person{PN: asha}, Text: "x"}
		if err := h.give(m); err == nil || !journal.Failed(err) {
			t.Fatalf("taken in by a journal that fails: %v", err)
		}
		if got := h.e.report().Phase; got != flowhq.PhaseJournalFault {
			t.Errorf("phase %s", got)
		}
		h.vandal("ALTER TABLE unseen RENAME TO seen")
		time.Sleep(probeInterval + time.Second)
		synctest.Wait()
		if got := h.e.report().Phase; got != flowhq.PhaseConnected {
			t.Errorf("afterwards: phase %s", got)
		}
		must(t, h.give(m))
		synctest.Wait()
		h.expect(asha, "re: x")
		if len(phases) < 2 || phases[0] != flowhq.PhaseJournalFault || phases[len(phases)-1] != flowhq.PhaseConnected {
			t.Errorf("reported %v", phases)
		}
	})
}

func TestJournalThatFailsBetweenDecisionAndSending(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.dev.slow = time.Second
		h.says(asha, "1")
		synctest.Wait() // the reply is on its way
		h.vandal("ALTER TABLE events RENAME TO lost")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		h.expect(asha, "re: 1")
		if got := h.e.report().Phase; got != flowhq.PhaseJournalFault {
			t.Errorf("phase %s", got)
		}
		h.vandal("ALTER TABLE lost RENAME TO events")
		time.Sleep(time.Minute)
		synctest.Wait()
		h.says(asha, "2")
		time.Sleep(time.Minute)
		synctest.Wait()
		h.expect(asha, "re: 1", "re: 2")
		if n := len(h.messages()); n != 4 {
			t.Errorf("log %q", h.messages())
		}
	})
}

func TestOneBadMessageDoesNotHoldUpTheOthers(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.vandal("CREATE TRIGGER bad BEFORE INSERT ON seen WHEN new.id = 'BAD' BEGIN SELECT raise(ABORT, 'no'); END")
		must(t, h.give(message.Incoming{ID: "BAD", From: message.Person{PN: asha}, Text: "x"}))
		h.says(asha, "y")
		synctest.Wait()
		h.expect(asha, "re: y")
		noted := false
		for _, e := range h.all() {
			noted = noted || e.Note != nil && strings.Contains(e.Note.Detail, "BAD")
		}
		if !noted {
			t.Error("nothing on the time line")
		}
	})
}

func TestEngine_skipFailed(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.vandal(
			"CREATE TRIGGER bad BEFORE INSERT ON outbox WHEN new.text = 're: bad' BEGIN SELECT raise(ABORT, 'no'); END",
		)
		id := h.says(asha, "bad")
		h.says(asha, "good")
		synctest.Wait()
		h.expect(asha, "re: good")
		h.expectTrace(id, "received failed")
	})
}

func TestReplyThatCouldNotBeSentInTime(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.dev.fail = func(int, string) error { return whatsapp.ErrOffline }
		id := h.says(asha, "please call me")
		synctest.Wait()
		h.dev.phase(flowhq.PhaseReconnecting)
		time.Sleep(2 * time.Hour)
		h.dev.fail = nil
		h.dev.phase(flowhq.PhaseConnected)
		time.Sleep(time.Minute)
		synctest.Wait()
		h.expect(asha)
		h.expectTrace(id, "received step reply_id too_old")
		if got := h.dev.to("+255700000000"); len(got) != 1 || !strings.Contains(got[0], "please call me") {
			t.Errorf("the owner got %q", got)
		}
	})
}

func TestOwnerAnswersWhileTheBotTypes(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		c := plain()
		c.Limits.Typing = true
		must(t, h.e.configure(c))
		id := h.says(asha, "1")
		time.Sleep(time.Second)
		h.ownerWrites(asha, "I do it")
		time.Sleep(time.Minute)
		synctest.Wait()
		h.expect(asha)
		if got := h.trace(id); !strings.HasSuffix(got, "handed_over") {
			t.Errorf("trace %s", got)
		}
	})
}

func TestHeldAcknowledgementsForAMinute(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		held := true
		h.dev.slow = 10 * time.Second
		h.dev.fail = func(int, string) error {
			if held {
				return whatsapp.ErrUnknown
			}
			return nil
		}
		for i := range 5 {
			h.says(asha, string(rune('a'+i)))
			h.says(juma, string(rune('a'+i)))
		}
		synctest.Wait()
		if n := len(h.messages()); n != 10 {
			t.Errorf("%d messages were taken in meanwhile", n)
		}
		time.Sleep(time.Minute)
		h.dev.mu.Lock() // Send reads both under it
		held, h.dev.slow = false, 0
		h.dev.mu.Unlock()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		for _, who := range []string{asha, juma} {
			h.expect(who, "re: a", "re: b", "re: c", "re: d", "re: e")
		}
	})
}
