package storage_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"flowhq"
	"flowhq/storage"
)

// after gives the moment of the n-th event.
func after(n int64) time.Time { return noon.Add(time.Duration(n) * time.Second) }

// text is a customer's message.
func text(seq int64, chat, id string) flowhq.WorkerEvent {
	return message(seq, flowhq.MessageEvent{
		WAMessageID: id, Chat: chat, Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer,
		Kind: flowhq.KindText, From: chat, To: "+255700000001",
		Text: "text " + id, SentAt: after(seq).Add(-time.Second),
	})
}

// reply is the bot's.
func reply(seq int64, chat, id string) flowhq.WorkerEvent {
	return message(seq, flowhq.MessageEvent{
		WAMessageID: id, Chat: chat, Direction: flowhq.DirectionOut, Author: flowhq.AuthorBot, Kind: flowhq.KindText,
		From: "+255700000001", To: chat, Text: "reply " + id,
	})
}

func message(seq int64, m flowhq.MessageEvent) flowhq.WorkerEvent {
	return flowhq.WorkerEvent{Seq: seq, At: after(seq), Kind: flowhq.EventMessage, Message: &m}
}

func trace(seq int64, id, step string) flowhq.WorkerEvent {
	return flowhq.WorkerEvent{Seq: seq, At: after(seq), Kind: flowhq.EventTrace, Trace: &flowhq.TraceEvent{
		WAMessageID: id, Chat: "+255711", Entry: flowhq.TraceEntry{At: after(seq), Step: step, Detail: "because"},
	}}
}

func request(seq int64, id, chat string) flowhq.WorkerEvent {
	return flowhq.WorkerEvent{Seq: seq, At: after(seq), Kind: flowhq.EventRequest, Request: &flowhq.RequestEvent{
		ID: id, Chat: chat, Type: flowhq.RequestBooking, Status: flowhq.RequestNew,
		Fields: flowhq.RequestFields{Service: "Kusuka", Date: "2026-03-02"},
	}}
}

func merge(seq int64, from, into string) flowhq.WorkerEvent {
	return flowhq.WorkerEvent{Seq: seq, At: after(seq), Kind: flowhq.EventMerge,
		Merge: &flowhq.IdentityMerge{From: from, Into: into}}
}

func note(seq int64, detail string) flowhq.WorkerEvent {
	return flowhq.WorkerEvent{Seq: seq, At: after(seq), Kind: flowhq.EventNote,
		Note: &flowhq.TenantEventNote{Type: "NOTE", Detail: detail, Payload: json.RawMessage(`{"a":1}`)}}
}

func chatState(seq int64, e flowhq.ChatEvent) flowhq.WorkerEvent {
	return flowhq.WorkerEvent{Seq: seq, At: after(seq), Kind: flowhq.EventChat, Chat: &e}
}

func idsOf(messages []flowhq.Message) []string {
	return each(messages, func(m flowhq.Message) string { return m.WAMessageID })
}

func TestMessageLog(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id, other := h.tenant(t, "Asha", "+255700000001").ID, h.tenant(t, "Juma", "+255700000002").ID
		in := text(1, "+255711", "A")
		in.Message.Name = "Neema"
		in.Message.Text = "Habari \x00 \xff 😀"
		h.apply(t, id, "j", in, trace(2, "A", flowhq.TraceReceived), trace(3, "A", flowhq.TraceSent),
			reply(4, "+255711", "B"), text(5, "lid:77", "C"))
		h.apply(t, other, "j", text(1, "+255711", "A"))

		log := must(h.Messages(h.ctx, id, flowhq.MessageQuery{Trace: true}))(t)
		sameList(t, "log", idsOf(log), "C", "B", "A")
		m := log[2]
		equal(t, "text", m.Text, "Habari  \uFFFD 😀")
		equal(t, "direction", m.Direction, flowhq.DirectionIn)
		equal(t, "from", m.FromNumber, "+255711")
		equal(t, "to", m.ToNumber, "+255700000001")
		equal(t, "author", m.Author, flowhq.AuthorCustomer)
		equal(t, "kind", m.Kind, flowhq.KindText)
		equal(t, "created", m.CreatedAt, after(1))
		equal(t, "sent", *m.SentAt, after(0))
		sameList(t, "trace", m.Trace, flowhq.TraceEntry{At: after(2), Step: flowhq.TraceReceived, Detail: "because"},
			flowhq.TraceEntry{At: after(3), Step: flowhq.TraceSent, Detail: "because"})
		equal(t, "trace of the reply", len(log[1].Trace), 0)
		equal(t, "sent of the reply, unknown", log[1].SentAt, nil)

		log = must(h.Messages(h.ctx, id, flowhq.MessageQuery{Chat: "+255711", Trace: true}))(t)
		equal(t, "trace in the chat's log", len(log[1].Trace), 2)
		log = must(h.Messages(h.ctx, id, flowhq.MessageQuery{Chat: "+255711", Limit: 1}))(t)
		sameList(t, "of one chat", idsOf(log), "B")
		equal(t, "trace that was not asked for", log[0].Trace == nil, true)
		sameList(t, "of the other tenant", idsOf(must(h.Messages(h.ctx, other, flowhq.MessageQuery{}))(t)), "A")

		c := must(h.Customers(h.ctx, id, flowhq.CustomerQuery{}))(t)
		sameList(t, "customers", each(c, func(c flowhq.Customer) string {
			return c.Chat + "/" + c.Number + "/" + c.Name
		}), "lid:77//", "+255711/+255711/Neema")
		equal(t, "customers of the other tenant", len(must(h.Customers(h.ctx, other, flowhq.CustomerQuery{}))(t)), 1)
	})
}

func TestMessagesPageByPage(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		const n = 450 // more than one statement takes
		var events []flowhq.WorkerEvent
		var want []string
		for i := range int64(n) {
			e := text(i+1, fmt.Sprintf("+2557%d", i%3), fmt.Sprint("M", i))
			e.At = noon.Add(time.Duration(i/10) * time.Millisecond) // ten of one moment
			events = append(events, e)
			want = append([]string{e.Message.WAMessageID}, want...)
		}
		h.apply(t, id, "j", events...)
		var got []string
		q := flowhq.MessageQuery{Limit: 64}
		for {
			page := must(h.Messages(h.ctx, id, q))(t)
			if len(page) == 0 {
				break
			}
			got = append(got, idsOf(page)...)
			last := page[len(page)-1]
			q.Before = flowhq.Cursor{At: last.CreatedAt, ID: last.ID}
		}
		sameList(t, "log", got, want...)
		equal(t, "default length", len(must(h.Messages(h.ctx, id, flowhq.MessageQuery{}))(t)), flowhq.DefaultLimit)
		equal(t, "longest", len(must(h.Messages(h.ctx, id, flowhq.MessageQuery{Limit: 100_000}))(t)), n)
		equal(t, "one chat", len(must(h.Messages(h.ctx, id, flowhq.MessageQuery{Chat: "+25571", Limit: 1000}))(t)), n/3)
	})
}

func TestEventsAreAppliedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		equal(t, "mark of an unknown journal", must(h.Acked(h.ctx, id, "j"))(t), 0)
		batch := []flowhq.WorkerEvent{text(1, "+1", "A"), trace(2, "A", "received"), reply(5, "+1", "B"),
			request(6, "r1", "+1"), note(7, "x")}
		h.apply(t, id, "j", batch...)
		h.apply(t, id, "j", batch...)
		acked, err := h.ApplyEvents(h.ctx, id, "j", batch[:2])
		noError(t, err)
		equal(t, "mark after old events", acked, 7)
		acked, err = h.ApplyEvents(h.ctx, id, "j", nil)
		noError(t, err)
		equal(t, "mark after no events", acked, 7)
		equal(t, "mark", must(h.Acked(h.ctx, id, "j"))(t), 7)
		equal(t, "mark of another journal", must(h.Acked(h.ctx, id, "k"))(t), 0)

		// The same told by a journal that was restored and has a new name.
		h.apply(t, id, "restored", batch...)
		want := map[string]int{"message_logs": 2, "message_traces": 1, "customer_requests": 1, "customers": 1}
		for table, n := range want {
			equal(t, "rows in "+table, h.count(t, "SELECT count(*) FROM "+table), n)
		}
		equal(t, "notes", h.count(t, "SELECT count(*) FROM tenant_events WHERE event_type = 'NOTE'"), 1)
		equal(t, "events left out", h.count(t, "SELECT count(*) FROM tenant_events WHERE event_type = 'WORKER'"), 0)
		// The same decisions, in other batches.
		h.apply(t, id, "restored again", trace(1, "A", "queued"), trace(2, "A", "received"))
		log := must(h.Messages(h.ctx, id, flowhq.MessageQuery{Trace: true}))(t)
		sameList(t, "trace", each(log[1].Trace, func(e flowhq.TraceEntry) string {
			return e.Step
		}), "queued", "received")
	})
}

func TestEventsApplyConcurrently(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		const writers, size = 6, 20
		var events []flowhq.WorkerEvent
		for seq := int64(1); seq <= size; seq += 2 {
			// Every second message has no id that would tell it from its repetition.
			events = append(events, text(seq, fmt.Sprintf("+25%d", seq%7), fmt.Sprint("M", seq)),
				text(seq+1, "+25", ""))
		}
		for round := range 5 {
			h.meetAtStart(writers)
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					// Three writers tell the same, in two journals.
					acked, err := h.ApplyEvents(h.ctx, id, fmt.Sprint("round", round, "journal", w%2), events)
					if err != nil || acked != size {
						t.Errorf("acknowledged %d: %v", acked, err)
					}
				})
			}
			wg.Wait()
		}
		h.clock.meet = nil
		equal(t, "messages with an id", h.count(t, "SELECT count(*) FROM message_logs WHERE wa_message_id IS NOT NULL"),
			size/2)
		equal(t, "messages without one", h.count(t, "SELECT count(*) FROM message_logs WHERE wa_message_id IS NULL"),
			5*2*size/2)
		equal(t, "mark", must(h.Acked(h.ctx, id, "round4journal1"))(t), size)
	})
}

func TestSameIDInAnotherChat(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		h.apply(t, id, "j", text(1, "+1", "A"), text(2, "+2", "A"), text(3, "+1", "A"), reply(4, "+1", "A"),
			text(5, "+1", ""), text(6, "+1", ""))
		equal(t, "messages", len(must(h.Messages(h.ctx, id, flowhq.MessageQuery{}))(t)), 5)
	})
}

func TestEditsAndDeletions(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		edit, del, react := text(3, "+1", "C"), text(4, "+1", "D"), text(5, "+1", "E")
		edit.Message.Kind, edit.Message.Target = flowhq.KindEdit, "A"
		del.Message.Kind, del.Message.Target = flowhq.KindDelete, "B"
		react.Message.Kind, react.Message.Target = flowhq.KindReaction, "A"
		h.apply(t, id, "j", text(1, "+1", "A"), text(2, "+1", "B"), edit, del, react)
		log := must(h.Messages(h.ctx, id, flowhq.MessageQuery{}))(t)
		sameList(t, "log", idsOf(log), "E", "D", "C", "B", "A")
		equal(t, "edited", *log[4].EditedAt, after(3))
		equal(t, "text as it was", log[4].Text, "text A")
		equal(t, "deleted", *log[3].DeletedAt, after(4))
		equal(t, "not edited", log[3].EditedAt, nil)
		equal(t, "target", log[2].Target, "A")
	})
}

func TestChatEvents(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		customer := func() flowhq.Customer {
			t.Helper()
			c := must(h.Customers(h.ctx, id, flowhq.CustomerQuery{}))(t)
			if len(c) != 1 {
				t.Fatalf("%d customers", len(c))
			}
			return c[0]
		}
		ends := after(100)
		h.apply(t, id, "j", text(1, "+1", "A"), chatState(2, flowhq.ChatEvent{
			Chat: "+1", Name: "Neema", Language: flowhq.Swahili, HandedOver: true, HandoffCause: "owner",
			HandoffEnds: &ends,
		}))
		c := customer()
		equal(t, "name", c.Name, "Neema")
		equal(t, "language", c.Language, flowhq.Swahili)
		equal(t, "handed over", *c.HandedOver, after(2))
		equal(t, "ends", *c.HandoffEnds, ends)
		h.apply(t, id, "j", chatState(3, flowhq.ChatEvent{Chat: "+1", HandedOver: true, OptedOut: true}))
		c = customer()
		equal(t, "handed over, since when", *c.HandedOver, after(2))
		equal(t, "opted out", *c.OptedOutAt, after(3))
		equal(t, "name stays", c.Name, "Neema")
		h.apply(t, id, "j", chatState(4, flowhq.ChatEvent{Chat: "+1"}))
		c = customer()
		equal(t, "handed over", c.HandedOver, nil)
		equal(t, "opted out", c.OptedOutAt, nil)
		equal(t, "ends", c.HandoffEnds, nil)
		equal(t, "last seen, which is when he wrote", c.LastSeenAt, after(1))
	})
}

func TestMerge(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id, other := h.tenant(t, "Asha", "").ID, h.tenant(t, "Juma", "").ID
		h.apply(t, other, "j", text(1, "lid:7", "A"))
		named := text(2, "lid:7", "B")
		named.Message.Name = "Neema"
		h.apply(t, id, "j",
			text(1, "lid:7", "A"), named, request(3, "r1", "lid:7"),
			chatState(4, flowhq.ChatEvent{Chat: "lid:7", OptedOut: true}),
			text(5, "+255711", "C"), text(6, "+255711", "A"), // A came under both
			merge(7, "lid:7", "+255711"), text(8, "lid:7", "D"), merge(9, "lid:7", "+255711"),
			merge(10, "lid:7", "lid:7"), merge(11, "", "+1"))
		log := must(h.Messages(h.ctx, id, flowhq.MessageQuery{Chat: "+255711"}))(t)
		sameList(t, "the customer's messages", idsOf(log), "D", "A", "C", "B")
		equal(t, "messages under the old key", len(must(h.Messages(h.ctx, id, flowhq.MessageQuery{Chat: "lid:7"}))(t)),
			0)
		c := must(h.Customers(h.ctx, id, flowhq.CustomerQuery{}))(t)
		equal(t, "customers", len(c), 1)
		equal(t, "chat", c[0].Chat, "+255711")
		equal(t, "name", c[0].Name, "Neema")
		equal(t, "opted out", *c[0].OptedOutAt, after(4))
		equal(t, "first seen", c[0].FirstSeenAt, after(1))
		equal(t, "last seen", c[0].LastSeenAt, after(8))
		r := must(h.Requests(h.ctx, id, flowhq.RequestQuery{}))(t)
		equal(t, "request's chat", r[0].Chat, "+255711")
		equal(t, "request's customer", r[0].CustomerID, c[0].ID)
		equal(t, "records of the merge", h.count(t, "SELECT count(*) FROM tenant_events WHERE event_type = 'MERGE'"), 1)
		sameList(t, "the other tenant's", idsOf(must(h.Messages(h.ctx, other, flowhq.MessageQuery{Chat: "lid:7"}))(t)),
			"A")
	})
}

func TestMergeIntoOneNobodyKnows(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		h.apply(t, id, "j", text(1, "lid:7", "A"), request(2, "r1", "lid:7"), merge(3, "lid:8", "lid:7"),
			merge(4, "lid:7", "+255711"), text(5, "lid:8", "B"))
		c := must(h.Customers(h.ctx, id, flowhq.CustomerQuery{}))(t)
		equal(t, "customers", len(c), 1)
		equal(t, "number", c[0].Number, "+255711")
		sameList(t, "messages", idsOf(must(h.Messages(h.ctx, id, flowhq.MessageQuery{Chat: "+255711"}))(t)), "B", "A")
		equal(t, "request's chat", must(h.Requests(h.ctx, id, flowhq.RequestQuery{Chat: "+255711"}))(t)[0].ID, "r1")
	})
}

// An event that cannot be stored does not stop those after it. It is logged, counted and on the time line: one of an
// unknown kind, one without what its kind says, and one with more than an index of PostgreSQL takes.
func TestOddEvents(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		undated := text(3, "+1", "B")
		undated.At, undated.Message.SentAt = time.Time{}, time.Date(-5000, 1, 1, 0, 0, 0, 0, time.UTC)
		strange := text(4, "", "C")
		strange.Message.Direction, strange.Message.Kind, strange.Message.Author = "SIDEWAYS", "", "ghost"
		noID := request(7, "", "+1")
		var endless string // more than an index of PostgreSQL takes
		for range 400 {
			endless += rand.Text()
		}
		h.apply(t, id, "j",
			flowhq.WorkerEvent{Seq: 1, Kind: flowhq.EventMessage}, flowhq.WorkerEvent{Seq: 2, Kind: "unheard-of"},
			undated, strange,
			text(5, "+1", endless), flowhq.WorkerEvent{Seq: 6, Kind: flowhq.EventNote,
				Note: &flowhq.TenantEventNote{Payload: json.RawMessage(`{`)}},
			noID, reply(8, "+1", "D"))
		log := must(h.Messages(h.ctx, id, flowhq.MessageQuery{}))(t)
		want, leftOut := []string{"C", "B", "D", endless}, 2
		if h.Engine() == storage.PostgreSQL {
			want, leftOut = want[:3], 3
		}
		got := idsOf(log)
		slices.Sort(got)
		slices.Sort(want)
		sameList(t, "log", got, want...)
		equal(t, "events left out", int(h.LeftOut()), leftOut)
		equal(t, "entries on the time line", h.count(t,
			"SELECT count(*) FROM tenant_events WHERE event_type = 'WORKER'"), leftOut)
		equal(t, "mark", must(h.Acked(h.ctx, id, "j"))(t), 8)
	})
}

// Request ids are the worker's choice: one that belongs to another tenant must not be changed.
func TestRequestOfAnotherTenant(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id, other := h.tenant(t, "Asha", "").ID, h.tenant(t, "Juma", "").ID
		h.apply(t, id, "j", request(1, "r1", "+1"))
		stolen := request(2, "r1", "+1")
		stolen.Request.Status = flowhq.RequestCancelled
		h.apply(t, other, "j", stolen)
		equal(t, "status", must(h.Requests(h.ctx, id, flowhq.RequestQuery{}))(t)[0].Status, flowhq.RequestNew)
		equal(t, "requests of the other", len(must(h.Requests(h.ctx, other, flowhq.RequestQuery{}))(t)), 0)
	})
}
