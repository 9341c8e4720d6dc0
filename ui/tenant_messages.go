package ui

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

type messageRow struct {
	ID, Day             string // Day: where another day begins
	Out                 bool
	Author, Text, Media string
	At                  time.Time
	Edited, Deleted     bool
	Why                 whyView
}

// whyView is what was decided about a message: in a word on it, and step by step when one asks.
type whyView struct {
	URL     string // where it is fetched anew when it is opened
	Verdict *status
	Remedy  string
	Steps   []traceRow
}

type traceRow struct {
	Step, Detail string
	At           time.Time
}

// messagesView gives a page of a chat, oldest first, as one reads it.
func (h *chatPages) messagesView(c *gin.Context, id, chat string, before flowhq.Cursor) (messagesView, error) {
	q := flowhq.MessageQuery{Limit: messagesShown, Trace: true, Before: before, Chat: chat}
	messages, err := h.chats.Messages(c.Request.Context(), id, q)
	if err != nil {
		return messagesView{}, err
	}
	v := messagesView{Tenant: id, URL: chatURL(id, chat)}
	if len(messages) == messagesShown {
		last := messages[messagesShown-1]
		v.Older = v.URL + "?before=" + place(last.CreatedAt, last.ID)
	}
	v.Newer = v.URL + "?part=newer&after=" + place(time.Unix(0, 0), "-")
	if len(messages) > 0 {
		v.Newer = v.URL + "?part=newer&after=" + place(messages[0].CreatedAt, messages[0].ID)
	}
	if !before.IsZero() {
		v.Newer = "" // somebody reads an old place; nothing is added to it
	}
	v.Rows = h.messageRows(c, v.URL, messages)
	return v, nil
}

// messageRows turns messages, newest first, into rows in the order of reading.
func (h *chatPages) messageRows(c *gin.Context, chatURL string, messages []flowhq.Message) []messageRow {
	l := h.translator(c)
	zone := h.zone(c, c.Param("id"))
	var rows []messageRow
	day := ""
	for _, m := range slices.Backward(messages) {
		row := newMessageRow(l, chatURL, m)
		if d := l.day(m.CreatedAt.In(zone)); d != day {
			row.Day, day = d, d
		}
		rows = append(rows, row)
	}
	return rows
}

func newMessageRow(l translator, chatURL string, m flowhq.Message) messageRow {
	row := messageRow{
		ID: m.ID, Out: m.Direction == flowhq.DirectionOut, Text: m.Text, At: m.CreatedAt,
		Author: l.word("msg.author", string(m.Author)),
		Edited: m.EditedAt != nil || m.Kind == flowhq.KindEdit, Deleted: m.DeletedAt != nil ||
			m.Kind == flowhq.KindDelete,
		Why: newWhyView(l, m),
	}
	row.Why.URL = chatURL + "?part=trace&message=" + place(m.CreatedAt, m.ID)
	if m.Author == "" { // written by the predecessor
		row.Author = l.word("msg.author", map[bool]string{true: "bot", false: "customer"}[row.Out])
	}
	if m.Kind != flowhq.KindText && m.Kind != "" && m.Kind != flowhq.KindEdit && m.Kind != flowhq.KindDelete {
		row.Media = l.word("kind", string(m.Kind))
	}
	return row
}

// olderMessages gives the page before, to be put in front of what is there.
func (h *chatPages) older(c *gin.Context, id, chat string) {
	v, err := h.messagesView(c, id, chat, cursor(c.Query("before")))
	if err != nil {
		h.fail(c, err)
		return
	}
	v.Fresh, v.Newer = true, ""
	h.render(c, http.StatusOK, pageChats, "messages-rows", v)
}

// newerMessages gives what came since, and the place from which to go on asking.
func (h *chatPages) newer(c *gin.Context, id, chat string) {
	after := cursor(c.Query("after"))
	q := flowhq.MessageQuery{Limit: messagesShown, Trace: true, Chat: chat}
	messages, err := h.chats.Messages(c.Request.Context(), id, q)
	if err != nil {
		h.fail(c, err)
		return
	}
	v := messagesView{Tenant: id, URL: chatURL(id, chat), Fresh: true}
	v.Newer = v.URL + "?part=newer&after=" + place(after.At, after.ID)
	if len(messages) > 0 {
		v.Newer = v.URL + "?part=newer&after=" + place(messages[0].CreatedAt, messages[0].ID)
	}
	messages = slices.DeleteFunc(messages, func(m flowhq.Message) bool {
		return m.CreatedAt.Before(after.At) || (m.CreatedAt.Equal(after.At) && m.ID <= after.ID)
	})
	v.Rows = h.messageRows(c, v.URL, messages)
	for i := range v.Rows {
		v.Rows[i].Day = "" // the day stands there already, but for the first after midnight, which a reload shows
	}
	h.render(c, http.StatusOK, pageChats, "messages-rows", v)
}

// messageTrace gives what was decided about one message by now.
func (h *chatPages) trace(c *gin.Context, id, chat string) {
	at := cursor(c.Query("message"))
	q := flowhq.MessageQuery{Limit: 20, Trace: true, Chat: chat,
		Before: flowhq.Cursor{At: at.At.Add(time.Millisecond), ID: at.ID}}
	messages, err := h.chats.Messages(c.Request.Context(), id, q)
	if err != nil {
		h.fail(c, err)
		return
	}
	i := slices.IndexFunc(messages, func(m flowhq.Message) bool { return m.ID == at.ID })
	if i < 0 {
		h.fail(c, flowhq.NotFound("Message"))
		return
	}
	h.render(c, http.StatusOK, pageChats, "why-body", newWhyView(h.translator(c), messages[i]))
}

// newWhyView says in words what became of a message.
func newWhyView(l translator, m flowhq.Message) whyView {
	v := whyView{}
	for _, e := range m.Trace {
		v.Steps = append(v.Steps, traceRow{Step: l.word("trace", e.Step), Detail: l.say(upperFirst(e.Detail)),
			At: e.At})
	}
	key, tone := verdictOf(m)
	if key != "" {
		v.Verdict = &status{Tone: tone, Word: l.word("why", key)}
		if remedy := l.word("remedy", key); remedy != key {
			v.Remedy = remedy
		}
	}
	return v
}

// verdictOf tells what became of a customer's message: the key of its words and their tone, "" where nothing is odd
// about it. A reply that was handed to WhatsApp outweighs what delayed it.
func verdictOf(m flowhq.Message) (key, tone string) {
	last := ""
	for _, e := range m.Trace {
		switch e.Step {
		case flowhq.TraceSent, flowhq.TraceAcknowledged:
			return "", ""
		case flowhq.TraceFailed, flowhq.TraceOptedOut, flowhq.TraceHandedOver, flowhq.TraceTooOld, flowhq.TraceLimited,
			flowhq.TraceSuppressed, flowhq.TraceQueueFull, flowhq.TraceFiltered, flowhq.TraceClosed:
			last = e.Step
		}
	}
	switch last {
	case "":
		return "", ""
	case flowhq.TraceFailed, flowhq.TraceQueueFull:
		return last, "bad"
	case flowhq.TraceLimited:
		return last, "wait"
	default:
		return last, "calm"
	}
}

// upperFirst begins a sentence as one is written.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	r := []rune(s)
	return strings.ToUpper(string(r[0])) + string(r[1:])
}
