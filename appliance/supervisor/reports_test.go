package supervisor_test

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/services/servicestest"
	"flowhq/appliance/supervisor"
)

const jid = "255700000001:1@s.whatsapp.net"

func TestReports_Report_Linking(t *testing.T) {
	w := newWorld(t)
	id := w.Started()
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@" + strings.Repeat("abc", 70)})
	w.Want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseQR, "")
	s, err := w.Session(w.Ctx, id)
	w.Must(err)
	if s.State != flowhq.SessionQRReady || !strings.HasPrefix(s.QRCode, "2@abc") {
		t.Errorf("session %+v", s)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.LastQR, "data:image/png;base64,"))
	w.Must(err)
	picture, err := png.Decode(bytes.NewReader(raw))
	w.Must(err)
	if b := picture.Bounds(); b.Dx() < 512 || b.Dx() != b.Dy() {
		t.Errorf("the picture is %v, want a square of at least 512", b)
	}

	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseConnecting, LinkedJID: jid})
	w.Want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseConnecting, "")
	w.Says(id, servicestest.Connected())
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	if s, err = w.Session(w.Ctx, id); err != nil || s.LastQR != "" || s.QRCode != "" || s.LinkedJID != jid {
		t.Errorf("after linking: %+v, %v", s, err)
	}
}

func TestReports_Report_NobodyScanned(t *testing.T) {
	w := newWorld(t)
	id := w.Started()
	w.Must(w.OpenLinking(w.Ctx, id)) // nothing to do yet
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseNobody})
	w.Want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseNobody, "")
	w.Must(w.OpenLinking(w.Ctx, id))
	w.Links.Connect(id, false)
	w.Must(w.OpenLinking(w.Ctx, id)) // looking is never an error
	if got := w.Links.Took(); !slices.Equal(got, []string{"relink"}) {
		t.Errorf("the worker was asked %q", got)
	}
}

func TestReports_Report_FailingPhases(t *testing.T) {
	tests := []struct {
		phase  flowhq.Phase
		detail string
	}{
		{flowhq.PhaseBanned, "WhatsApp banned the number for 24 hours (code 101)"},
		{flowhq.PhaseRestricted, "WhatsApp refused a message (463)"},
		{flowhq.PhaseOutdated, "WhatsApp refused the client"},
		{flowhq.PhaseReplaced, ""},
		{flowhq.PhaseJournalFault, "no space left on device"},
	}
	w := newWorld(t)
	for _, tt := range tests {
		id := w.Linked()
		w.Says(id, flowhq.SessionReport{Phase: tt.phase, Detail: tt.detail, LinkedJID: jid})
		d := w.Get(id)
		if d.Status != flowhq.TenantError || d.Worker.Status != flowhq.WorkerRunning {
			t.Errorf("%s: tenant %s, worker %s", tt.phase, d.Status, d.Worker.Status)
		}
		if !strings.HasPrefix(d.Worker.LastError, tt.detail) ||
			!strings.HasSuffix(d.Worker.LastError, flowhq.Remedy(tt.phase)) {
			t.Errorf("%s: last error %q lacks cause or remedy", tt.phase, d.Worker.LastError)
		}
		w.Says(id, servicestest.Connected())
		w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	}
}

func TestReports_Report_LoggedOutWhileRunning(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseLoggedOut, Detail: "The owner removed the device"})
	why := "The owner removed the device. " + flowhq.Remedy(flowhq.PhaseLoggedOut)
	w.Want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseLoggedOut, why)
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
	w.Want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseQR, why) // says why there is a code
	w.Says(id, servicestest.Connected())
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestReports_Report_LoggedOutWhileStopped(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Must(w.StopWorker(w.Ctx, "admin", id))
	w.Must(w.StartWorker(w.Ctx, "admin", id))
	w.HandleEvents()
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseConnecting, LinkedJID: jid})
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseLoggedOut})
	if d := w.Get(id); d.Status != flowhq.TenantError || d.Session.Linked() {
		t.Errorf("tenant %s, linked %v", d.Status, d.Session.Linked())
	}
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
	if d := w.Get(id); d.Status != flowhq.TenantQRPending || !strings.Contains(d.Worker.LastError, "logged out") {
		t.Errorf("tenant %s, last error %q", d.Status, d.Worker.LastError)
	}
}

func TestReports_Report_ShortLoss(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseReconnecting, LinkedJID: jid})
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseReconnecting, "")
	w.Says(id, servicestest.Connected())
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	if got := w.TimeLine(id, flowhq.TenantEventStatus); len(got) != 3 { // created, started, connected
		t.Errorf("status events %q", got)
	}
}

// TestStartingKeepsTheLink: a worker that has not opened its device yet knows of no link; the store does.
func TestReports_Report_StartingKeepsTheLink(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseStarting})
	if !w.Get(id).Session.Linked() {
		t.Error("a starting worker's report lost the link")
	}
}

func TestReports_Report_EqualOnesOnce(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	before := w.Store.Saves.Load()
	for range 50 {
		w.Clock.Pass(time.Second)
		w.Says(id, servicestest.Connected())
	}
	if got := w.Store.Saves.Load() - before; got != 0 {
		t.Errorf("50 equal reports made %d writes", got)
	}
	w.Flush(w.Ctx)
	if got := w.Store.Beats.Load(); got != 1 {
		t.Errorf("heartbeats were written %d times, want once for all", got)
	}
	s := w.Get(id).Session
	if s.LastSeenAt == nil || !s.LastSeenAt.Equal(w.Clock.Now()) || s.WAHeardAt == nil ||
		!s.WAHeardAt.Equal(w.Clock.Now()) {
		t.Errorf("last seen %v, heard %v, now %v", s.LastSeenAt, s.WAHeardAt, w.Clock.Now())
	}
}

func TestReports_Report_Outage(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Store.Away.Store(true)
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseReconnecting, LinkedJID: jid})
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseBanned, Detail: "Banned", LinkedJID: jid})
	seen := w.Clock.Now()
	w.Flush(w.Ctx)
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "") // nothing could be written

	w.Store.Away.Store(false)
	w.Flush(w.Ctx)
	w.Want(id, flowhq.TenantError, flowhq.WorkerRunning, flowhq.PhaseBanned,
		"Banned. "+flowhq.Remedy(flowhq.PhaseBanned))
	if s := w.Get(id).Session; s.LastSeenAt == nil || !s.LastSeenAt.Equal(seen) {
		t.Errorf("last seen %v, want %v", s.LastSeenAt, seen)
	}
}

// TestTheRestOfAReport: what fails in the middle of a report is done again as a whole.
func TestReports_Report_Rest(t *testing.T) {
	w := newWorld(t)
	id := w.Started()
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
	ctx := w.Ctx
	w.Store.Away.Store(true)
	w.Must(w.Report(ctx, id, servicestest.Connected()))
	w.Store.Away.Store(false)
	w.Clock.Pass(supervisor.RetryAfter)
	w.Flush(ctx)
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestReports_Hello(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	c, acked, err := w.Hello(w.Ctx, id, "0198c0de-0000-7000-8000-000000000001")
	w.Must(err)
	if acked != 0 || c.Business.Name != "Salon Amina" || c.Business.Template != flowhq.TemplateBooking ||
		c.Business.Settings.Timezone != flowhq.DefaultTimezone || c.Limits.RepliesPerMinute != 10 || c.Version != 1 {
		t.Errorf("config %+v, acked %d", c, acked)
	}
	again, _, err := w.Hello(w.Ctx, id, "0198c0de-0000-7000-8000-000000000001")
	w.Must(err)
	if again.Revision <= c.Revision {
		t.Errorf("revision %d after %d", again.Revision, c.Revision)
	}
	_, _, err = w.Hello(w.Ctx, "0198c0de-0000-7000-8000-00000000dead", "j")
	w.WantCode(err, flowhq.CodeNotFound)
}

func TestReports_ApplyEvents(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	sub := w.Subscribe(t.Context())
	events := []flowhq.WorkerEvent{{Seq: 1, At: w.Clock.Now(), Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: "A1", Chat: "+255711111111", Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer,
		Kind: flowhq.KindText,
		From: "+255711111111", To: "+255700000001", Text: "Habari", SentAt: w.Clock.Now(),
	}}}
	const journal = "0198c0de-0000-7000-8000-000000000001"
	for range 2 {
		acked, err := w.ApplyEvents(w.Ctx, id, journal, events)
		w.Must(err)
		if acked != 1 {
			t.Errorf("acked %d", acked)
		}
	}
	messages, err := w.Messages(w.Ctx, id, flowhq.MessageQuery{})
	w.Must(err)
	if len(messages) != 1 || messages[0].Text != "Habari" {
		t.Errorf("messages %+v", messages)
	}
	if c := <-sub; c.Kind != flowhq.ChangeMessage || c.TenantID != id {
		t.Errorf("change %+v", c)
	}
}

func TestReports_Report_SetupRequestBecomesActive(t *testing.T) {
	w := newWorld(t)
	r := submitted(w, "amina@example.com", "+255712000001")
	d, err := w.ApproveSetupRequest(w.Ctx, "admin", r.ID, "")
	w.Must(err)
	if d.Status != flowhq.SetupApproved {
		t.Fatalf("request %s", d.Status)
	}
	w.HandleEvents()
	w.Says(r.TenantID, servicestest.Connected())
	if d, err = w.SetupRequest(w.Ctx, r.ID); err != nil || d.Status != flowhq.SetupActive {
		t.Errorf("request %s, %v", d.Status, err)
	}
}

// submitted makes a user with a setup request.
func submitted(w *world, email, number string) flowhq.SetupRequest {
	w.T.Helper()
	_, _, _, err := w.CreateOwner(w.Ctx, email, "Amina")
	w.Must(err)
	r, err := w.SubmitSetupRequest(w.Ctx, email, flowhq.NewSetupRequest{
		BusinessName: "Salon Amina", TemplateType: flowhq.TemplateBooking, WhatsAppNumber: number,
	})
	w.Must(err)
	return r
}
