package worker

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"flowhq"
	"flowhq/worker/message"
)

// decisions has a way to every decision there is: it gives the message about which it is made.
func decisions() map[string]func(h *house) string {
	answered := func(h *house) string { return h.says(asha, "hi") }
	return map[string]func(h *house) string{
		flowhq.TraceReceived: answered, flowhq.TraceStep: answered, flowhq.TraceReplyID: answered,
		flowhq.TraceSent: answered, flowhq.TraceAcknowledged: answered,
		flowhq.TraceDuplicate: func(h *house) string {
			m := message.Incoming{ID: "SAME", From: message.Person{PN: asha}, Text: "once"}
			h.take(m)
			h.take(m)
			return m.ID
		},
		flowhq.TraceFiltered: func(h *house) string { // an away message of the account
			h.ownerWrites(asha, "We are away until Monday.")
			return h.ownerWrites(juma, "We are away until Monday.")
		},
		flowhq.TraceQueued: func(h *house) string {
			h.dev.phase(flowhq.PhaseReconnecting)
			h.says(asha, "first")
			return h.says(asha, "second")
		},
		flowhq.TraceQueueFull: func(h *house) string {
			h.dev.phase(flowhq.PhaseReconnecting)
			for range maxWaiting {
				h.says(asha, "x")
			}
			return h.says(asha, "one too many")
		},
		flowhq.TraceTooOld: func(h *house) string {
			h.dev.phase(flowhq.PhaseReconnecting)
			id := h.says(asha, "hi")
			time.Sleep(31 * time.Minute)
			h.dev.phase(flowhq.PhaseConnected)
			return id
		},
		flowhq.TraceOptedOut: func(h *house) string {
			h.realFlow(nil)
			h.says(asha, "STOP")
			synctest.Wait()
			return h.says(asha, "hi")
		},
		flowhq.TraceHandedOver: func(h *house) string {
			h.ownerWrites(asha, "I take this one")
			return h.says(asha, "hi")
		},
		flowhq.TraceClosed: func(h *house) string {
			h.realFlow(&flowhq.Hours{})
			return h.says(asha, "hi")
		},
		flowhq.TraceLimited: func(h *house) string {
			h.limits(func(l *flowhq.Limits) { l.RepliesPerMinute = 1 })
			h.says(asha, "hi")
			synctest.Wait()
			return h.says(juma, "hi")
		},
		flowhq.TraceSuppressed: func(h *house) string {
			h.limits(func(l *flowhq.Limits) { l.ContactReplies = 1 })
			h.says(asha, "hi")
			synctest.Wait()
			return h.says(asha, "again")
		},
		flowhq.TraceFailed: func(h *house) string { return h.says(asha, "panic now") },
	}
}

// Every decision is told with the message that it is about, in plain words, and that message is in the log.
func TestEveryDecisionIsTold(t *testing.T) {
	for step, way := range decisions() {
		t.Run(step, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T, h *house) {
				id := way(h)
				synctest.Wait()
				if got := strings.Fields(h.trace(id)); !slices.Contains(got, step) {
					t.Errorf("the decisions are %q", got)
				}
				logged := false
				for _, e := range h.all() {
					logged = logged || e.Message != nil && e.Message.WAMessageID == id
					if e.Trace != nil && e.Trace.WAMessageID == id && e.Trace.Entry.Step == step &&
						(e.Trace.Entry.Detail == "" || e.Trace.Entry.At.IsZero()) {
						t.Errorf("told as %+v", e.Trace.Entry)
					}
				}
				if !logged {
					t.Error("the message is not in the log")
				}
			})
		})
	}
}

// What WhatsApp gives back of the worker's own is no writing of the owner; it may come again, and so may the owner's.
func TestEchoesAreTold(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.says(asha, "hi")
		synctest.Wait()
		reply := ""
		for _, e := range h.all() {
			if e.Message != nil && e.Message.Direction == flowhq.DirectionOut {
				reply = e.Message.WAMessageID
			}
		}
		h.take(
			message.Incoming{ID: reply, FromMe: true, From: h.dev.Self(), To: message.Person{PN: asha}, Text: "re: hi"},
		)
		if got := h.trace(reply); got != flowhq.TraceFiltered {
			t.Errorf("an echo: %q", got)
		}
		own := message.Incoming{
			ID: "OWN", FromMe: true, From: h.dev.Self(), To: message.Person{PN: juma}, Text: "Hello",
		}
		h.take(own)
		h.take(own)
		if got := h.trace(own.ID); got != flowhq.TraceHandedOver+" "+flowhq.TraceDuplicate {
			t.Errorf("the owner's message twice: %q", got)
		}
		h.says(asha, "still the bot?")
		synctest.Wait()
		h.expect(asha, "re: hi", "re: still the bot?")
	})
}

// realFlow lets the house talk as a real template does.
func (h *house) realFlow(hours *flowhq.Hours) {
	h.t.Helper()
	h.e.flows.loader = botLoader{}
	c := plain()
	c.Business.Name, c.Business.Template, c.Business.Settings.Hours = "Neema Salon", flowhq.TemplateBooking, hours
	must(h.t, h.e.configure(c))
}

func (h *house) limits(change func(*flowhq.Limits)) {
	h.t.Helper()
	c := plain()
	change(&c.Limits)
	must(h.t, h.e.configure(c))
}
