package worker

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"flowhq"
	"flowhq/appliance/whatsapp"
	"flowhq/appliance/worker/journal"
)

func (h *house) log() *slog.Logger { return slog.New(slog.NewTextHandler(h.t.Output(), nil)) }

// inVirtualTime runs a test whose clock stands still while anything works and jumps while all wait.
func inVirtualTime(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		f(t, h)
		h.stop()
	})
}

const (
	asha  = "+255700000001"
	juma  = "+255700000002"
	neema = "+255700000003"
)

func TestAnswersInOrder(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		id := h.says(asha, "1")
		for i := 2; i <= 5; i++ {
			h.says(asha, fmt.Sprint(i))
		}
		h.says(juma, "a")
		synctest.Wait()
		h.expect(asha, "re: 1", "re: 2", "re: 3", "re: 4", "re: 5")
		h.expect(juma, "re: a")
		h.expectTrace(id, "received step reply_id sent acknowledged")
		want := []string{"IN customer +255700000001: 1", "OUT bot +255700000001: re: 1"}
		for _, w := range want {
			if !strings.Contains(strings.Join(h.messages(), "\n"), w) {
				t.Errorf("not in the log: %s", w)
			}
		}
		if n := len(h.messages()); n != 12 {
			t.Errorf("%d messages in the log", n)
		}
	})
}

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

func TestDuplicates(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		m := whatsapp.Incoming{ID: "SAME", From: whatsapp.Address{PN: asha}, Text: "once"}
		h.take(m)
		h.take(m)
		synctest.Wait()
		h.restart()
		h.take(m)
		m.From = whatsapp.Address{PN: asha, LID: "123"}
		h.take(m)
		m.From = whatsapp.Address{LID: "123"}
		h.take(m)
		synctest.Wait()
		h.expect(asha, "re: once")
		if got := h.trace("SAME"); strings.Count(got, "duplicate") != 4 || strings.Count(got, "received") != 1 {
			t.Errorf("trace: %s", got)
		}
		m.From = whatsapp.Address{PN: juma} // ids are the senders' own: another person may use the same
		h.take(m)
		synctest.Wait()
		h.expect(juma, "re: once")
	})
}

func TestOnlyDirectChats(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		for i, k := range []whatsapp.ChatKind{whatsapp.ChatGroup, whatsapp.ChatStatus, whatsapp.ChatBroadcast, whatsapp.ChatNewsletter} {
			h.take(whatsapp.Incoming{ID: fmt.Sprint(i), Chat: k, From: whatsapp.Address{PN: asha}, Text: "x"})
		}
		synctest.Wait()
		if n := len(h.all()); n != 0 || h.e.filtered.Load() != 4 {
			t.Errorf("%d events, %d left out", n, h.e.filtered.Load())
		}
		h.expect(asha)
	})
}

func TestOwnersWritingHandsOver(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.says(asha, "1")
		synctest.Wait()
		h.ownerWrites(asha, "I take this one")
		id := h.says(asha, "2")
		h.says(juma, "a")
		synctest.Wait()
		h.expect(asha, "re: 1")
		h.expect(juma, "re: a")
		h.expectTrace(id, "received handed_over")
		if log := strings.Join(h.messages(), "\n"); !strings.Contains(log, "OUT owner +255700000001: I take this one") {
			t.Errorf("log:\n%s", log)
		}
		time.Sleep(12*time.Hour + time.Minute)
		h.says(asha, "3")
		synctest.Wait()
		h.expect(asha, "re: 1", "re: 3")
	})
}

func TestOwnSendsAreNoOwner(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.says(asha, "1")
		synctest.Wait()
		id := h.dev.shown[0].id
		h.take(whatsapp.Incoming{ID: id, FromMe: true, To: whatsapp.Address{PN: asha}, Text: "re: 1"})
		h.take(whatsapp.Incoming{ID: "N", Chat: whatsapp.ChatSelf, FromMe: true, To: h.dev.Self(), Text: "note to myself"})
		h.says(asha, "2")
		synctest.Wait()
		h.expect(asha, "re: 1", "re: 2")
		if n := len(h.messages()); n != 5 {
			t.Errorf("log: %q", h.messages())
		}
	})
}

func TestAwayMessagesHandNothingOver(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		for _, who := range []string{asha, juma, neema} {
			h.says(who, "hi")
			synctest.Wait()
			h.ownerWrites(who, "We are away until Monday.")
		}
		synctest.Wait()
		for _, who := range []string{asha, juma, neema} {
			h.says(who, "still there?")
		}
		synctest.Wait()
		for _, who := range []string{asha, juma, neema} {
			h.expect(who, "re: hi", "re: still there?")
		}
		h.ownerWrites(asha, "Now I am here, Asha")
		h.ownerWrites(juma, "We are away until Monday.")
		h.says(asha, "thanks")
		h.says(juma, "hm")
		synctest.Wait()
		h.expect(asha, "re: hi", "re: still there?")
		h.expect(juma, "re: hi", "re: still there?", "re: hm")
	})
}

func TestOwnHandStaysBesideAnAwayMessage(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.ownerWrites(asha, "Hello Asha, how can I help?")
		h.ownerWrites(asha, "ok")
		h.ownerWrites(juma, "ok")
		h.says(asha, "x")
		synctest.Wait()
		h.expect(asha)
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
		h.take(whatsapp.Incoming{ID: h.dev.shown[0].id, FromMe: true, To: whatsapp.Address{PN: asha}, Text: "re: 1"})
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

func TestTooOldIsToldToTheOwner(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		now := time.Now()
		late := func(id, who, text string, age time.Duration) {
			h.take(whatsapp.Incoming{ID: id, From: addressFrom(who), Name: "N-" + id, Text: text, SentAt: now.Add(-age), Offline: true})
		}
		late("A", asha, "an hour ago", time.Hour)
		late("B", juma, "two hours ago", 2*time.Hour)
		late("C", juma, "just now", 5*time.Minute)
		synctest.Wait()
		h.expect(asha)
		h.expect(juma, "re: just now")
		h.expectTrace("A", "received too_old")
		time.Sleep(h.e.late)
		synctest.Wait()
		got := h.dev.to("+255700000000")
		if len(got) != 1 || !strings.Contains(got[0], "N-A "+asha+": an hour ago") || !strings.Contains(got[0], "two hours ago") ||
			strings.Contains(got[0], "just now") || strings.Index(got[0], "two hours") > strings.Index(got[0], "an hour") {
			t.Errorf("the owner got %q", got)
		}
		c := plain()
		c.Business.Settings.OwnerNumber = "+255711111111"
		if err := h.e.configure(c); err != nil {
			t.Fatal(err)
		}
		late("D", asha, "again", time.Hour)
		time.Sleep(h.e.late)
		synctest.Wait()
		if got := h.dev.to("+255711111111"); len(got) != 1 || strings.Contains(got[0], "two hours") {
			t.Errorf("the owner's number got %q", got)
		}
	})
}

func TestLongOutageOfTheWorker(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.dev.phase(flowhq.PhaseReconnecting)
		id := h.says(asha, "before")
		h.stop()
		time.Sleep(2 * time.Hour)
		h.start()
		h.dev.phase(flowhq.PhaseConnected)
		synctest.Wait()
		h.expect(asha)
		h.expectTrace(id, "received too_old")
	})
}

func TestWrongClockOfTheMachine(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.take(whatsapp.Incoming{ID: "A", From: whatsapp.Address{PN: asha}, Text: "live", SentAt: time.Now().Add(-5 * time.Hour)})
		synctest.Wait()
		h.expect(asha, "re: live")
	})
}

func TestOptOutAndIn(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.says(asha, "stop")
		id := h.says(asha, "hello")
		h.says(asha, "start")
		h.says(asha, "hello")
		synctest.Wait()
		h.expect(asha, "bye", "welcome", "re: hello")
		if got := h.trace(id); !strings.HasSuffix(got, "opted_out") {
			t.Errorf("trace %s", got)
		}
		var states []bool
		for _, e := range h.all() {
			if e.Chat != nil {
				states = append(states, e.Chat.OptedOut)
			}
		}
		if fmt.Sprint(states) != "[true false]" {
			t.Errorf("chat events %v", states)
		}
	})
}

func TestBrokenConversationHarmsNobodyElse(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		p, e := h.says(asha, "panic now"), h.says(asha, "error now")
		h.says(asha, "fine")
		synctest.Wait()
		h.expect(asha, "re: fine")
		h.expectTrace(p, "received failed")
		if got := h.trace(e); !strings.HasSuffix(got, "failed") {
			t.Errorf("trace %s", got)
		}
		for _, ev := range h.all() {
			if ev.Trace != nil && len([]rune(ev.Trace.Entry.Detail)) > maxDetail {
				t.Errorf("a detail of %d characters", len(ev.Trace.Entry.Detail))
			}
		}
	})
}

func TestHandoffAndRequests(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.says(asha, "order tea")
		h.says(asha, "human please")
		h.says(asha, "anyone?")
		synctest.Wait()
		h.expect(asha, "ordered", "wait for a human")
		h.expect("+255700000000", "new order", "call ")
		var requests []*flowhq.RequestEvent
		for _, e := range h.all() {
			if e.Request != nil {
				requests = append(requests, e.Request)
			}
		}
		if len(requests) != 1 || requests[0].Chat != asha || len(requests[0].ID) != 36 || requests[0].Status != flowhq.RequestNew {
			t.Errorf("requests %+v", requests)
		}
	})
}

func TestQueueBound(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.dev.slow = time.Second
		for i := range 70 {
			h.says(asha, fmt.Sprint(i))
			if i == 0 {
				synctest.Wait() // the first is in hand
			}
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		got := h.dev.to(asha)
		waits := 0
		for _, text := range got {
			if text == h.e.texts().waiting {
				waits++
			}
		}
		if len(got) != 52 || waits != 1 {
			t.Errorf("%d messages, %d of them ask to wait", len(got), waits)
		}
		if n := len(h.messages()); n != 70+52 {
			t.Errorf("%d messages in the log", n)
		}
		if got := h.trace("IN60"); got != "received queue_full" {
			t.Errorf("trace %s", got)
		}
		h.says(asha, "later")
		synctest.Wait()
		time.Sleep(time.Minute)
		if got := h.dev.to(asha); got[len(got)-1] != "re: later" {
			t.Errorf("afterwards: %q", got[len(got)-1])
		}
	})
}

func TestReplyLimit(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		c := plain()
		c.Limits.RepliesPerMinute = 10
		if err := h.e.configure(c); err != nil {
			t.Fatal(err)
		}
		for i := range 15 {
			h.says(asha, fmt.Sprint(i))
		}
		synctest.Wait()
		got := h.dev.to(asha)
		if len(got) != 11 || got[10] != h.e.texts().slow {
			t.Errorf("the busy chat got %d: %q", len(got), got)
		}
		h.expectTrace("IN12", "received queued suppressed")
		began := time.Now()
		id := h.says(juma, "me too")
		synctest.Wait()
		h.expect(juma)
		h.restart() // counts survive
		synctest.Wait()
		h.expect(juma)
		time.Sleep(time.Minute)
		synctest.Wait()
		h.expect(juma, "re: me too")
		if d := h.dev.shown[len(h.dev.shown)-1].at.Sub(began); d > time.Minute {
			t.Errorf("waited %s", d)
		}
		if got := h.trace(id); !strings.Contains(got, "limited") {
			t.Errorf("trace %s", got)
		}
		time.Sleep(time.Minute)
		h.says(asha, "again")
		synctest.Wait()
		if got := h.dev.to(asha); got[len(got)-1] != "re: again" {
			t.Errorf("a minute later: %q", got[len(got)-1])
		}
	})
}

func TestContactCapHearsStop(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		c := plain()
		c.Limits.ContactReplies, c.Limits.ContactWindow = 3, 10*time.Minute
		if err := h.e.configure(c); err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			h.says(asha, fmt.Sprint(i))
		}
		h.says(asha, "stop")
		h.says(asha, "hello")
		synctest.Wait()
		h.expect(asha, "re: 0", "re: 1", "re: 2", h.e.texts().slow, "bye")
	})
}

func TestOnePersonUnderTwoAddresses(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.says("lid:123", "hidden")
		h.says(asha, "open")
		synctest.Wait()
		h.expect("lid:123", "re: hidden")
		h.ownerWrites("lid:123", "I see you")
		h.e.introduced(whatsapp.Address{PN: "+1555", LID: "777"}) // nobody known
		h.e.introduced(whatsapp.Address{PN: asha, LID: "123"})
		h.e.introduced(whatsapp.Address{PN: asha, LID: "123"})
		h.says("lid:123", "now?")
		h.says(asha, "and now?")
		synctest.Wait()
		h.expect(asha, "re: open")
		h.expect("lid:123", "re: hidden")
		var merges []flowhq.IdentityMerge
		for _, e := range h.all() {
			if e.Merge != nil {
				merges = append(merges, *e.Merge)
			}
		}
		if fmt.Sprint(merges) != fmt.Sprintf("[{lid:123 %s}]", asha) {
			t.Errorf("merges %v", merges)
		}
		log := h.messages()
		if last := log[len(log)-2]; last != "IN customer "+asha+": now?" {
			t.Errorf("after the merge: %s", last)
		}
	})
}

func TestLidGetsItsNumber(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.says("lid:5", "ask")
		synctest.Wait()
		h.take(whatsapp.Incoming{ID: "X", From: whatsapp.Address{PN: asha, LID: "5"}, Text: "answer"})
		synctest.Wait()
		h.expect(asha, " hears")
		merges := 0
		for _, e := range h.all() {
			if e.Merge != nil && e.Merge.From == "lid:5" && e.Merge.Into == asha {
				merges++
			}
		}
		if merges != 1 {
			t.Errorf("%d merges", merges)
		}
	})
}

func TestFlowStaysWithTheConversationThatBeganIt(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		old := plain()
		old.FlowYAML = "old"
		old.Version = 2
		fresh := plain()
		fresh.FlowYAML, fresh.Version = "new", 3
		if err := h.e.configure(old); err != nil {
			t.Fatal(err)
		}
		h.says(asha, "ask")
		synctest.Wait()
		if err := h.e.configure(fresh); err != nil {
			t.Fatal(err)
		}
		h.restart()
		h.says(juma, "ask")
		h.says(asha, "answer")
		h.says(asha, "answer")
		synctest.Wait()
		h.expect(asha, "old asks", "old hears", "new hears")
		h.expect(juma, "new asks")
		broken := plain()
		broken.FlowYAML = "broken"
		if err := h.e.configure(broken); flowhq.CodeOf(err) != flowhq.CodeInvalid {
			t.Errorf("a broken flow: %v", err)
		}
		h.says(asha, "answer")
		synctest.Wait()
		h.expect(asha, "old asks", "old hears", "new hears", "new hears")
	})
}

func TestConfigIsKeptForAStartWithoutAppliance(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		c := plain()
		c.Business.Name = "Duka "
		if err := h.e.configure(c); err != nil {
			t.Fatal(err)
		}
		h.restart()
		h.says(asha, "x")
		synctest.Wait()
		h.expect(asha, "Duka re: x")
	})
}

func TestWithoutConfigurationMessagesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{t: t, dir: t.TempDir(), dev: newFake()}
		h.start()
		h.says(asha, "early")
		synctest.Wait()
		h.expect(asha)
		if err := h.e.configure(plain()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		h.expect(asha, "re: early")
		h.stop()
	})
}

func TestCommands(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		c := &commands{engine: h.e, dir: h.dir, link: h.e.configure}
		ctx := t.Context()
		if err := c.Send(ctx, "k1", asha, "hi"); flowhq.CodeOf(err) != flowhq.CodeNotFound {
			t.Errorf("to a stranger: %v", err)
		}
		h.ownerWrites(neema, "the owner wrote first")
		if err := c.Send(ctx, "k1", neema, "hi"); flowhq.CodeOf(err) != flowhq.CodeForbidden {
			t.Errorf("to somebody who did not write: %v", err)
		}
		h.says(asha, "1")
		synctest.Wait()
		for range 2 {
			if err := c.Send(ctx, "k1", asha, " from the desk "); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		h.expect(asha, "re: 1", "from the desk")
		if log := h.messages(); log[len(log)-1] != "OUT admin "+asha+": from the desk" {
			t.Errorf("log %q", log)
		}
		must(t, c.TakeOver(ctx, asha))
		h.says(asha, "2")
		synctest.Wait()
		h.expect(asha, "re: 1", "from the desk")
		must(t, c.Release(ctx, asha))
		h.says(asha, "stop")
		synctest.Wait()
		if err := c.Send(ctx, "k2", asha, "buy!"); flowhq.CodeOf(err) != flowhq.CodeConflict {
			t.Errorf("to one who opted out: %v", err)
		}
		must(t, c.OptIn(ctx, asha))
		h.says(asha, "3")
		synctest.Wait()
		h.expect(asha, "re: 1", "from the desk", "bye", "re: 3")
		if _, err := c.LinkCode(ctx, asha); flowhq.CodeOf(err) != flowhq.CodeConflict {
			t.Errorf("link code: %v", err)
		}
		if err := c.Send(ctx, "", asha, ""); flowhq.CodeOf(err) != flowhq.CodeInvalid {
			t.Errorf("an empty send: %v", err)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
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
		if err := h.give(whatsapp.Incoming{ID: "L", From: whatsapp.Address{PN: asha}, Text: "late"}); !errors.Is(err, errStopping) {
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
		to, text, ok := h.e.sent(h.dev.shown[0].id)
		if !ok || text != "re: 1" || to.LID != "8" {
			t.Errorf("%v %q %v", to, text, ok)
		}
		if _, _, ok := h.e.sent("nothing"); ok {
			t.Error("an unknown id was served")
		}
	})
}

func TestManyChatsEndTheirGoroutines(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		for i := range 100 {
			h.says(fmt.Sprintf("+2557000%05d", i), "x")
		}
		synctest.Wait()
		h.e.mu.Lock()
		defer h.e.mu.Unlock()
		if len(h.e.running) != 0 || len(h.e.parked) != 0 {
			t.Errorf("%d runners, %d parked", len(h.e.running), len(h.e.parked))
		}
	})
}

var _ = journal.HandoffOwner
