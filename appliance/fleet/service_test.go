package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"flowhq"
)

func fieldsOf(err error) []string {
	e, ok := errors.AsType[*flowhq.Error](err)
	if !ok {
		return nil
	}
	var names []string
	for _, f := range e.Fields {
		names = append(names, f.Field)
	}
	return names
}

func TestCreateNamesEveryWrongField(t *testing.T) {
	w := newWorld(t)
	all := []string{"name", "phone_number", "template_type", "business_name", "language"}
	tests := []struct {
		change func(*flowhq.NewTenant)
		want   []string
	}{
		{func(n *flowhq.NewTenant) { *n = flowhq.NewTenant{} }, all},
		{func(n *flowhq.NewTenant) { n.Name = " \t\u00a0" }, all[:1]},
		{func(n *flowhq.NewTenant) { n.Name = "\u200b" }, all[:1]}, // nothing to be seen
		{func(n *flowhq.NewTenant) { n.Name = "a\x00b" }, all[:1]},
		{func(n *flowhq.NewTenant) { n.Name = strings.Repeat("ä", 121) }, all[:1]},
		{func(n *flowhq.NewTenant) { n.PhoneNumber = "12345" }, all[1:2]},
		{func(n *flowhq.NewTenant) { n.TemplateType = "HOTEL" }, all[2:3]},
		{func(n *flowhq.NewTenant) { n.BusinessName = "\xff\xfe" }, all[3:4]},
		{func(n *flowhq.NewTenant) { n.Language = "FR" }, all[4:5]},
	}
	for _, tt := range tests {
		in := newTenant("+255712345678")
		tt.change(&in)
		_, err := w.CreateTenant(w.ctx, "admin", in)
		w.wantCode(err, flowhq.CodeInvalid)
		if got := fieldsOf(err); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: wrong fields %q, want %q", in, got, tt.want)
		}
	}
	tenants, err := w.Tenants(w.ctx, flowhq.TenantFilter{})
	if err != nil || len(tenants) != 0 {
		t.Errorf("%d tenants were made, %v", len(tenants), err)
	}
}

func TestNumbersBelongToOneTenant(t *testing.T) {
	w := newWorld(t)
	a, err := w.CreateTenant(w.ctx, "admin", newTenant("0712 345 678"))
	w.must(err)
	if a.PhoneNumber != "+255712345678" {
		t.Errorf("number %q", a.PhoneNumber)
	}
	_, err = w.CreateTenant(w.ctx, "admin", newTenant("+255 (712) 345-678"))
	if got := fieldsOf(err); !slices.Equal(got, []string{"phone_number"}) {
		t.Errorf("a taken number: %v", err)
	}
	b := w.tenant()
	number := "255712345678"
	_, err = w.UpdateTenant(w.ctx, "admin", b.ID, flowhq.TenantPatch{PhoneNumber: &number})
	if got := fieldsOf(err); !slices.Equal(got, []string{"phone_number"}) {
		t.Errorf("a taken number in a change: %v", err)
	}
	_, err = w.UpdateTenant(w.ctx, "admin", a.ID, flowhq.TenantPatch{PhoneNumber: &number}) // its own
	w.must(err)
}

func TestUpdate(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	name, language := "  Duka la Juma ", flowhq.English
	d, err := w.UpdateTenant(w.ctx, "admin", id, flowhq.TenantPatch{
		BusinessName: &name, Language: &language, HoursJSON: []byte(`{"mon":{"open":"08:00","close":"17:00"}}`),
	})
	w.must(err)
	if d.Config.BusinessName != "Duka la Juma" || d.Config.Language != flowhq.English || name != "  Duka la Juma " {
		t.Errorf("config %+v, the caller's %q", d.Config, name)
	}
	if got := string(d.Config.HoursJSON); !strings.HasPrefix(got, `{"mon":[{"open":"08:00","close":"17:00"}]`) {
		t.Errorf("hours %s", got)
	}
	if got := w.links.configs; len(got) != 1 || got[0].Business.Name != "Duka la Juma" || got[0].Business.Language != flowhq.English {
		t.Errorf("the worker was told %+v", got)
	}
	empty := " "
	_, err = w.UpdateTenant(w.ctx, "admin", id, flowhq.TenantPatch{Name: &empty, HoursJSON: []byte(`{"someday":[]}`)})
	if got := fieldsOf(err); !slices.Equal(got, []string{"name", "hours_json"}) {
		t.Errorf("wrong fields %q of %v", got, err)
	}
	_, err = w.UpdateTenant(w.ctx, "admin", id, flowhq.TenantPatch{HoursJSON: []byte(`{"mon":`)})
	if err == nil || strings.Contains(err.Error(), "unexpected end") {
		t.Errorf("broken hours: %v", err)
	}
}

func TestSettingsReachTheWorker(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	_, err := w.PublishDraft(w.ctx, "admin", id)
	w.wantCode(err, flowhq.CodeConflict)
	_, err = w.SaveDraft(w.ctx, "admin", id, flowhq.Settings{Timezone: "Mars/Olympus", OwnerNumber: "7"}, "bad")
	if got := fieldsOf(err); !slices.Equal(got, []string{"timezone", "owner_number", "flow_yaml"}) {
		t.Errorf("wrong fields %q of %v", got, err)
	}
	draft, err := w.SaveDraft(w.ctx, "admin", id, flowhq.Settings{Contact: "Kariakoo", OwnerNumber: "0712345678"}, "")
	w.must(err)
	if draft.Settings.OwnerNumber != "+255712345678" {
		t.Errorf("owner %q", draft.Settings.OwnerNumber)
	}
	if len(w.links.configs) != 0 {
		t.Error("a draft reached the worker")
	}
	published, err := w.PublishDraft(w.ctx, "admin", id)
	w.must(err)
	_, err = w.Rollback(w.ctx, "admin", id, 1)
	w.must(err)
	_, err = w.Rollback(w.ctx, "admin", id, 99)
	w.wantCode(err, flowhq.CodeNotFound)
	got := w.links.configs
	if len(got) != 2 || got[0].Business.Settings.Contact != "Kariakoo" || got[0].Version != published.Version ||
		got[1].Business.Settings.Contact != "" || got[1].Revision <= got[0].Revision {
		t.Errorf("the worker was told %+v", got)
	}
	inForce, nothing, err := w.Settings(w.ctx, id)
	if err != nil || nothing != nil || inForce.Version != 3 {
		t.Errorf("in force %d, draft %v, %v", inForce.Version, nothing, err)
	}
	w.SetLimits(w.ctx, flowhq.Limits{RepliesPerMinute: 3})
	if got := w.links.configs; len(got) != 3 || got[2].Limits.RepliesPerMinute != 3 {
		t.Errorf("changed limits did not reach the worker: %+v", got)
	}
}

// submitted makes a portal user who asked for a bot.
func (w *world) submitted(email, number string) flowhq.SetupRequest {
	w.t.Helper()
	_, _, _, err := w.CreateOwner(w.ctx, email, "Amina")
	w.must(err)
	r, err := w.SubmitSetupRequest(w.ctx, email, flowhq.NewSetupRequest{
		BusinessName: "Salon Amina", TemplateType: flowhq.TemplateBooking, WhatsAppNumber: number,
	})
	w.must(err)
	return r
}

func TestApprove(t *testing.T) {
	w := newWorld(t)
	r := w.submitted("amina@example.com", "+255712000001")
	if _, err := w.ReviewSetupRequest(w.ctx, "admin", r.ID); err != nil {
		t.Fatal(err)
	}
	d, err := w.ApproveSetupRequest(w.ctx, "admin", r.ID, "welcome")
	w.must(err)
	if d.Status != flowhq.SetupApproved || d.Notes != "welcome" || d.Tenant == nil || d.Tenant.Status != flowhq.TenantQRPending {
		t.Errorf("request %+v", d)
	}
	w.want(r.TenantID, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
	_, err = w.ApproveSetupRequest(w.ctx, "admin", r.ID, "")
	w.wantCode(err, flowhq.CodeConflict)
	_, err = w.RejectSetupRequest(w.ctx, "admin", r.ID, "")
	w.wantCode(err, flowhq.CodeConflict)
	_, err = w.SubmitSetupRequest(w.ctx, "amina@example.com", flowhq.NewSetupRequest{
		BusinessName: "B", TemplateType: flowhq.TemplateBooking, WhatsAppNumber: "+255712000002",
	})
	w.wantCode(err, flowhq.CodeConflict)
	_, err = w.ApproveSetupRequest(w.ctx, "admin", "0198c0de-0000-7000-8000-000000000000", "")
	w.wantCode(err, flowhq.CodeNotFound)
}

func TestApproveWithAWorkerThatDoesNotStart(t *testing.T) {
	w := newWorld(t)
	r := w.submitted("amina@example.com", "+255712000001")
	w.processes.failing("start", errors.New("no such file"))
	d, err := w.ApproveSetupRequest(w.ctx, "admin", r.ID, "")
	if err != nil || d.Status != flowhq.SetupApproved {
		t.Errorf("request %s, %v", d.Status, err)
	}
	w.want(r.TenantID, flowhq.TenantError, flowhq.WorkerError, flowhq.PhaseStarting, "The worker could not be started: no such file.")
	w.processes.failing("start", nil)
	w.must(w.StartWorker(w.ctx, "admin", r.TenantID))
	w.want(r.TenantID, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
}

func TestReject(t *testing.T) {
	w := newWorld(t)
	r := w.submitted("amina@example.com", "+255712000001")
	d, err := w.RejectSetupRequest(w.ctx, "admin", r.ID, "  ")
	w.must(err)
	if d.Status != flowhq.SetupRejected || d.Notes != "No reason provided" {
		t.Errorf("request %s, notes %q", d.Status, d.Notes)
	}
	if got := w.processes.took(); len(got) != 0 {
		t.Errorf("processes were asked %q", got)
	}
}

func TestTwoAdminsDecideAtOnce(t *testing.T) {
	w := newWorld(t)
	r := w.submitted("amina@example.com", "+255712000001")
	var all sync.WaitGroup
	results := make(chan error, 8)
	for i := range 8 {
		all.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = w.ApproveSetupRequest(w.ctx, "a", r.ID, "")
			} else {
				_, err = w.RejectSetupRequest(w.ctx, "b", r.ID, "")
			}
			results <- err
		})
	}
	all.Wait()
	close(results)
	good := 0
	for err := range results {
		if err == nil {
			good++
		} else {
			w.wantCode(err, flowhq.CodeConflict)
		}
	}
	d, err := w.SetupRequest(w.ctx, r.ID)
	if good != 1 || err != nil || (d.Status == flowhq.SetupApproved) != w.processes.Running(r.TenantID) {
		t.Errorf("%d decisions, request %s, running %v, %v", good, d.Status, w.processes.Running(r.TenantID), err)
	}
}

func TestPortal(t *testing.T) {
	w := newWorld(t)
	_, _, _, err := w.Me(w.ctx, "amina@example.com")
	w.wantCode(err, flowhq.CodeNotFound)
	_, _, err = w.OwnTenant(w.ctx, "amina@example.com")
	if err == nil || !strings.Contains(err.Error(), "Tenant not found") {
		t.Errorf("%v", err)
	}
	_, err = w.SubmitSetupRequest(w.ctx, "amina@example.com", flowhq.NewSetupRequest{})
	if err == nil || !strings.Contains(err.Error(), "User not found") {
		t.Errorf("%v", err)
	}
	_, _, _, err = w.CreateOwner(w.ctx, "not an address", "")
	if got := fieldsOf(err); !slices.Equal(got, []string{"email", "name"}) {
		t.Errorf("wrong fields %q", got)
	}
	_, made, created, err := w.CreateOwner(w.ctx, "Amina@example.com", "Amina")
	if err != nil || !created || made.Status != flowhq.TenantNew || made.PhoneNumber != "" {
		t.Errorf("%+v, %v, %v", made, created, err)
	}
	_, again, created, err := w.CreateOwner(w.ctx, "amina@EXAMPLE.com", "Somebody")
	if err != nil || created || again.ID != made.ID {
		t.Errorf("a known address: %v, %v, %v", again.ID, created, err)
	}
	_, err = w.SubmitSetupRequest(w.ctx, "amina@example.com", flowhq.NewSetupRequest{})
	if got := fieldsOf(err); !slices.Equal(got, []string{"businessName", "templateType", "whatsappNumber"}) {
		t.Errorf("wrong fields %q", got)
	}
	r := w.submitted("amina@example.com", "0712000001")
	u, tenant, latest, err := w.Me(w.ctx, "AMINA@example.com")
	if err != nil || u.TenantID != tenant.ID || latest == nil || latest.ID != r.ID || tenant.PhoneNumber != "+255712000001" || tenant.Config.Language != flowhq.Swahili {
		t.Errorf("%+v, %+v, %+v, %v", u, tenant, latest, err)
	}
	_, err = w.CreateUser(w.ctx, flowhq.User{Email: "x", Role: "KING", Phone: "1"})
	if got := fieldsOf(err); !slices.Equal(got, []string{"email", "name", "phone", "role"}) {
		t.Errorf("wrong fields %q", got)
	}
	_, err = w.CreateUser(w.ctx, flowhq.User{Email: "AMINA@example.com", Name: "A"})
	w.wantCode(err, flowhq.CodeConflict)
}

func TestTalkingToAWorker(t *testing.T) {
	w := newWorld(t)
	id := w.tenant().ID
	w.wantCode(w.Send(w.ctx, "admin", id, "+255711111111", "Habari"), flowhq.CodeUnavailable)
	_, err := w.LinkCode(w.ctx, id, "")
	w.wantCode(err, flowhq.CodeUnavailable)
	w.wantCode(w.Logout(w.ctx, "admin", id), flowhq.CodeUnavailable)

	w.must(w.StartWorker(w.ctx, "admin", id))
	w.links.connect(id, true)
	code, err := w.LinkCode(w.ctx, id, "")
	if err != nil || code.Code != "ABCD-EFGH" {
		t.Errorf("%+v, %v", code, err)
	}
	_, err = w.LinkCode(w.ctx, id, "12")
	if got := fieldsOf(err); !slices.Equal(got, []string{"phone_number"}) {
		t.Errorf("wrong fields %q", got)
	}
	w.wantCode(w.Logout(w.ctx, "admin", id), flowhq.CodeConflict) // nothing is linked
	w.says(id, connected())
	_, err = w.LinkCode(w.ctx, id, "")
	w.wantCode(err, flowhq.CodeConflict)

	w.must(w.Send(w.ctx, "admin", id, "+255711111111", "Habari"))
	w.must(w.SendFirst(w.ctx, "admin", id, "0711 222 222", "Karibu"))
	w.must(w.TakeOver(w.ctx, "admin", id, "+255711111111"))
	w.must(w.Release(w.ctx, "admin", id, "+255711111111"))
	w.must(w.Logout(w.ctx, "admin", id))
	err = w.Send(w.ctx, "admin", id, "", strings.Repeat("x", 5000))
	if got := fieldsOf(err); !slices.Equal(got, []string{"chat", "text"}) {
		t.Errorf("wrong fields %q", got)
	}
	want := []string{"link-code " + w.get(id).PhoneNumber, "send +255711111111 Habari", "send first +255711222222 Karibu", "take-over +255711111111", "release +255711111111", "logout"}
	if got := w.links.took(); !slices.Equal(got, want) {
		t.Errorf("the worker was asked %q, want %q", got, want)
	}
}

func TestLimitsOfLists(t *testing.T) {
	w := newWorld(t)
	id := w.tenant().ID
	for _, limit := range []int{-1, 1001} {
		_, err := w.Messages(w.ctx, id, flowhq.MessageQuery{Limit: limit})
		w.wantCode(err, flowhq.CodeInvalid)
		_, err = w.Events(w.ctx, id, flowhq.EventQuery{Limit: limit})
		w.wantCode(err, flowhq.CodeInvalid)
	}
	p, err := w.Process(w.ctx, id)
	if err != nil || p.State != "stopped" || p.Name != "worker-"+id {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestHealth(t *testing.T) {
	w := newWorld(t)
	w.must(w.Health(w.ctx))
	w.store.away.Store(true)
	w.wantCode(w.Health(w.ctx), flowhq.CodeUnavailable)
}

func TestWatchersAreNeverWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{})
		ctx, cancel := context.WithCancel(t.Context())
		slow := s.Subscribe(ctx)
		synctest.Wait()
		s.changed(flowhq.ChangeTenant, "first", "")
		synctest.Wait() // the watcher holds this one and does not take it
		for i := range 1000 {
			s.changed(flowhq.ChangeMessage, "a", fmt.Sprint(i))
			s.changed(flowhq.ChangeSession, "b", "")
		}
		var got []flowhq.Change
		for range 3 {
			got = append(got, <-slow)
		}
		if got[0].TenantID != "first" || got[1].TenantID != "a" || got[1].ID != "999" || got[2].TenantID != "b" {
			t.Errorf("changes %+v", got)
		}
		s.changed(flowhq.ChangeTenant, "held", "")
		synctest.Wait()
		for i := range maxPending + 5 {
			s.changed(flowhq.ChangeTenant, fmt.Sprint(i), "")
		}
		<-slow
		if c := <-slow; c.Kind != flowhq.ChangeTenant || c.TenantID != "" {
			t.Errorf("a very slow watcher got %+v, want a change that names no tenant", c)
		}
		cancel()
		for range slow {
		}
		if len(s.changes.watchers) != 0 {
			t.Error("the watcher is still known")
		}
	})
}
