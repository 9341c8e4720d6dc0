package supervisor_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/services"
	"flowhq/appliance/services/servicestest"
	"flowhq/worker/bot/tryout"
)

func TestStaleCheck_Restarts(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Processes.Took()
	w.Links.Connect(id, false)
	w.Clock.Pass(119 * time.Second)
	w.Services.CheckStale(w.Ctx)
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")

	w.Clock.Pass(time.Second)
	w.Services.CheckStale(w.Ctx)
	const text = "The worker gave no sign of life for 2m0s and was restarted."
	w.Want(id, flowhq.TenantError, flowhq.WorkerError, flowhq.PhaseConnected, text)
	if got := w.Processes.Took(); !slices.Equal(got, []string{"recover"}) {
		t.Errorf("processes were asked %q", got)
	}
	if got := w.TimeLine(id, flowhq.TenantEventStale); !slices.Equal(got, []string{text}) {
		t.Errorf("stale events %q", got)
	}
	w.HandleEvents()
	w.Links.Connect(id, true)
	w.Says(id, servicestest.Connected()) // the successor
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestStaleCheck_AnAnswerIsEnough(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Processes.Took()
	w.Clock.Pass(10 * time.Minute)
	w.Links.Pong = servicestest.Connected()
	now := w.Clock.Now()
	w.Links.Pong.HeardAt = &now
	w.Services.CheckStale(w.Ctx)
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	if got := w.Processes.Took(); len(got) != 0 {
		t.Errorf("processes were asked %q", got)
	}
	if got := w.Links.Took(); !slices.Equal(got, []string{"ping"}) {
		t.Errorf("the worker was asked %q", got)
	}
}

func TestStaleCheck_AfterAnOutage(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Processes.Took()
	w.Links.Connect(id, false) // cannot say hello while the store is away
	w.Store.Away.Store(true)
	w.Says(id, servicestest.Connected())
	w.Services.FlushBeats(w.Ctx) // notices
	w.Clock.Pass(time.Hour)
	w.Services.CheckStale(w.Ctx)
	w.Store.Away.Store(false)
	w.Flush(w.Ctx) // back
	w.Services.CheckStale(w.Ctx)
	w.Clock.Pass(119 * time.Second)
	w.Services.CheckStale(w.Ctx)
	if got := w.Processes.Took(); len(got) != 0 {
		t.Fatalf("processes were asked %q", got)
	}
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	w.Clock.Pass(time.Second)
	w.Services.CheckStale(w.Ctx)
	if got := w.Processes.Took(); !slices.Equal(got, []string{"recover"}) {
		t.Errorf("processes were asked %q", got)
	}
}

func TestStaleCheck_AfterARestart(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Flush(w.Ctx)
	next := services.New(services.Config{
		Stores: w.Store.Stores(), Processes: w.Processes, Links: w.Links, Bot: tryout.Desk{}, Now: w.Clock.Now,
		StaleAfter: 2 * time.Minute,
	})
	w.Clock.Pass(time.Hour) // the appliance was away
	next.GiveTime()
	next.Supervisor.Events.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessAdopted, PID: 2})
	w.Processes.Took()
	w.Clock.Pass(time.Minute)
	next.CheckStale(w.Ctx)
	if got := w.Processes.Took(); len(got) != 0 {
		t.Errorf("an adopted worker was asked %q before it could dial", got)
	}
}

func TestStaleCheck_WhatsAppIsSilent(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	for range 3 { // the worker lives, WhatsApp does not
		w.Clock.Pass(time.Minute)
		w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseReconnecting, LinkedJID: jid})
		w.Services.CheckStale(w.Ctx)
	}
	d := w.Get(id)
	if d.Status != flowhq.TenantError || d.Worker.Status != flowhq.WorkerRunning ||
		!strings.Contains(d.Worker.LastError, "not been heard from for 2m0s") {
		t.Errorf("tenant %s, worker %s, last error %q", d.Status, d.Worker.Status, d.Worker.LastError)
	}
	if got := w.TimeLine(id, flowhq.TenantEventStale); len(got) != 1 {
		t.Errorf("told %d times: %q", len(got), got)
	}
	w.Says(id, servicestest.Connected())
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestStaleCheck_ConnectedButSilent(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	heard := w.Clock.Now()
	report := servicestest.Connected()
	report.HeardAt = &heard
	w.Says(id, report)
	for range 3 {
		w.Clock.Pass(time.Minute)
		w.Says(id, report) // says connected, and heard nothing new
		w.Services.CheckStale(w.Ctx)
	}
	if s := w.Get(id).Status; s != flowhq.TenantError {
		t.Errorf("tenant %s", s)
	}
	w.Says(id, servicestest.Connected())
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestStaleCheck_NoDevice(t *testing.T) {
	w := newWorld(t)
	id := w.Started()
	for range 5 {
		w.Clock.Pass(time.Minute)
		w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
		w.Services.CheckStale(w.Ctx)
	}
	w.Want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseQR, "")
}

func TestReconciler(t *testing.T) {
	w := newWorld(t)
	linked, unlinked, stopped, paused := w.Linked(), w.Started(), w.NewTenant().ID, w.Linked()
	w.Must(w.Pause(w.Ctx, "admin", paused))
	// after a reboot, by somebody else's hand
	w.Processes.Exist(stopped, paused, "0198c0de-0000-7000-8000-00000000dead")
	w.Processes.Took()
	w.Services.Reconcile(w.Ctx)
	w.HandleEvents()
	got := w.Processes.Tenants()
	slices.Sort(got)
	want := []string{linked, unlinked}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("running %q, want %q", got, want)
	}
	w.Want(linked, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
	w.Want(unlinked, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
	w.Want(paused, flowhq.TenantPaused, flowhq.WorkerStopped, flowhq.PhaseOff, "")
	w.Processes.Took()
	w.Services.Reconcile(w.Ctx)
	if got := w.Processes.Took(); len(got) != 0 {
		t.Errorf("a settled world was asked %q", got)
	}
}

func TestProcessEvents_Crash(t *testing.T) {
	w := newWorld(t)
	id := w.Started()
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessExited, PID: 2,
		Cause: "by itself, signal 9 (killed)"})
	w.HandleEvents()
	w.Want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseOff, "") // its code is worth nothing now
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessStarted, PID: 3})
	w.HandleEvents()
	got := w.TimeLine(id, flowhq.TenantEventWorker)
	if len(got) != 3 || got[1] != "The worker ended (process 2): by itself, signal 9 (killed)" ||
		got[2] != "The worker started (process 3)" {
		t.Errorf("worker events %q", got)
	}
}

// TestACrashIsOvertaken: news of an end that is handled after the successor spoke must not take its word back.
func TestProcessEvents_CrashIsOvertaken(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessExited, PID: 2})
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessStarted, PID: 3})
	w.Says(id, servicestest.Connected())
	w.HandleEvents()
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestProcessEvents_CrashLoop(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessExited, PID: 2, Loop: true, Cause: "exit code 3"})
	w.HandleEvents()
	d := w.Get(id)
	if d.Status != flowhq.TenantError || d.Worker.Status != flowhq.WorkerError ||
		!strings.Contains(d.Worker.LastError, "crashes again and again: exit code 3.") {
		t.Errorf("tenant %s, worker %s, last error %q", d.Status, d.Worker.Status, d.Worker.LastError)
	}
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessStarted, PID: 3})
	w.HandleEvents()
	w.Says(id, servicestest.Connected())
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestProcessEvents_CannotBeStarted(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessFailed, Cause: "no space left on device"})
	w.HandleEvents()
	d := w.Get(id)
	if d.Status != flowhq.TenantError || d.Worker.Status != flowhq.WorkerError ||
		!strings.Contains(d.Worker.LastError, "no space left on device") {
		t.Errorf("tenant %s, worker %s, last error %q", d.Status, d.Worker.Status, d.Worker.LastError)
	}
}

// TestSupervisor_Run runs the loops themselves: what the world lacks is made, what workers say is written, and all end
// with their context (the package's goleak looks after that).
func TestSupervisor_Run(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Processes.Exist()
	ctx, cancel := context.WithCancel(w.Ctx)
	ended := make(chan error)
	changes := w.Subscribe(ctx)
	go func() { ended <- w.Services.Run(ctx) }()
	deadline := time.After(10 * time.Second)
	for !w.Processes.Running(id) {
		select {
		case <-changes:
		case <-deadline:
			t.Fatal("the worker that should run was not started")
		}
	}
	cancel()
	w.Must(<-ended)
	for range changes { // closed with its context
	}
}
