package wasim

import (
	"context"
	"strconv"
	"sync"
	"time"
)

// InboxRow is one message that arrived at a phone or a customer.
type InboxRow struct {
	N    int       `json:"n"`            // counts from 1 within the inbox
	ID   string    `json:"id"`           // as the sender chose it
	From string    `json:"from"`         // the sender's number with its plus
	To   string    `json:"to,omitempty"` // the other side of the chat, when the account itself wrote
	Text string    `json:"text"`         // or the caption
	Kind string    `json:"kind"`         // text, image, voice, sticker, location, reaction, edit, delete, other
	Chat string    `json:"chat"`         // direct, group, status, newsletter, self
	At   time.Time `json:"at"`           // when it arrived, by the simulator's clock
	// its place in the chat: like At, or earlier, when it could not be read at first
	Shown  time.Time `json:"shown"`
	Copies int       `json:"copies"`           // how often this id arrived
	Device int       `json:"device,omitempty"` // the sending device; 0 is the phone
}

// inbox is a list of messages that readers can wait on. Rows are known by sender and id: the same again adds a copy.
type inbox struct {
	mu      sync.Mutex
	rows    []InboxRow
	last    int            // number of the newest row
	byKey   map[string]int // row number
	arrived chan struct{}  // closed and replaced at each new row
}

func newInbox() *inbox { return &inbox{byKey: map[string]int{}, arrived: make(chan struct{})} }

func inboxKey(from, id string) string { return from + "/" + id }

// add files a message: a new row, or one more copy of a row that is there. keep makes the row durable, together with
// the removal of the row that has to go for it (0 when none has to); readers see the message only after that, and not
// at all when it fails.
func (b *inbox) add(row InboxRow, keep func(now InboxRow, dropped int) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n, ok := b.byKey[inboxKey(row.From, row.ID)]; ok {
		old := &b.rows[n-b.first()]
		again := *old
		again.Copies++
		if err := keep(again, 0); err != nil {
			return err
		}
		*old = again
		return nil
	}
	row.N, row.Copies = b.last+1, 1
	if row.Shown.IsZero() {
		row.Shown = row.At
	}
	dropped := 0
	if len(b.rows) >= maxInboxRows {
		dropped = b.rows[0].N
	}
	if err := keep(row, dropped); err != nil {
		return err
	}
	b.last = row.N
	b.put(row)
	if dropped > 0 {
		delete(b.byKey, inboxKey(b.rows[0].From, b.rows[0].ID))
		b.rows = b.rows[1:]
	}
	close(b.arrived)
	b.arrived = make(chan struct{})
	return nil
}

func (b *inbox) put(row InboxRow) {
	b.rows = append(b.rows, row)
	b.byKey[inboxKey(row.From, row.ID)] = row.N
}

// restore files a row that was kept; rows come in the order of their numbers.
func (b *inbox) restore(row InboxRow) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put(row)
	b.last = row.N
}

func (b *inbox) first() int {
	if len(b.rows) == 0 {
		return b.last + 1
	}
	return b.rows[0].N
}

// repeat notes that an id arrived again without a readable message.
func (b *inbox) repeat(from, id string) (InboxRow, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, ok := b.byKey[inboxKey(from, id)]
	if !ok {
		return InboxRow{}, false
	}
	row := &b.rows[n-b.first()]
	row.Copies++
	return *row, true
}

// after returns the rows numbered above n, and the channel that is closed at the next one.
func (b *inbox) after(n int) ([]InboxRow, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	from := max(n+1-b.first(), 0)
	if from >= len(b.rows) {
		return []InboxRow{}, b.arrived
	}
	return append([]InboxRow(nil), b.rows[from:]...), b.arrived
}

// wait returns the rows numbered above n as soon as there is one, or none when ctx ends.
func (b *inbox) wait(ctx context.Context, n int) []InboxRow {
	for {
		rows, arrived := b.after(n)
		if len(rows) > 0 {
			return rows
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return rows
		}
	}
}

func rowName(digits string, n int) string { return "inbox/" + digits + "/" + strconv.Itoa(n) }
