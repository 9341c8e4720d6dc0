package fleet

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"flowhq"
)

// fakeBox is a machine that says what a test wants.
type fakeBox struct {
	state  flowhq.HostState
	ends   *time.Time
	broken bool
}

func (b *fakeBox) Measure(context.Context) flowhq.HostState { return b.state }

func (b *fakeBox) Certificate(context.Context) (string, *time.Time, bool) {
	return "bots.example.com", b.ends, b.broken
}

func names(b flowhq.Board) []string {
	var out []string
	for _, l := range b.Lines {
		out = append(out, l.Name)
	}
	return out
}

func (w *world) named(name string) string {
	w.t.Helper()
	id := w.tenant().ID
	_, err := w.UpdateTenant(w.ctx, "admin", id, flowhq.TenantPatch{Name: &name})
	w.must(err)
	return id
}

func (w *world) board(q flowhq.BoardQuery) flowhq.Board {
	w.t.Helper()
	b, err := w.Board(w.ctx, q)
	w.must(err)
	return b
}

func TestBoardIsSortedSearchedAndPaged(t *testing.T) {
	w := newWorld(t)
	asha, neema := w.named("Asha"), w.named("neema")
	juma := w.named("Juma")
	w.must(w.Pause(w.ctx, "admin", asha))
	_, _, err := w.store.Transition(w.ctx, juma, flowhq.TriggerFailed, "It broke.")
	w.must(err)
	w.changed(flowhq.ChangeTenant, juma, "")
	_, err = w.store.ApplyEvents(w.ctx, neema, "j", []flowhq.WorkerEvent{{Seq: 1, At: w.clock.Now(), Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: "A", Chat: "+1", Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer, Text: "Habari",
	}}})
	w.must(err)
	w.clock.pass(3 * time.Second) // figures may be two seconds old

	tests := map[string]struct {
		q    flowhq.BoardQuery
		want []string
	}{
		"who needs somebody first": {flowhq.BoardQuery{}, []string{"Juma", "neema", "Asha"}},
		"by name":                  {flowhq.BoardQuery{Order: flowhq.OrderName}, []string{"Asha", "Juma", "neema"}},
		"the other way round":      {flowhq.BoardQuery{Order: flowhq.OrderName, Back: true}, []string{"neema", "Juma", "Asha"}},
		"the busiest":              {flowhq.BoardQuery{Order: flowhq.OrderMessages}, []string{"neema", "Asha", "Juma"}},
		"by status":                {flowhq.BoardQuery{Status: flowhq.TenantPaused}, []string{"Asha"}},
		"searched":                 {flowhq.BoardQuery{Query: " NEEM"}, []string{"neema"}},
		"by number":                {flowhq.BoardQuery{Query: "255 700-000 003"}, []string{"Juma"}},
		"a page":                   {flowhq.BoardQuery{Order: flowhq.OrderName, Length: 2, Page: 2}, []string{"neema"}},
		"beyond the last":          {flowhq.BoardQuery{Order: flowhq.OrderName, Length: 2, Page: 9}, []string{"neema"}},
		"nobody":                   {flowhq.BoardQuery{Query: "nobody"}, nil},
	}
	for name, tt := range tests {
		if got := names(w.board(tt.q)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	b := w.board(flowhq.BoardQuery{Query: "a", Status: flowhq.TenantError})
	if b.All != 3 || b.Found != 3 || b.Counts[flowhq.TenantError] != 1 || b.Counts[flowhq.TenantNew] != 1 || b.Pages != 1 {
		t.Errorf("%+v", b)
	}
	line := w.board(flowhq.BoardQuery{Query: "neema"}).Lines[0]
	if line.Received != 1 || line.Hours[23] != 1 {
		t.Errorf("the day of it is %+v", line)
	}
}

func TestBoardShowsAChangeAtOnce(t *testing.T) {
	w := newWorld(t)
	id := w.named("Asha")
	if got := names(w.board(flowhq.BoardQuery{})); !slices.Equal(got, []string{"Asha"}) {
		t.Fatal(got)
	}
	renamed := "Asha Tailoring"
	_, err := w.UpdateTenant(w.ctx, "admin", id, flowhq.TenantPatch{Name: &renamed})
	w.must(err)
	if got := names(w.board(flowhq.BoardQuery{})); !slices.Equal(got, []string{renamed}) {
		t.Errorf("after it was renamed the list shows %q", got)
	}
	w.must(w.DeleteTenant(w.ctx, "admin", id))
	if got := w.board(flowhq.BoardQuery{}); len(got.Lines) != 0 || got.Pages != 1 || got.Page != 1 {
		t.Errorf("after it was deleted the list shows %+v", got)
	}
}

func TestOverviewSaysWhatNeedsSomebody(t *testing.T) {
	w := newWorld(t)
	w.box = &fakeBox{state: flowhq.HostState{MemoryTotal: 8 << 30, MemoryAvailable: 6 << 30, DiskTotal: 100 << 30, DiskFree: 50 << 30}}
	for i := range flowhq.NeedingShown + 3 {
		id := w.named(fmt.Sprint("Business ", i))
		_, _, err := w.store.Transition(w.ctx, id, flowhq.TriggerFailed, "It broke.")
		w.must(err)
	}
	w.linked()
	w.changed(flowhq.ChangeTenant, "", "")
	o, err := w.Overview(w.ctx)
	w.must(err)
	if len(o.Needing) != flowhq.NeedingShown || o.NeedingAll != flowhq.NeedingShown+3 || o.Counts[flowhq.TenantActive] != 1 || o.Workers != 1 {
		t.Errorf("%d named of %d, %v, %d workers", len(o.Needing), o.NeedingAll, o.Counts, o.Workers)
	}
	if o.Capacity <= 0 || o.Capacity > 1000 {
		t.Errorf("room for %d more", o.Capacity)
	}
}

func TestRoom(t *testing.T) {
	const mb = 1 << 20
	tests := map[string]struct {
		box     flowhq.HostState
		workers int
		used    int64
		want    int
	}{
		"nothing known":  {flowhq.HostState{}, 3, 30 * mb, -1},
		"nobody yet":     {flowhq.HostState{MemoryTotal: 1000 * mb, MemoryAvailable: 1000 * mb}, 0, 0, (1000 - 100 - 256) / 12},
		"by use":         {flowhq.HostState{MemoryTotal: 1000 * mb, MemoryAvailable: 756 * mb}, 10, 200 * mb, 20},
		"full":           {flowhq.HostState{MemoryTotal: 1000 * mb, MemoryAvailable: 100 * mb}, 10, 200 * mb, 0},
		"too good a use": {flowhq.HostState{MemoryTotal: 1000 * mb, MemoryAvailable: 956 * mb}, 10, 10 * mb, 100},
	}
	for name, tt := range tests {
		if got := flowhq.RoomForWorkers(tt.box, tt.workers, tt.used); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

func TestTheMachineIsWatched(t *testing.T) {
	w := newWorld(t)
	box := &fakeBox{state: flowhq.HostState{DiskTotal: 100 << 30, DiskFree: 900 << 20, DiskPath: "/data"}}
	w.box = box
	soon := w.clock.Now().Add(10*24*time.Hour + time.Hour)
	box.ends = &soon
	kinds := func() (out []flowhq.AlarmKind) {
		w.watchDisk(w.ctx)
		w.watchCertificate(w.ctx)
		for _, a := range w.Alarms().List() {
			out = append(out, a.Kind)
		}
		return out
	}
	if got := kinds(); !slices.Equal(got, []flowhq.AlarmKind{flowhq.AlarmDiskLow, flowhq.AlarmCertificate}) {
		t.Errorf("raised %v", got)
	}
	if got := w.Alarms().List()[1].Sentence().String(); got != "alarm.certificate(count=10, days=10, host=bots.example.com)" {
		t.Error(got)
	}
	box.state.DiskFree, box.ends, box.broken = 1100<<20, nil, true // a little more is not enough
	if got := kinds(); !slices.Equal(got, []flowhq.AlarmKind{flowhq.AlarmDiskLow, flowhq.AlarmCertificateBad}) {
		t.Errorf("raised %v", got)
	}
	later := w.clock.Now().Add(60 * 24 * time.Hour)
	box.state.DiskFree, box.ends, box.broken = 50<<30, &later, false
	if got := kinds(); len(got) != 0 {
		t.Errorf("raised %v", got)
	}
}

func TestSetupRemarks(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	request := func(id, tenant, number string, s flowhq.SetupRequestStatus) flowhq.SetupRequestDetail {
		return flowhq.SetupRequestDetail{
			SetupRequest: flowhq.SetupRequest{ID: id, TenantID: tenant, WhatsAppNumber: number, Status: s, CreatedAt: now.Add(-time.Hour)},
			Tenant:       &flowhq.TenantDetail{Tenant: flowhq.Tenant{ID: tenant, Name: "Juma Electronics"}}, User: &flowhq.User{Email: "juma@example.com"},
		}
	}
	fine := request("r1", "t1", "+255700000001", flowhq.SetupSubmitted)
	if got := setupRemarks(fine, []flowhq.SetupRequest{fine.SetupRequest}, nil, now); len(got) != 0 {
		t.Errorf("a good request has %v", got)
	}
	odd := request("r2", "t2", "+447911123456", flowhq.SetupReviewing)
	odd.User, odd.Tenant.Name, odd.CreatedAt = nil, "juma@example.com", now.Add(-25*time.Hour)
	before := request("r0", "t2", "", flowhq.SetupRejected)
	before.CreatedAt = now.Add(-48 * time.Hour)
	twin := request("r3", "t3", odd.WhatsAppNumber, flowhq.SetupSubmitted)
	lines := []flowhq.TenantSummary{{ID: "t2", Name: "juma@example.com"}, {ID: "t4", Name: "JUMA@example.com", PhoneNumber: odd.WhatsAppNumber}}
	want := []flowhq.SetupRemark{
		flowhq.RemarkNumberTaken, flowhq.RemarkNumberTwice, flowhq.RemarkNumberForeign, flowhq.RemarkNoUser, flowhq.RemarkOddName, flowhq.RemarkNameTwice,
		flowhq.RemarkRejectedBefore, flowhq.RemarkWaitsLong,
	}
	if got := setupRemarks(odd, []flowhq.SetupRequest{fine.SetupRequest, odd.SetupRequest, before.SetupRequest, twin.SetupRequest}, lines, now); !slices.Equal(got, want) {
		t.Errorf("remarks %v, want %v", got, want)
	}
}

func TestSeveralAtOnceGoOnWhenOneFails(t *testing.T) {
	w := newWorld(t)
	good, paused := w.named("Asha"), w.named("Neema")
	w.must(w.Pause(w.ctx, "admin", paused))
	ctx, cancel := context.WithCancel(w.ctx)
	job, err := w.StartBulk(ctx, "admin", flowhq.BulkStart, []string{paused, good})
	w.must(err)
	cancel() // the job goes on without its caller
	deadline := time.Now().Add(30 * time.Second)
	for job.Ended == nil {
		if time.Now().After(deadline) {
			t.Fatal("the job does not end")
		}
		job, err = w.Bulk(job.ID)
		w.must(err)
	}
	if done, failed := job.Finished(); done != 2 || failed != 1 || job.Results[0].Name != "Asha" || job.Results[0].Error != "" || job.Results[1].Error == "" {
		t.Errorf("%+v", job)
	}
	if !w.processes.Running(good) || w.processes.Running(paused) {
		t.Error("the wrong worker runs")
	}
}

// BenchmarkSortLines puts ten thousand lines into the order of the list.
func BenchmarkSortLines(b *testing.B) {
	lines := make([]flowhq.TenantSummary, 10_000)
	for i := range lines {
		lines[i] = flowhq.TenantSummary{ID: fmt.Sprint(i), Name: fmt.Sprintf("Duka %05d", (i*7919)%len(lines)), Status: flowhq.TenantActive}
	}
	for b.Loop() {
		picked := make([]*flowhq.TenantSummary, len(lines))
		for i := range lines {
			picked[i] = &lines[i]
		}
		sortLines(picked, flowhq.OrderUrgency, false)
	}
}
