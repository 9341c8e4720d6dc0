package dashboard_test

import (
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/dashboard"
)

// Hours that are over are read once a minute, the running one and the one before at each look: both come to what
// happened.
func TestSummaries_Figures(t *testing.T) {
	w := newWorld(t)
	id := w.named("Asha")
	now := w.Clock.Now().UTC()
	w.Clock.Pass(now.Truncate(time.Hour).Add(30*time.Minute).Sub(now) + 12*time.Hour) // half past
	seq := int64(0)
	say := func(ago time.Duration) {
		t.Helper()
		seq++
		_, err := w.Store.ApplyEvents(w.Ctx, id, "j", []flowhq.WorkerEvent{{Seq: seq, At: w.Clock.Now().Add(-ago),
			Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
				WAMessageID: string(rune('A' + seq)), Chat: "+1", Direction: flowhq.DirectionIn,
				Author: flowhq.AuthorCustomer, Text: "Habari",
			}}})
		w.Must(err)
	}
	hours := func() (early, before, running int) {
		t.Helper()
		l := w.board(flowhq.BoardQuery{}).Summaries[0]
		return l.Hours[18], l.Hours[22], l.Hours[23]
	}
	want := func(what string, early, before, running int) {
		t.Helper()
		if e, b, r := hours(); e != early || b != before || r != running {
			t.Errorf("%s: %d five hours ago, %d an hour ago, %d now; want %d, %d, %d", what, e, b, r, early, before,
				running)
		}
	}
	say(5 * time.Hour)
	say(time.Hour)
	say(0)
	want("the first look", 1, 1, 1)

	say(time.Hour)
	say(0)
	w.Clock.Pass(dashboard.FiguresKept)
	want("after messages of the late hours", 1, 2, 2)

	say(5 * time.Hour) // from a worker that was away
	w.Clock.Pass(dashboard.PastKept)
	want("after one that came late", 2, 2, 2)

	w.Clock.Pass(time.Hour)
	l := w.board(flowhq.BoardQuery{}).Summaries[0]
	if l.Hours[17] != 2 || l.Hours[21] != 2 || l.Hours[22] != 2 || l.Hours[23] != 0 {
		t.Errorf("an hour later the hours are %v", l.Hours)
	}
}
