package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
	open := slices.Clone(w.all)
	for {
		problems = nil
		var left []*customer
		for _, c := range open {
			if p := c.problems(ctx); len(p) > 0 {
				problems = append(problems, p...)
				left = append(left, c)
			}
		}
		if open = left; len(open) == 0 || time.Since(begun) > settleLimit || !pause(ctx, time.Second) {
			break
		}
	}
	w.say("settled after %.0f s", time.Since(begun).Seconds())
	if len(open) == 0 { // once more, all of them: nothing may come after the last answer
		pause(ctx, 2*time.Second)
		for _, c := range w.all {
			problems = append(problems, c.problems(ctx)...)
		}
		for _, b := range w.shop {
			problems = append(problems, w.recordProblems(ctx, b)...)
		}
	}
	return append(problems, w.processProblems()...)
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
	if len(rows) != len(c.sent) {
		bad("wrote %d messages and got %d answers", len(c.sent), len(rows))
	}
	for i := range min(len(rows), len(c.sent)) {
		if want := c.answer(i); rows[i].Text != want || rows[i].From != c.of.number {
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
	for i, l := range in {
		if l.ID != c.sent[i].id || l.Text != c.sent[i].text {
			bad("message %d is logged as %s %q, not as %s %q", i+1, l.ID, l.Text, c.sent[i].id, c.sent[i].text)
			continue
		}
		if replies := stepsOf(l.Trace, flowhq.TraceReplyID); len(rows) == len(c.sent) && (len(replies) != 1 || replies[0] != rows[i].ID) {
			bad("message %d was decided to be answered by %v, the phone shows %s", i+1, replies, rows[i].ID)
		}
		if len(stepsOf(l.Trace, flowhq.TraceReceived)) != 1 || len(stepsOf(l.Trace, flowhq.TraceAcknowledged)) != 1 {
			bad("the decisions about message %d are incomplete: %+v", i+1, l.Trace)
		}
	}
	for i, l := range out {
		if l.ID != rows[i].ID || l.Text != rows[i].Text {
			bad("answer %d is logged as %s %q, the phone shows %s %q", i+1, l.ID, l.Text, rows[i].ID, rows[i].Text)
		}
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
		for i := 1; c.of == b && i < len(c.sent); i += 2 {
			wanted[c.sent[i-1].text+"\n"+c.sent[i].text]++
		}
	}
	var records []struct {
		Fields flowhq.RequestFields `json:"fields"`
	}
	if err := w.app.api.Admin(ctx, http.MethodGet, fmt.Sprintf("/admin/tenants/%s/requests?limit=%d", b.id, flowhq.MaxLimit), nil, &records); err != nil {
		return []string{err.Error()}
	}
	total := len(wanted)
	for _, r := range records {
		if wanted[r.Fields.Detail]--; wanted[r.Fields.Detail] < 0 {
			problems = append(problems, fmt.Sprintf("%s has a record twice, or one that nobody asked for: %q", b.number, r.Fields.Detail))
		}
	}
	if want := min(total, flowhq.MaxLimit); len(records) != want {
		problems = append(problems, fmt.Sprintf("%s has %d records, not %d", b.number, len(records), want))
	}
	return problems
}

// report tells how it went.
func (w *world) report(problems []string) {
	total := 0
	for _, c := range w.all {
		total += len(c.sent)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	st, err := w.sim.Stats(ctx)
	if err != nil {
		w.say("%v", err)
	}
	w.say("%d messages of %d customers; %d deliveries repeated, %d messages asked for again by workers, %d answers undecryptable at first; the appliance was started %d times again",
		total, len(w.all), st.Redelivered, st.Retries, st.Undecryptable, w.app.starts.Load())
	for i, p := range problems {
		if i == 40 {
			w.say("… and %d more", len(problems)-i)
			break
		}
		w.say("BROKEN  %s", p)
	}
	if len(problems) == 0 {
		w.say("every message was answered once, in order, and is in the log")
	}
}
