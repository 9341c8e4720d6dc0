package worker

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/message"
)

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

func TestOwnerGivesTheChatBack(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.says(asha, "1")
		synctest.Wait()
		h.ownerWrites(asha, "I take this one")
		h.says(asha, "2")
		synctest.Wait()
		h.ownerWrites(asha, " #Bot ")
		h.ownerWrites(juma, "#bot") // also where nobody had it
		h.says(asha, "3")
		h.says(juma, "a")
		synctest.Wait()
		h.expect(asha, "re: 1", "re: 3")
		h.expect(juma, "re: a")
	})
}

func TestOwnSendsAreNoOwner(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.says(asha, "1")
		synctest.Wait()
		id := h.dev.shown[0].id
		h.take(message.Incoming{ID: id, FromMe: true, To: message.Person{PN: asha}, Text: "re: 1"})
		h.take(
			message.Incoming{ID: "N", Place: message.PlaceSelf, FromMe: true, To: h.dev.Self(), Text: "note to myself"},
		)
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

func TestTooOldIsToldToTheOwner(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		now := time.Now()
		late := func(id, who, text string, age time.Duration) {
			h.take(
				message.Incoming{
					ID: id, From: addressFrom(who), Name: "N-" + id, Text: text, SentAt: now.Add(-age), Late: true,
				},
			)
		}
		late("A", asha, "an hour ago", time.Hour)
		late("B", juma, "two hours ago", 2*time.Hour)
		late("C", juma, "just now", 5*time.Minute)
		synctest.Wait()
		h.expect(asha)
		h.expect(juma, "re: just now")
		h.expectTrace("A", "received too_old")
		time.Sleep(h.e.missedDelay)
		synctest.Wait()
		got := h.dev.to("+255700000000")
		if len(got) != 1 || !strings.Contains(got[0], "N-A "+asha+": an hour ago") ||
			!strings.Contains(got[0], "two hours ago") ||
			strings.Contains(got[0], "just now") ||
			strings.Index(got[0], "two hours") > strings.Index(got[0], "an hour") {
			t.Errorf("the owner got %q", got)
		}
		c := plain()
		c.Business.Settings.OwnerNumber = "+255711111111"
		if err := h.e.configure(c); err != nil {
			t.Fatal(err)
		}
		late("D", asha, "again", time.Hour)
		time.Sleep(h.e.missedDelay)
		synctest.Wait()
		if got := h.dev.to("+255711111111"); len(got) != 1 || strings.Contains(got[0], "two hours") {
			t.Errorf("the owner's number got %q", got)
		}
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

func TestHandoffAndRequests(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.says(asha, "order tea")
		h.says(asha, "human please")
		h.says(asha, "anyone?")
		synctest.Wait()
		h.expect(asha, "ordered", "wait for a human")
		h.expect("+255700000000", "new order\n📞 +255700000001", "call \n📞 +255700000001")
		var requests []*flowhq.RequestEvent
		for _, e := range h.all() {
			if e.Request != nil {
				requests = append(requests, e.Request)
			}
		}
		if len(requests) != 1 || requests[0].Chat != asha || len(requests[0].ID) != 36 ||
			requests[0].Status != flowhq.RequestNew {
			t.Errorf("requests %+v", requests)
		}
	})
}

func TestCommands(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		c := &commands{engine: h.e, dir: h.dir, link: h.e.configure, acked: func(context.Context, int64) {}}
		ctx := t.Context()
		if err := c.Send(ctx, "k1", asha, "hi", false); flowhq.CodeOf(err) != flowhq.CodeNotFound {
			t.Errorf("to a stranger: %v", err)
		}
		h.ownerWrites(neema, "the owner wrote first")
		if err := c.Send(ctx, "k1", neema, "hi", false); flowhq.CodeOf(err) != flowhq.CodeForbidden {
			t.Errorf("to somebody who did not write: %v", err)
		}
		must(t, c.Send(ctx, "k0", neema, "allowed once", true))
		must(t, c.Send(ctx, "k0b", juma, "to a stranger, allowed", true))
		synctest.Wait()
		h.expect(neema, "allowed once")
		h.expect(juma, "to a stranger, allowed")
		if err := c.Send(ctx, "k1", juma, "hi", false); flowhq.CodeOf(err) != flowhq.CodeForbidden {
			t.Errorf("leave that was given once counts for ever: %v", err)
		}
		h.says(asha, "1")
		synctest.Wait()
		for range 2 {
			if err := c.Send(ctx, "k1", asha, " from the desk ", false); err != nil {
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
		if err := c.Send(ctx, "k2", asha, "buy!", false); flowhq.CodeOf(err) != flowhq.CodeConflict {
			t.Errorf("to one who opted out: %v", err)
		}
		must(t, c.OptIn(ctx, asha))
		h.says(asha, "3")
		synctest.Wait()
		h.expect(asha, "re: 1", "from the desk", "bye", "re: 3")
		if _, err := c.LinkCode(ctx, asha); flowhq.CodeOf(err) != flowhq.CodeConflict {
			t.Errorf("link code: %v", err)
		}
		if err := c.Send(ctx, "", asha, "", false); flowhq.CodeOf(err) != flowhq.CodeInvalid {
			t.Errorf("an empty send: %v", err)
		}
	})
}

// Whatever puts a reply into the queue of somebody who never wrote: it does not leave.
func TestNobodyIsWrittenToFirst(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.ownerWrites(neema, "the owner wrote first")
		must(t, h.e.write(func(tx *journal.Tx) error {
			c, err := tx.ChatByKey(neema)
			if err == nil {
				_, err = tx.EnqueueOutgoing(
					journal.Outgoing{
						ID: "UNASKED", ChatID: c.ID, Text: "buy!", Author: flowhq.AuthorBot, Cause: journal.CauseReply,
						CreatedAt: time.Now(),
					},
				)
			}
			return err
		}))
		must(t, h.e.resume())
		synctest.Wait()
		h.expect(neema)
		if got := h.trace("UNASKED"); got != "failed" {
			t.Errorf("trace %q", got)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
