package worker

import (
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"flowhq"
	"flowhq/worker/message"
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

func TestDuplicates(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		m := message.Incoming{ID: "SAME", From: message.Person{PN: asha}, Text: "once"}
		h.take(m)
		h.take(m)
		synctest.Wait()
		h.restart()
		h.take(m)
		m.From = message.Person{PN: asha, LID: "123"}
		h.take(m)
		m.From = message.Person{LID: "123"}
		h.take(m)
		synctest.Wait()
		h.expect(asha, "re: once")
		if got := h.trace("SAME"); strings.Count(got, "duplicate") != 4 || strings.Count(got, "received") != 1 {
			t.Errorf("trace: %s", got)
		}
		m.From = message.Person{PN: juma} // ids are the senders' own: another person may use the same
		h.take(m)
		synctest.Wait()
		h.expect(juma, "re: once")
	})
}

func TestARemarkIsMadeOnce(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		for _, remark := range []string{"cannot do this", "cannot do this", "", "cannot do that"} {
			h.e.noteOnce("kernel", remark)
			h.restart()
		}
		if got := strings.Join(h.notes(), "; "); got != "cannot do this; cannot do that" {
			t.Errorf("said: %s", got)
		}
	})
}

func TestOnlyDirectChats(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		places := []message.Place{
			message.PlaceGroup, message.PlaceStatus, message.PlaceBroadcast, message.PlaceNewsletter,
		}
		for i, k := range places {
			h.take(message.Incoming{ID: fmt.Sprint(i), Place: k, From: message.Person{PN: asha}, Text: "x"})
		}
		synctest.Wait()
		want := map[flowhq.IgnoredSource]int64{"group": 1, "status": 1, "broadcast": 1, "newsletter": 1}
		if n := len(h.all()); n != 0 || !maps.Equal(h.e.ignored.counts(), want) {
			t.Errorf("%d events, left out: %v", n, h.e.ignored.counts())
		}
		h.expect(asha)
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
		h.take(
			message.Incoming{
				ID: "A", From: message.Person{PN: asha}, Text: "live", SentAt: time.Now().Add(-5 * time.Hour),
			},
		)
		synctest.Wait()
		h.expect(asha, "re: live")
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
		h.e.addressesJoined(message.Person{PN: "+1555", LID: "777"}) // nobody known
		h.e.addressesJoined(message.Person{PN: asha, LID: "123"})
		h.e.addressesJoined(message.Person{PN: asha, LID: "123"})
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
		h.take(message.Incoming{ID: "X", From: message.Person{PN: asha, LID: "5"}, Text: "answer"})
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
