package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"flowhq"
	"flowhq/internal/wasim"
)

// settleLimit is how long everything may take to come in order after the last fault: a worker's pause between two tries
// grows to five minutes.
const settleLimit = 6 * time.Minute

// settle waits until nothing is missing, or for settleLimit, and gives what is wrong then.
func (w *world) settle(ctx context.Context) (problems []string) {
	begun := time.Now()
	problems = w.until(ctx, begun, len(w.all), func(i int) []string { return w.all[i].problems(ctx) })
	problems = append(problems, w.until(ctx, begun, len(w.shop), func(i int) []string {
		return w.listProblems(ctx, w.shop[i])
	})...)
	problems = append(problems, w.until(ctx, begun, 1, func(int) []string { return w.unhealed(ctx) })...)
	w.settled = time.Since(begun)
	w.say("settled after %.0f s", w.settled.Seconds())
	if len(problems) == 0 { // once more, all of them: nothing may come after the last answer
		pause(ctx, 2*time.Second)
		for _, c := range w.all {
			problems = append(problems, c.problems(ctx)...)
		}
		for _, b := range w.shop {
			problems = append(problems, w.recordProblems(ctx, b)...)
			problems = append(problems, w.listProblems(ctx, b)...)
		}
	}
	problems = append(problems, w.found...)
	problems = append(problems, w.pushing(ctx)...)
	return append(problems, w.processProblems()...)
}

// until asks again for what is wrong with those of which something is, until nothing is, or for settleLimit.
func (w *world) until(ctx context.Context, begun time.Time, n int, wrong func(i int) []string) (problems []string) {
	open := make([]int, n)
	for i := range open {
		open[i] = i
	}
	for {
		problems = nil
		open = slices.DeleteFunc(open, func(i int) bool {
			p := wrong(i)
			problems = append(problems, p...)
			return len(p) == 0
		})
		if len(open) == 0 || time.Since(begun) > settleLimit || !pause(ctx, time.Second) {
			return problems
		}
	}
}

// unhealed tells of messages that could not be decrypted, and still cannot.
func (w *world) unhealed(ctx context.Context) (problems []string) {
	st, err := w.sim.Stats(ctx)
	switch {
	case err != nil:
		return []string{err.Error()}
	case st.Placeholders > 0 || st.Unread > 0:
		return []string{fmt.Sprintf("phones still wait for %d messages that they could not decrypt, workers for %d",
			st.Placeholders, st.Unread)}
	}
	return nil
}

// pushing tells of messages and logins that were tried although WhatsApp had said no: one finds out, no more may
// follow.
func (w *world) pushing(ctx context.Context) (problems []string) {
	st, err := w.sim.Stats(ctx)
	if err != nil {
		return []string{err.Error()}
	}
	if st.Refused > int64(w.counts["restricted"]) {
		problems = append(problems, fmt.Sprintf("%d messages were sent during %d restrictions", st.Refused,
			w.counts["restricted"]))
	}
	if st.Banned > int64(w.counts["banned"]) {
		problems = append(problems, fmt.Sprintf("%d logins were tried during %d bans", st.Banned, w.counts["banned"]))
	}
	return problems
}

// listProblems checks that the owner was notified, once, of each message that came too late to be answered.
func (w *world) listProblems(ctx context.Context, b *business) (problems []string) {
	var late []string
	for _, c := range w.all {
		for _, s := range c.sent {
			if c.of == b && s.late {
				late = append(late, s.text)
			}
		}
	}
	if len(late) == 0 {
		return nil
	}
	rows, err := w.sim.PhoneInbox(ctx, b.number, 0, 0)
	if err != nil {
		return []string{err.Error()}
	}
	for _, text := range late {
		told := 0
		for _, row := range rows {
			if row.Chat == "self" { // the phone has the customers' messages as well
				told += strings.Count(row.Text, text)
			}
		}
		if told != 1 {
			problems = append(problems, fmt.Sprintf("%s: the owner was told %d times of %q, which came too late",
				b.number, told, text))
		}
	}
	return problems
}

// processProblems checks that each business has exactly one process.
func (w *world) processProblems() (problems []string) {
	found := w.workers()
	for _, b := range w.shop {
		if n := len(found[b.id]); n != 1 {
			problems = append(problems, fmt.Sprintf("%s has %d workers", b.number, n))
		}
	}
	return problems
}

// logged is a row of the message log with what was decided about it.
type logged struct {
	Direction flowhq.MessageDirection `json:"direction"`
	Text      string                  `json:"message_text"`
	ID        string                  `json:"wa_message_id"`
	At        time.Time               `json:"created_at"`
	Trace     []flowhq.TraceEntry     `json:"trace"`
}

// problems compares what a customer wrote with what its phone shows and with what the log holds.
func (c *customer) problems(ctx context.Context) (problems []string) {
	bad := func(format string, args ...any) {
		problems = append(problems, fmt.Sprintf("%s (%s): ", c.number, c.key)+fmt.Sprintf(format, args...))
	}
	rows, err := c.sim.Inbox(ctx, c.number, 0, 0)
	if err != nil {
		return []string{err.Error()}
	}
	// As the phone shows them: one that could not be read at first stands where its placeholder stood.
	slices.SortStableFunc(rows, func(a, b wasim.InboxRow) int { return a.Shown.Compare(b.Shown) })
	asked := c.answerable()
	if len(rows) != len(asked) {
		bad("wrote %d messages and got %d answers", len(asked), len(rows))
	}
	for i := range min(len(rows), len(asked)) {
		if want := answer(asked, i); rows[i].Text != want || rows[i].From != c.of.number {
			bad("answer %d is %q from %s, not %q", i+1, rows[i].Text, rows[i].From, want)
		}
	}
	if len(c.sent) == 0 {
		return problems
	}
	var log []logged
	path := "/admin/tenants/" + c.of.id + "/logs?limit=1000&trace=1&chat=" + url.QueryEscape(c.key)
	if err := c.app.api.Admin(ctx, http.MethodGet, path, nil, &log); err != nil {
		return append(problems, err.Error())
	}
	slices.Reverse(log) // oldest first
	c.checkLog(log, rows, bad)
	return problems
}

// checkLog compares the log with what was said, both ways, and the decisions with the answers.
func (c *customer) checkLog(log []logged, rows []wasim.InboxRow, bad func(string, ...any)) {
	var in, out []logged
	for _, l := range log {
		if l.Direction == flowhq.DirectionIn {
			in = append(in, l)
		} else {
			out = append(out, l)
		}
	}
	if len(in) != len(c.sent) || len(out) != len(rows) {
		bad("the log has %d of %d messages and %d of %d answers", len(in), len(c.sent), len(out), len(rows))
		return
	}
	c.checkMessages(in, rows, bad)
	for i, l := range out {
		if l.ID != rows[i].ID || l.Text != rows[i].Text {
			bad("answer %d is logged as %s %q, the phone shows %s %q", i+1, l.ID, l.Text, rows[i].ID, rows[i].Text)
		}
	}
}

// checkMessages compares the logged messages with what was sent, and their decisions with the answers.
func (c *customer) checkMessages(in []logged, rows []wasim.InboxRow, bad func(string, ...any)) {
	answered := rows
	if len(rows) != len(c.answerable()) {
		answered = nil // it is not known which answer belongs to which message
	}
	for i, l := range in {
		if l.ID != c.sent[i].id || l.Text != c.sent[i].text {
			bad("message %d is logged as %s %q, not as %s %q", i+1, l.ID, l.Text, c.sent[i].id, c.sent[i].text)
			continue
		}
		if c.sent[i].late {
			c.checkLate(i, l, bad)
			continue
		}
		if answered != nil {
			if replies := stepsOf(l.Trace, flowhq.TraceReplyID); len(replies) != 1 || replies[0] != answered[0].ID {
				bad("message %d was decided to be answered by %v, the phone shows %s", i+1, replies, answered[0].ID)
			}
			answered = answered[1:]
		}
		if len(stepsOf(l.Trace, flowhq.TraceReceived)) != 1 || len(stepsOf(l.Trace, flowhq.TraceAcknowledged)) != 1 {
			bad("the decisions about message %d are incomplete: %+v", i+1, l.Trace)
		}
	}
}

// checkLate checks that a message that came too late is marked as that, and was not answered.
func (c *customer) checkLate(i int, l logged, bad func(string, ...any)) {
	marked, answered := stepsOf(l.Trace, flowhq.TraceTooOld), stepsOf(l.Trace, flowhq.TraceReplyID)
	if len(marked) != 1 || len(answered) != 0 || len(stepsOf(l.Trace, flowhq.TraceReceived)) != 1 {
		bad("the decisions about message %d, which came too late, are %+v", i+1, l.Trace)
	}
}

func stepsOf(trace []flowhq.TraceEntry, step string) (details []string) {
	for _, e := range trace {
		if e.Step == step {
			details = append(details, e.Detail)
		}
	}
	return details
}

// recordProblems checks that every second message of a customer became one record of the business.
func (w *world) recordProblems(ctx context.Context, b *business) (problems []string) {
	wanted := make(map[string]int)
	for _, c := range w.all {
		asked := c.answerable()
		for i := 1; c.of == b && i < len(asked); i += 2 {
			wanted[asked[i-1].text+"\n"+asked[i].text]++
		}
	}
	var records []struct {
		Fields flowhq.RequestFields `json:"fields"`
	}
	if err := w.app.api.Admin(ctx, http.MethodGet,
		fmt.Sprintf("/admin/tenants/%s/requests?limit=%d", b.id, flowhq.MaxLimit), nil, &records); err != nil {
		return []string{err.Error()}
	}
	total := len(wanted)
	for _, r := range records {
		if wanted[r.Fields.Detail]--; wanted[r.Fields.Detail] < 0 {
			problems = append(problems, fmt.Sprintf("%s has a record twice, or one that nobody asked for: %q", b.number,
				r.Fields.Detail))
		}
	}
	if want := min(total, flowhq.MaxLimit); len(records) != want {
		problems = append(problems, fmt.Sprintf("%s has %d records, not %d", b.number, len(records), want))
	}
	return problems
}
