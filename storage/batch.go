package storage

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"flowhq"
	"flowhq/storage/internal/db"
)

// batch gathers what the events of one transaction do, so that it is written with few statements. What may be reordered
// without anybody seeing it (rows of different tables) is; an event that needs what came before it flushes first.
type batch struct {
	t         *tx
	tenantID  string
	customers map[string]*sighting
	messages  [][]any
	marks     []mark
	traces    map[string]*traced // by message
	chats     []dated[*flowhq.ChatEvent]
	requests  []dated[*flowhq.RequestEvent]
	notes     [][]any
	merged    map[string]string       // "lid:…" chats and what they are known as now
	known     map[string]*db.Customer // rows of customers as they are now, by chat; nil: there is none
	tally     tally
}

// dated is an event with its time.
type dated[E any] struct {
	when  db.Time
	event E
}

// sighting is what a batch saw of one customer.
type sighting struct {
	name        string
	first, last db.Time
}

// traced are the decisions about one message that came in one batch; they are one row.
type traced struct {
	chat    string
	entries []flowhq.TraceEntry
}

// mark says that a message was edited or deleted afterwards.
type mark struct {
	kind         flowhq.MessageKind
	chat, target string
	when         db.Time
}

func newBatch(t *tx, tenantID string) *batch {
	return &batch{t: t, tenantID: tenantID, customers: map[string]*sighting{}, traces: map[string]*traced{}, merged: map[string]string{}, known: map[string]*db.Customer{}, tally: newTally()}
}

// add takes an event in. An event of a kind that this program does not know, or without the field that its kind names, is an
// error.
func (b *batch) add(e flowhq.WorkerEvent) error {
	when := b.moment(e.At)
	switch {
	case e.Kind == flowhq.EventMessage && e.Message != nil:
		return b.addMessage(*e.Message, when)
	case e.Kind == flowhq.EventTrace && e.Trace != nil:
		return b.addTrace(*e.Trace, when)
	case e.Kind == flowhq.EventChat && e.Chat != nil:
		return b.addChat(*e.Chat, when)
	case e.Kind == flowhq.EventRequest && e.Request != nil:
		return b.addRequest(*e.Request, when)
	case e.Kind == flowhq.EventMerge && e.Merge != nil:
		if err := b.flush(); err != nil {
			return err
		}
		return b.merge(*e.Merge, when)
	case e.Kind == flowhq.EventNote && e.Note != nil:
		n := e.Note
		id := stableID(when, b.tenantID, n.Type, n.Detail, string(n.Payload))
		b.notes = append(b.notes, []any{id, b.tenantID, n.Type, n.Detail, db.JSON(n.Payload), when})
		return nil
	default:
		return fmt.Errorf("%w: %q", errEventKind, e.Kind)
	}
}

// errEventKind is the error of an event that cannot be understood: a newer worker may know more kinds than this program.
var errEventKind = errors.New("an event of an unknown kind, or without what its kind says")

func (b *batch) addChat(e flowhq.ChatEvent, when db.Time) (err error) {
	if e.Chat, err = b.chat(e.Chat); err != nil {
		return err
	}
	b.chats = append(b.chats, dated[*flowhq.ChatEvent]{when, &e})
	return nil
}

func (b *batch) addRequest(e flowhq.RequestEvent, when db.Time) (err error) {
	if e.Chat, err = b.chat(e.Chat); err != nil {
		return err
	}
	b.see(e.Chat, "", when)
	b.requests = append(b.requests, dated[*flowhq.RequestEvent]{when, &e})
	return nil
}

func (b *batch) addMessage(m flowhq.MessageEvent, when db.Time) error {
	chat, err := b.chat(m.Chat)
	if err != nil {
		return err
	}
	if m.Direction != flowhq.DirectionIn && m.Direction != flowhq.DirectionOut {
		m.Direction = flowhq.DirectionOut
		if m.Author == flowhq.AuthorCustomer {
			m.Direction = flowhq.DirectionIn
		}
	}
	if m.Kind == "" {
		m.Kind = flowhq.KindText
	}
	if m.Direction == flowhq.DirectionIn && chat != "" {
		b.see(chat, m.Name, when)
	}
	var sent db.Time
	if !m.SentAt.IsZero() {
		sent = b.moment(m.SentAt)
	}
	b.messages = append(b.messages, []any{
		newID(), b.tenantID, string(m.Direction), m.From, m.To, m.Text, db.Text(m.WAMessageID), when, chat, string(m.Author), string(m.Kind),
		db.Text(m.Target), sent,
	})
	b.tally.count(chat, m, when.Time)
	if m.Target != "" && (m.Kind == flowhq.KindEdit || m.Kind == flowhq.KindDelete) {
		b.marks = append(b.marks, mark{m.Kind, chat, m.Target, when})
	}
	return nil
}

func (b *batch) addTrace(e flowhq.TraceEvent, when db.Time) error {
	chat, err := b.chat(e.Chat)
	if err != nil {
		return err
	}
	e.Entry.At = e.Entry.At.UTC()
	if !plausible(e.Entry.At) {
		e.Entry.At = when.Time
	}
	tr, there := b.traces[e.WAMessageID]
	if !there {
		tr = &traced{chat: chat}
		b.traces[e.WAMessageID] = tr
	}
	tr.entries = append(tr.entries, e.Entry)
	return nil
}

// flush writes what was gathered.
func (b *batch) flush() error {
	if err := b.flushTally(); err != nil {
		return err
	}
	if err := b.flushCustomers(); err != nil {
		return err
	}
	if err := b.t.insert(insertMessages(), b.messages); err != nil {
		return err
	}
	for _, m := range b.marks {
		if err := b.applyMark(m); err != nil {
			return err
		}
	}
	if err := b.flushTraces(); err != nil {
		return err
	}
	for _, c := range b.chats {
		if err := b.applyChat(*c.event, c.when); err != nil {
			return err
		}
	}
	for _, r := range b.requests {
		if err := b.applyRequest(*r.event, r.when); err != nil {
			return err
		}
	}
	if err := b.t.insert(insertNotes(), b.notes); err != nil {
		return err
	}
	b.messages, b.marks, b.chats, b.requests, b.notes = nil, nil, nil, nil, nil
	return nil
}

func (b *batch) flushCustomers() error {
	// In one order always, so that batches can't wait for each other in a circle.
	chats := make([]string, 0, len(b.customers))
	for chat := range b.customers {
		chats = append(chats, chat)
	}
	slices.Sort(chats)
	rows := make([][]any, len(chats))
	for i, chat := range chats {
		seen := b.customers[chat]
		rows[i] = []any{newID(), b.tenantID, chat, numberOf(chat), seen.name, seen.first, seen.last}
	}
	err := b.t.insert(upsertCustomers(), rows)
	for _, row := range rows {
		b.remember(row)
	}
	clear(b.customers)
	return err
}

// remember keeps a row that upsertCustomers wrote among those that are known, so that nobody has to read it back.
func (b *batch) remember(row []any) {
	chat := row[2].(string)
	c, read := b.known[chat]
	if !read {
		return // what is in the database is not known
	}
	seen := db.Customer{ID: row[0].(string), TenantID: b.tenantID, Chat: chat, Number: row[3].(string), Name: row[4].(string),
		FirstSeenAt: row[5].(db.Time), LastSeenAt: row[6].(db.Time)}
	if c == nil {
		b.known[chat] = &seen
		return
	}
	c.Number, c.Name = cmp.Or(seen.Number, c.Number), cmp.Or(seen.Name, c.Name)
	if seen.FirstSeenAt.Before(c.FirstSeenAt.Time) {
		c.FirstSeenAt = seen.FirstSeenAt
	}
	c.LastSeenAt = later(c.LastSeenAt, seen.LastSeenAt)
}

func (b *batch) flushTraces() error {
	rows := make([][]any, 0, len(b.traces))
	for id, tr := range b.traces {
		raw, err := json.Marshal(tr.entries)
		if err != nil {
			return err
		}
		first := db.At(tr.entries[0].At)
		rows = append(rows, []any{stableID(first, b.tenantID, id, string(raw)), b.tenantID, id, tr.chat, db.JSON(raw), first})
	}
	clear(b.traces)
	return b.t.insert(insertTraces(), rows)
}

func (b *batch) applyMark(m mark) error {
	if m.kind == flowhq.KindDelete {
		return b.t.MarkDeleted(b.t.ctx, db.MarkDeletedParams{TenantID: b.tenantID, Chat: m.chat, WaMessageID: db.Text(m.target), DeletedAt: m.when})
	}
	return b.t.MarkEdited(b.t.ctx, db.MarkEditedParams{TenantID: b.tenantID, Chat: m.chat, WaMessageID: db.Text(m.target), EditedAt: m.when})
}

func (b *batch) applyChat(e flowhq.ChatEvent, when db.Time) error {
	c, err := b.customer(e.Chat, when)
	if err != nil {
		return err
	}
	if e.Name != "" {
		c.Name = e.Name
	}
	if e.Language != "" {
		c.Language = string(e.Language)
	}
	if err := b.noteChat(*c, e, when); err != nil {
		return err
	}
	c.OptedOutAt = since(c.OptedOutAt, e.OptedOut, when)
	c.HandedOverAt = since(c.HandedOverAt, e.HandedOver, when)
	c.HandoffCause, c.HandoffEndsAt = "", db.Time{}
	if e.HandedOver {
		c.HandoffCause, c.HandoffEndsAt = e.HandoffCause, db.AtPtr(e.HandoffEnds)
	}
	return b.t.SaveCustomer(b.t.ctx, saved(*c))
}

// since gives since when something is so: what it was, or now when it has just become so.
func since(was db.Time, is bool, now db.Time) db.Time {
	switch {
	case !is:
		return db.Time{}
	case was.IsZero():
		return now
	default:
		return was
	}
}

func (b *batch) applyRequest(e flowhq.RequestEvent, when db.Time) error {
	c, err := b.customer(e.Chat, when)
	if err != nil {
		return err
	}
	fields, err := json.Marshal(e.Fields)
	if err != nil {
		return err
	}
	if e.Status == "" {
		e.Status = flowhq.RequestNew
	}
	err = b.t.UpsertRequest(b.t.ctx, db.UpsertRequestParams{
		ID: e.ID, TenantID: b.tenantID, CustomerID: c.ID, Chat: e.Chat, RequestType: string(e.Type), Status: string(e.Status),
		FieldsJson: fields, CreatedAt: when, UpdatedAt: when,
	})
	if err != nil {
		return err
	}
	detail := fmt.Sprintf("%s is %s", strings.ToLower(string(e.Type)), e.Status)
	return b.tell(flowhq.TenantEventRecord, toldCreated, e.ID, detail, when, requestTold{
		Event: toldCreated, RequestID: e.ID, Type: e.Type, Chat: e.Chat, To: e.Status, Fields: &e.Fields,
	})
}

// tell adds an entry to the time line about what became of something. What a restored journal tells again is written once.
func (b *batch) tell(kind, event, of, detail string, when db.Time, payload any) error {
	raw, err := json.Marshal(payload)
	if err == nil {
		b.notes = append(b.notes, []any{stableID(when, b.tenantID, event, of), b.tenantID, kind, detail, db.JSON(raw), when})
	}
	return err
}

// chatTold is the payload of a time line's entry about a chat.
type chatTold struct {
	Event string `json:"event"`
	Chat  string `json:"chat"`
	Cause string `json:"cause,omitempty"` // of a hand-over: customer, flow, owner, admin
}

// noteChat tells what became of a chat: the customer opted out or in, a human has it or gave it back.
func (b *batch) noteChat(was db.Customer, is flowhq.ChatEvent, when db.Time) error {
	note := func(event, detail, cause string) error {
		return b.tell(flowhq.TenantEventChat, event, is.Chat, is.Chat+" "+detail, when, chatTold{Event: event, Chat: is.Chat, Cause: cause})
	}
	var err error
	switch out := !was.OptedOutAt.IsZero(); {
	case is.OptedOut && !out:
		err = note(toldOptedOut, "wants no more messages", "")
	case !is.OptedOut && out:
		err = note(toldOptedIn, "wants messages again", "")
	}
	if err != nil {
		return err
	}
	switch human := !was.HandedOverAt.IsZero(); {
	case is.HandedOver && !human:
		err = note(toldHandedOver, "is with a human", is.HandoffCause)
	case !is.HandedOver && human:
		err = note(toldReleased, "is with the bot again", was.HandoffCause)
	}
	return err
}

// customer gives the customer of a chat, who is made when there is none.
func (b *batch) customer(chat string, when db.Time) (*db.Customer, error) {
	c, err := b.lookUp(chat)
	if err != nil || c != nil {
		return c, err
	}
	row := []any{newID(), b.tenantID, chat, numberOf(chat), "", when, when}
	if err := b.t.insert(upsertCustomers(), [][]any{row}); err != nil {
		return nil, err
	}
	b.remember(row)
	return b.known[chat], nil
}

// lookUp gives the customer of a chat as it is in the database, nil when there is none. Each is read once in a batch.
func (b *batch) lookUp(chat string) (*db.Customer, error) {
	if c, read := b.known[chat]; read {
		return c, nil
	}
	c, err := b.t.CustomerByChat(b.t.ctx, db.CustomerByChatParams{TenantID: b.tenantID, Chat: chat})
	there, err := found(err)
	if err != nil {
		return nil, err
	}
	b.known[chat] = nil
	if there {
		b.known[chat] = &c
	}
	return b.known[chat], nil
}

// see remembers that a customer wrote.
func (b *batch) see(chat, name string, when db.Time) {
	seen, there := b.customers[chat]
	if !there {
		seen = &sighting{first: when, last: when}
		b.customers[chat] = seen
	}
	if name != "" {
		seen.name = name
	}
	if when.Before(seen.first.Time) {
		seen.first = when
	}
	seen.last = later(seen.last, when)
}

// chat gives the key that a chat is known by now: that of the number, once it is known whose hidden address it is.
func (b *batch) chat(key string) (string, error) {
	if !strings.HasPrefix(key, "lid:") {
		return key, nil
	}
	if into, known := b.merged[key]; known {
		return into, nil
	}
	into, err := b.t.MergedInto(b.t.ctx, db.MergedIntoParams{TenantID: b.tenantID, FromChat: key})
	there, err := found(err)
	if err != nil {
		return "", err
	}
	if !there {
		into = key
	}
	b.merged[key] = into
	return into, nil
}

// moment gives a time that both engines can keep; one that can't be true is taken for now.
func (b *batch) moment(t time.Time) db.Time {
	if !plausible(t) {
		return b.t.now
	}
	return db.At(t)
}

func plausible(t time.Time) bool { return t.Year() > 1970 && t.Year() < 9999 }

func numberOf(chat string) string {
	if strings.HasPrefix(chat, "+") {
		return chat
	}
	return ""
}

// stableID makes an id of what it names, so that the same thing told again by a journal that was restored is not written
// twice. It has the form of a UUIDv7 and sorts by the time.
func stableID(when db.Time, parts ...string) string {
	sum := sha256.New()
	for _, p := range parts {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(p)))
		sum.Write(size[:])
		sum.Write([]byte(p))
	}
	var id uuid.UUID
	copy(id[:], sum.Sum(nil))
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(when.UnixMilli()))
	copy(id[:6], ms[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}
