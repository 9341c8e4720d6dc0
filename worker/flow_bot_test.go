package worker

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"flowhq"
	"flowhq/worker/bot"
	"flowhq/worker/journal"
	"flowhq/worker/message"
)

// asked lets a customer of a real template's flow say something, and gives what follows.
func asked(t *testing.T, c *journal.Chat, text string) outcome {
	t.Helper()
	f, err := botLoader{}.load(3, journal.Flow{Template: flowhq.TemplateBooking, Language: flowhq.Swahili})
	must(t, err)
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	out, err := f.step(flowhq.Business{Name: "Salon", Settings: flowhq.Settings{}.Normalize()}, c,
		&message.Incoming{ID: "A", Kind: flowhq.KindText, Text: text, SentAt: now, ReceivedAt: now}, now)
	must(t, err)
	return out
}

func TestRealFlowAnswersAndRemembers(t *testing.T) {
	c := &journal.Chat{}
	out := asked(t, c, "Habari")
	if len(out.replies) == 0 || !out.resting || len(out.traces) == 0 {
		t.Errorf("a greeting: %+v", out)
	}
	out = asked(t, c, "naomba miadi")
	if len(out.replies) == 0 || out.resting {
		t.Errorf("a wish to book is the beginning of something: %+v", out)
	}
	c.State = []byte("not a state")
	if out = asked(t, c, "Habari"); len(out.replies) == 0 {
		t.Errorf("after a state that cannot be read: %+v", out)
	}
}

func TestRealFlowHearsStop(t *testing.T) {
	c := &journal.Chat{}
	out := asked(t, c, "STOP")
	if !out.optOut || out.optIn {
		t.Errorf("STOP: %+v", out)
	}
	c.State, c.OptedOut = out.state, true
	if out = asked(t, c, "Habari"); len(out.replies) != 0 {
		t.Errorf("who opted out is answered: %+v", out)
	}
	c.OptedOut = false // an admin opted the customer in: the conversation's own memory must not overrule it
	if out = asked(t, c, "Habari"); len(out.replies) == 0 {
		t.Errorf("who was opted in is not answered: %+v", out)
	}
}

func TestBrokenYAMLIsRefused(t *testing.T) {
	if _, err := (botLoader{}).load(1, journal.Flow{YAML: "flow: what"}); err == nil {
		t.Error("a broken flow was loaded")
	}
}

func TestActionsBecomeWhatFollows(t *testing.T) {
	var o outcome
	for _, a := range []bot.Action{
		{Kind: bot.ActionReply, Text: "hi", Asks: "date_or_time", Step: "booking/date"},
		{Kind: bot.ActionRecord, Request: &flowhq.RequestEvent{Type: flowhq.RequestBooking}},
		{Kind: bot.ActionHandoff, Reason: bot.HandoverAsked, Cause: "the customer asked for a person"},
		{Kind: bot.ActionNotifyOwner, Text: "call"},
		{Kind: bot.ActionTrace, Step: flowhq.TraceClosed, Cause: "closed"},
	} {
		o.take(a)
	}
	if len(o.replies) != 1 || len(o.requests) != 1 || o.handoff != journal.HandoffCustomer || len(o.notices) != 1 {
		t.Errorf("%+v", o)
	}
	if o.traces[0].detail != "Answered: at booking/date, asks for date or time." ||
		o.traces[len(o.traces)-1].step != flowhq.TraceClosed {
		t.Errorf("traces %+v", o.traces)
	}
}

func TestRealFlowThroughTheEngine(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		h.e.flows.loader = botLoader{}
		c := plain()
		c.Business.Name = "Neema Salon"
		c.Business.Template, c.Business.Language = flowhq.TemplateBooking, flowhq.Swahili
		must(t, h.e.configure(c))
		h.says(asha, "Habari")
		synctest.Wait()
		if got := h.dev.to(asha); len(got) != 1 || !strings.Contains(got[0], "Neema Salon") {
			t.Errorf("asha sees %q", got)
		}
	})
}

// TestOutcome_take checks whom the chat in the journal names as the one who asked for a human: a business may name its
// own intents as it likes.
func TestOutcome_take(t *testing.T) {
	care := bot.DefaultYAML(flowhq.TemplateBooking, flowhq.English)
	care = strings.Replace(
		care, "intents:\n", "intents:\n  customer_care:\n    words: [warranty]\n    handoff: true\n", 1,
	)
	for text, want := range map[string]string{
		"warranty":                   journal.HandoffFlow,
		"I want to talk to a person": journal.HandoffCustomer,
	} {
		t.Run("handover/"+text, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T, h *house) {
				h.e.flows.loader = botLoader{}
				c := plain()
				c.Revision, c.Version, c.FlowYAML = 2, 2, care
				must(t, h.e.configure(c))
				h.says("+255700000001", text)
				synctest.Wait()
				must(t, h.j.Read(func(tx *journal.Tx) error {
					chat, err := tx.Chat(1)
					if err == nil && chat.HandoffCause != want {
						t.Errorf("%q is stored as asked for by %q, want %q", text, chat.HandoffCause, want)
					}
					return err
				}))
			})
		})
	}
}
