package fleet

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"flowhq"
)

func TestStale(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.processes.took()
	w.links.connect(id, false)
	w.clock.pass(119 * time.Second)
	w.checkStale(w.ctx)
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")

	w.clock.pass(time.Second)
	w.checkStale(w.ctx)
	const text = "The worker gave no sign of life for 2m0s and was restarted."
	w.want(id, flowhq.TenantError, flowhq.WorkerError, flowhq.PhaseConnected, text)
	if got := w.processes.took(); !slices.Equal(got, []string{"recover"}) {
		t.Errorf("processes were asked %q", got)
	}
	if got := w.events(id, flowhq.TenantEventStale); !slices.Equal(got, []string{text}) {
		t.Errorf("stale events %q", got)
	}
	w.news()
	w.links.connect(id, true)
	w.says(id, connected()) // the successor
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestAPingSavesAWorker(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.processes.took()
	w.clock.pass(10 * time.Minute)
	w.links.pong = connected()
	now := w.clock.Now()
	w.links.pong.HeardAt = &now
	w.checkStale(w.ctx)
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	if got := w.processes.took(); len(got) != 0 {
		t.Errorf("processes were asked %q", got)
	}
	if got := w.links.took(); !slices.Equal(got, []string{"ping"}) {
		t.Errorf("the worker was asked %q", got)
	}
}

func TestAnOutageMakesNobodyStale(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.processes.took()
	w.links.connect(id, false) // cannot say hello while the store is away
	w.store.away.Store(true)
	w.says(id, connected())
	w.flushBeats(w.ctx) // notices
	w.clock.pass(time.Hour)
	w.checkStale(w.ctx)
	w.store.away.Store(false)
	w.flush(w.ctx) // back
	w.checkStale(w.ctx)
	w.clock.pass(119 * time.Second)
	w.checkStale(w.ctx)
	if got := w.processes.took(); len(got) != 0 {
		t.Fatalf("processes were asked %q", got)
	}
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	w.clock.pass(time.Second)
	w.checkStale(w.ctx)
	if got := w.processes.took(); !slices.Equal(got, []string{"recover"}) {
		t.Errorf("processes were asked %q", got)
	}
}

func TestANewApplianceWaitsForItsWorkers(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.flush(w.ctx)
	next := New(Config{Store: w.store, Processes: w.processes, Links: w.links, Now: w.clock.Now, StaleAfter: 2 * time.Minute})
	w.clock.pass(time.Hour) // the appliance was away
	next.base = w.clock.Now()
	next.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessAdopted, PID: 2})
	w.processes.took()
	w.clock.pass(time.Minute)
	next.checkStale(w.ctx)
	if got := w.processes.took(); len(got) != 0 {
		t.Errorf("an adopted worker was asked %q before it could dial", got)
	}
}

func TestWhatsAppIsSilent(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	for range 3 { // the worker lives, WhatsApp does not
		w.clock.pass(time.Minute)
		w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseReconnecting, LinkedJID: jid})
		w.checkStale(w.ctx)
	}
	d := w.get(id)
	if d.Status != flowhq.TenantError || d.Worker.Status != flowhq.WorkerRunning || !strings.Contains(d.Worker.LastError, "not been heard from for 2m0s") {
		t.Errorf("tenant %s, worker %s, last error %q", d.Status, d.Worker.Status, d.Worker.LastError)
	}
	if got := w.events(id, flowhq.TenantEventStale); len(got) != 1 {
		t.Errorf("told %d times: %q", len(got), got)
	}
	w.says(id, connected())
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestConnectedButSilent(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	heard := w.clock.Now()
	report := connected()
	report.HeardAt = &heard
	w.says(id, report)
	for range 3 {
		w.clock.pass(time.Minute)
		w.says(id, report) // says connected, and heard nothing new
		w.checkStale(w.ctx)
	}
	if s := w.get(id).Status; s != flowhq.TenantError {
		t.Errorf("tenant %s", s)
	}
	w.says(id, connected())
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestNobodyIsSilentWithoutADevice(t *testing.T) {
	w := newWorld(t)
	id := w.started()
	for range 5 {
		w.clock.pass(time.Minute)
		w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
		w.checkStale(w.ctx)
	}
	w.want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseQR, "")
}

func TestReconcile(t *testing.T) {
	w := newWorld(t)
	linked, unlinked, stopped, paused := w.linked(), w.started(), w.tenant().ID, w.linked()
	w.must(w.Pause(w.ctx, "admin", paused))
	w.processes.running = map[string]bool{stopped: true, paused: true, "0198c0de-0000-7000-8000-00000000dead": true} // after a reboot, by somebody else's hand
	w.processes.took()
	w.reconcile(w.ctx)
	w.news()
	got := w.processes.Tenants()
	slices.Sort(got)
	want := []string{linked, unlinked}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("running %q, want %q", got, want)
	}
	w.want(linked, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
	w.want(unlinked, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
	w.want(paused, flowhq.TenantPaused, flowhq.WorkerStopped, flowhq.PhaseOff, "")
	w.processes.took()
	w.reconcile(w.ctx)
	if got := w.processes.took(); len(got) != 0 {
		t.Errorf("a settled world was asked %q", got)
	}
}

func TestCrash(t *testing.T) {
	w := newWorld(t)
	id := w.started()
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseQR, QRCode: "2@x"})
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessExited, PID: 2, Cause: "by itself, signal 9 (killed)"})
	w.news()
	w.want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseOff, "") // its code is worth nothing now
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessStarted, PID: 3})
	w.news()
	got := w.events(id, flowhq.TenantEventWorker)
	if len(got) != 3 || got[1] != "The worker ended (process 2): by itself, signal 9 (killed)" || got[2] != "The worker started (process 3)" {
		t.Errorf("worker events %q", got)
	}
}

// TestACrashIsOvertaken: news of an end that is handled after the successor spoke must not take its word back.
func TestACrashIsOvertaken(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessExited, PID: 2})
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessStarted, PID: 3})
	w.says(id, connected())
	w.news()
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestCrashLoop(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessExited, PID: 2, Loop: true, Cause: "exit code 3"})
	w.news()
	d := w.get(id)
	if d.Status != flowhq.TenantError || d.Worker.Status != flowhq.WorkerError || !strings.Contains(d.Worker.LastError, "crashes again and again: exit code 3.") {
		t.Errorf("tenant %s, worker %s, last error %q", d.Status, d.Worker.Status, d.Worker.LastError)
	}
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessStarted, PID: 3})
	w.news()
	w.says(id, connected())
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestProcessCannotBeStarted(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.ProcessChanged(id, flowhq.ProcessChange{Kind: flowhq.ProcessFailed, Cause: "no space left on device"})
	w.news()
	d := w.get(id)
	if d.Status != flowhq.TenantError || d.Worker.Status != flowhq.WorkerError || !strings.Contains(d.Worker.LastError, "no space left on device") {
		t.Errorf("tenant %s, worker %s, last error %q", d.Status, d.Worker.Status, d.Worker.LastError)
	}
}

// TestRun runs the loops themselves: what the world lacks is made, what workers say is written, and all end with their
// context (the package's goleak looks after that).
func TestRun(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.processes.running = map[string]bool{}
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan error)
	changes := w.Subscribe(ctx)
	go func() { ended <- w.Run(ctx) }()
	deadline := time.After(10 * time.Second)
	for !w.processes.Running(id) {
		select {
		case <-changes:
		case <-deadline:
			t.Fatal("the wished worker was not started")
		}
	}
	cancel()
	w.must(<-ended)
	for range changes { // closed with its context
	}
}
