package fleet

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"flowhq"
)

const jid = "255700000001:1@s.whatsapp.net"

func TestLinking(t *testing.T) {
	w := newWorld(t)
	id := w.started()
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@" + strings.Repeat("abc", 70)})
	w.want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseQR, "")
	s, err := w.Session(w.ctx, id)
	w.must(err)
	if s.State != flowhq.SessionQRReady || !strings.HasPrefix(s.QRCode, "2@abc") {
		t.Errorf("session %+v", s)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.LastQR, "data:image/png;base64,"))
	w.must(err)
	picture, err := png.Decode(bytes.NewReader(raw))
	w.must(err)
	if b := picture.Bounds(); b.Dx() < 512 || b.Dx() != b.Dy() {
		t.Errorf("the picture is %v, want a square of at least 512", b)
	}

	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseConnecting, LinkedJID: jid})
	w.want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseConnecting, "")
	w.says(id, connected())
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	if s, err = w.Session(w.ctx, id); err != nil || s.LastQR != "" || s.QRCode != "" || s.LinkedJID != jid {
		t.Errorf("after linking: %+v, %v", s, err)
	}
}

func TestNobodyScanned(t *testing.T) {
	w := newWorld(t)
	id := w.started()
	w.must(w.OpenLinking(w.ctx, id)) // nothing to do yet
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseNobody})
	w.want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseNobody, "")
	w.must(w.OpenLinking(w.ctx, id))
	w.links.connect(id, false)
	w.must(w.OpenLinking(w.ctx, id)) // looking is never an error
	if got := w.links.took(); !slices.Equal(got, []string{"relink"}) {
		t.Errorf("the worker was asked %q", got)
	}
}

func TestFailingPhases(t *testing.T) {
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
		id := w.linked()
		w.says(id, flowhq.SessionReport{Phase: tt.phase, Detail: tt.detail, LinkedJID: jid})
		d := w.get(id)
		if d.Status != flowhq.TenantError || d.Worker.Status != flowhq.WorkerRunning {
			t.Errorf("%s: tenant %s, worker %s", tt.phase, d.Status, d.Worker.Status)
		}
		if !strings.HasPrefix(d.Worker.LastError, tt.detail) || !strings.HasSuffix(d.Worker.LastError, flowhq.Remedy(tt.phase)) {
			t.Errorf("%s: last error %q lacks cause or remedy", tt.phase, d.Worker.LastError)
		}
		w.says(id, connected())
		w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	}
}

func TestNothingIsSaidTwice(t *testing.T) {
	for _, detail := range []string{"The worker cannot write its journal", "The worker cannot write its journal."} {
		v := judge(flowhq.SessionReport{Phase: flowhq.PhaseJournalFault, Detail: detail}, true, "", "")
		if v.lastError != flowhq.Remedy(flowhq.PhaseJournalFault) {
			t.Errorf("last error %q", v.lastError)
		}
	}
}

func TestLoggedOutWhileRunning(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseLoggedOut, Detail: "The owner removed the device"})
	why := "The owner removed the device. " + flowhq.Remedy(flowhq.PhaseLoggedOut)
	w.want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseLoggedOut, why)
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
	w.want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseQR, why) // says why there is a code
	w.says(id, connected())
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestLoggedOutWhileStopped(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.must(w.StopWorker(w.ctx, "admin", id))
	w.must(w.StartWorker(w.ctx, "admin", id))
	w.news()
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseConnecting, LinkedJID: jid})
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseLoggedOut})
	if d := w.get(id); d.Status != flowhq.TenantError || d.Session.Linked() {
		t.Errorf("tenant %s, linked %v", d.Status, d.Session.Linked())
	}
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
	if d := w.get(id); d.Status != flowhq.TenantQRPending || !strings.Contains(d.Worker.LastError, "logged out") {
		t.Errorf("tenant %s, last error %q", d.Status, d.Worker.LastError)
	}
}

func TestShortLossChangesNothing(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseReconnecting, LinkedJID: jid})
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseReconnecting, "")
	w.says(id, connected())
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	if got := w.events(id, flowhq.TenantEventStatus); len(got) != 3 { // created, started, connected
		t.Errorf("status events %q", got)
	}
}

// TestStartingKeepsTheLink: a worker that has not opened its device yet knows of no link; the store does.
func TestStartingKeepsTheLink(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseStarting})
	if !w.get(id).Session.Linked() {
		t.Error("a starting worker's report lost the link")
	}
}

func TestEqualReportsAreWrittenOnce(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	before := w.store.saves.Load()
	for range 50 {
		w.clock.pass(time.Second)
		w.says(id, connected())
	}
	if got := w.store.saves.Load() - before; got != 0 {
		t.Errorf("50 equal reports made %d writes", got)
	}
	w.flush(w.ctx)
	if got := w.store.beats.Load(); got != 1 {
		t.Errorf("heartbeats were written %d times, want once for all", got)
	}
	s := w.get(id).Session
	if s.LastSeenAt == nil || !s.LastSeenAt.Equal(w.clock.Now()) || s.WAHeardAt == nil || !s.WAHeardAt.Equal(w.clock.Now()) {
		t.Errorf("last seen %v, heard %v, now %v", s.LastSeenAt, s.WAHeardAt, w.clock.Now())
	}
}

func TestReportsOutliveAnOutage(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.store.away.Store(true)
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseReconnecting, LinkedJID: jid})
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseBanned, Detail: "Banned", LinkedJID: jid})
	seen := w.clock.Now()
	w.flush(w.ctx)
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "") // nothing could be written

	w.store.away.Store(false)
	w.flush(w.ctx)
	w.want(id, flowhq.TenantError, flowhq.WorkerRunning, flowhq.PhaseBanned, "Banned. "+flowhq.Remedy(flowhq.PhaseBanned))
	if s := w.get(id).Session; s.LastSeenAt == nil || !s.LastSeenAt.Equal(seen) {
		t.Errorf("last seen %v, want %v", s.LastSeenAt, seen)
	}
}

// TestTheRestOfAReport: what fails in the middle of a report is done again as a whole.
func TestTheRestOfAReport(t *testing.T) {
	w := newWorld(t)
	id := w.started()
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
	ctx := w.ctx
	w.store.away.Store(true)
	w.must(w.Report(ctx, id, connected()))
	w.store.away.Store(false)
	w.clock.pass(retryAfter)
	w.flush(ctx)
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestHello(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	c, acked, err := w.Hello(w.ctx, id, "0198c0de-0000-7000-8000-000000000001")
	w.must(err)
	if acked != 0 || c.Business.Name != "Salon Amina" || c.Business.Template != flowhq.TemplateBooking ||
		c.Business.Settings.Timezone != flowhq.DefaultTimezone || c.Limits.RepliesPerMinute != 10 || c.Version != 1 {
		t.Errorf("config %+v, acked %d", c, acked)
	}
	again, _, err := w.Hello(w.ctx, id, "0198c0de-0000-7000-8000-000000000001")
	w.must(err)
	if again.Revision <= c.Revision {
		t.Errorf("revision %d after %d", again.Revision, c.Revision)
	}
	_, _, err = w.Hello(w.ctx, "0198c0de-0000-7000-8000-00000000dead", "j")
	w.wantCode(err, flowhq.CodeNotFound)
}

func TestEventsAreAppliedOnceAndTold(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	sub := w.Subscribe(t.Context())
	events := []flowhq.WorkerEvent{{Seq: 1, At: w.clock.Now(), Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
		WAMessageID: "A1", Chat: "+255711111111", Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer, Kind: flowhq.KindText,
		From: "+255711111111", To: "+255700000001", Text: "Habari", SentAt: w.clock.Now(),
	}}}
	const journal = "0198c0de-0000-7000-8000-000000000001"
	for range 2 {
		acked, err := w.ApplyEvents(w.ctx, id, journal, events)
		w.must(err)
		if acked != 1 {
			t.Errorf("acked %d", acked)
		}
	}
	messages, err := w.Messages(w.ctx, id, flowhq.MessageQuery{})
	w.must(err)
	if len(messages) != 1 || messages[0].Text != "Habari" {
		t.Errorf("messages %+v", messages)
	}
	if c := <-sub; c.Kind != flowhq.ChangeMessage || c.TenantID != id {
		t.Errorf("change %+v", c)
	}
}

func TestSetupRequestBecomesActiveAtTheFirstConnection(t *testing.T) {
	w := newWorld(t)
	r := w.submitted("amina@example.com", "+255712000001")
	d, err := w.ApproveSetupRequest(w.ctx, "admin", r.ID, "")
	w.must(err)
	if d.Status != flowhq.SetupApproved {
		t.Fatalf("request %s", d.Status)
	}
	w.news()
	w.says(r.TenantID, connected())
	if d, err = w.SetupRequest(w.ctx, r.ID); err != nil || d.Status != flowhq.SetupActive {
		t.Errorf("request %s, %v", d.Status, err)
	}
}

func TestVerdicts(t *testing.T) {
	tests := []struct {
		phase     flowhq.Phase
		connected bool
		want      flowhq.StatusTrigger
	}{
		{flowhq.PhaseOff, true, ""}, {flowhq.PhaseStarting, true, ""}, {flowhq.PhaseConnecting, true, ""},
		{flowhq.PhaseReconnecting, true, ""}, {flowhq.PhaseQR, false, flowhq.TriggerUnlinked}, {flowhq.PhaseNobody, false, flowhq.TriggerUnlinked},
		{flowhq.PhaseConnected, false, flowhq.TriggerConnected}, {flowhq.PhaseLoggedOut, true, flowhq.TriggerUnlinked},
		{flowhq.PhaseLoggedOut, false, flowhq.TriggerFailed}, {flowhq.PhaseReplaced, true, flowhq.TriggerFailed},
		{flowhq.PhaseBanned, true, flowhq.TriggerFailed}, {flowhq.PhaseRestricted, true, flowhq.TriggerFailed},
		{flowhq.PhaseOutdated, true, flowhq.TriggerFailed}, {flowhq.PhaseJournalFault, true, flowhq.TriggerFailed},
	}
	for _, tt := range tests {
		v := judge(flowhq.SessionReport{Phase: tt.phase}, tt.connected, "before", "")
		if v.occurrence != tt.want || v.cause == "" {
			t.Errorf("%s, connected %v: %+v, want %q", tt.phase, tt.connected, v, tt.want)
		}
		if tt.want == "" && v.lastError != "before" {
			t.Errorf("%s: last error became %q", tt.phase, v.lastError)
		}
	}
}
