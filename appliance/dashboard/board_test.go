package dashboard_test

import (
	"slices"
	"testing"
	"time"

	"flowhq"
)

func names(b flowhq.Board) []string {
	var out []string
	for _, l := range b.Summaries {
		out = append(out, l.Name)
	}
	return out
}

func (w *world) named(name string) string {
	w.T.Helper()
	id := w.NewTenant().ID
	_, err := w.UpdateTenant(w.Ctx, "admin", id, flowhq.TenantPatch{Name: &name})
	w.Must(err)
	return id
}

func (w *world) board(q flowhq.BoardQuery) flowhq.Board {
	w.T.Helper()
	b, err := w.Board(w.Ctx, q)
	w.Must(err)
	return b
}

func TestSummaries_Board(t *testing.T) {
	w := newWorld(t)
	asha, neema := w.named("Asha"), w.named("neema")
	juma := w.named("Juma")
	w.Must(w.Pause(w.Ctx, "admin", asha))
	_, _, err := w.Store.Transition(w.Ctx, juma, flowhq.TriggerFailed, "It broke.")
	w.Must(err)
	w.Services.Changes.Announce(flowhq.ChangeTenant, juma, "")
	_, err = w.Store.ApplyEvents(w.Ctx, neema, "j", []flowhq.WorkerEvent{{Seq: 1, At: w.Clock.Now(),
		Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
			WAMessageID: "A", Chat: "+1", Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer, Text: "Habari",
		}}})
	w.Must(err)
	w.Clock.Pass(3 * time.Second) // figures may be two seconds old

	tests := map[string]struct {
		q    flowhq.BoardQuery
		want []string
	}{
		"who needs somebody first": {flowhq.BoardQuery{}, []string{"Juma", "neema", "Asha"}},
		"by name":                  {flowhq.BoardQuery{Order: flowhq.OrderName}, []string{"Asha", "Juma", "neema"}},
		"the other way round": {flowhq.BoardQuery{Order: flowhq.OrderName, Back: true},
			[]string{"neema", "Juma", "Asha"}},
		"the busiest":     {flowhq.BoardQuery{Order: flowhq.OrderMessages}, []string{"neema", "Asha", "Juma"}},
		"by status":       {flowhq.BoardQuery{Status: flowhq.TenantPaused}, []string{"Asha"}},
		"searched":        {flowhq.BoardQuery{Query: " NEEM"}, []string{"neema"}},
		"by number":       {flowhq.BoardQuery{Query: "255 700-000 003"}, []string{"Juma"}},
		"a page":          {flowhq.BoardQuery{Order: flowhq.OrderName, Length: 2, Page: 2}, []string{"neema"}},
		"beyond the last": {flowhq.BoardQuery{Order: flowhq.OrderName, Length: 2, Page: 9}, []string{"neema"}},
		"nobody":          {flowhq.BoardQuery{Query: "nobody"}, nil},
	}
	for name, tt := range tests {
		if got := names(w.board(tt.q)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	b := w.board(flowhq.BoardQuery{Query: "a", Status: flowhq.TenantError})
	if b.All != 3 || b.Found != 3 || b.Counts[flowhq.TenantError] != 1 || b.Counts[flowhq.TenantNew] != 1 ||
		b.Pages != 1 {
		t.Errorf("%+v", b)
	}
	line := w.board(flowhq.BoardQuery{Query: "neema"}).Summaries[0]
	if line.Received != 1 || line.Hours[23] != 1 {
		t.Errorf("the day of it is %+v", line)
	}
}

func TestSummaries_Board_AfterAChange(t *testing.T) {
	w := newWorld(t)
	id := w.named("Asha")
	if got := names(w.board(flowhq.BoardQuery{})); !slices.Equal(got, []string{"Asha"}) {
		t.Fatal(got)
	}
	renamed := "Asha Tailoring"
	_, err := w.UpdateTenant(w.Ctx, "admin", id, flowhq.TenantPatch{Name: &renamed})
	w.Must(err)
	if got := names(w.board(flowhq.BoardQuery{})); !slices.Equal(got, []string{renamed}) {
		t.Errorf("after it was renamed the list shows %q", got)
	}
	w.Must(w.DeleteTenant(w.Ctx, "admin", id))
	if got := w.board(flowhq.BoardQuery{}); len(got.Summaries) != 0 || got.Pages != 1 || got.Page != 1 {
		t.Errorf("after it was deleted the list shows %+v", got)
	}
}
