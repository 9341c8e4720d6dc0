package supervisor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/services/servicestest"
)

func TestWorkers_StartWorker_StopWorker(t *testing.T) {
	w := newWorld(t)
	id := w.NewTenant().ID
	w.Want(id, flowhq.TenantNew, flowhq.WorkerStopped, flowhq.PhaseOff, "")

	w.Must(w.StartWorker(w.Ctx, "admin", id))
	w.Want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
	err := w.StartWorker(w.Ctx, "admin", id)
	w.WantCode(err, flowhq.CodeRunning)

	w.Must(w.StopWorker(w.Ctx, "admin", id)) // never linked: NEW again
	w.Want(id, flowhq.TenantNew, flowhq.WorkerStopped, flowhq.PhaseOff, "")
	w.Must(w.StopWorker(w.Ctx, "admin", id)) // stopping a stopped one is a success
	if got := w.Processes.Took(); !slices.Equal(got, []string{"start", "stop", "stop"}) {
		t.Errorf("processes were asked %q", got)
	}
}

func TestWorkers_StopWorker_Linked(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Must(w.StopWorker(w.Ctx, "admin", id))
	w.Want(id, flowhq.TenantActive, flowhq.WorkerStopped, flowhq.PhaseOff, "")
	if !w.Get(id).Session.Linked() {
		t.Error("stopping lost the linked device")
	}
	w.Must(w.StartWorker(w.Ctx, "admin", id)) // still linked: straight to ACTIVE
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
}

func TestWorkers_UnknownTenants(t *testing.T) {
	w := newWorld(t)
	const id = "0198c0de-0000-7000-8000-000000000000"
	calls := map[string]func(context.Context, string, string) error{
		"start": w.StartWorker, "pause": w.Pause, "resume": w.Resume, "delete": w.DeleteTenant, "logout": w.Logout,
	}
	for name, call := range calls {
		if err := call(w.Ctx, "admin", id); err == nil || !strings.Contains(err.Error(), "missing.tenant") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, call := range []func(context.Context, string, string) error{w.StopWorker, w.RestartWorker,
		w.ForceRestartWorker} {
		if err := call(w.Ctx, "admin", id); err == nil || !strings.Contains(err.Error(), "missing.tenant_or_worker") {
			t.Errorf("%v", err)
		}
	}
	_, err := w.Session(w.Ctx, id)
	if err == nil || !strings.Contains(err.Error(), "missing.session") {
		t.Errorf("session: %v", err)
	}
	if got := w.Processes.Took(); len(got) != 0 {
		t.Errorf("processes were asked %q", got)
	}
}

func TestWorkers_StartWorker_Fails(t *testing.T) {
	w := newWorld(t)
	id := w.NewTenant().ID
	w.Processes.Failing("start", errors.New("exec format error"))
	w.WantCode(w.StartWorker(w.Ctx, "admin", id), flowhq.CodeUnavailable)
	w.Want(id, flowhq.TenantError, flowhq.WorkerError, flowhq.PhaseStarting,
		"The worker could not be started: exec format error.")
	if desired := w.Get(id).Worker.DesiredState; desired != flowhq.DesiredRunning {
		t.Errorf("desired state %s: nobody would try again", desired)
	}
	w.Processes.Failing("start", nil)
	w.Services.Reconcile(w.Ctx)
	w.Want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
}

func TestWorkers_StartWorker_Waiting(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	next := w.Clock.Now().Add(time.Minute)
	w.Processes.Waiting = &next
	w.Processes.Took()
	w.Must(w.StartWorker(w.Ctx, "admin", id))
	if got := w.Processes.Took(); !slices.Equal(got, []string{"restart"}) {
		t.Errorf("processes were asked %q", got)
	}
}

func TestWorkers_StartWorker_NobodyScanned(t *testing.T) {
	w := newWorld(t)
	id := w.Started()
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseNobody})
	w.Must(w.StartWorker(w.Ctx, "admin", id))
	if got := w.Links.Took(); !slices.Equal(got, []string{"relink"}) {
		t.Errorf("the worker was asked %q", got)
	}
}

func TestWorkers_StopWorker_Fails(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Processes.Failing("stop", errors.New("it takes longer than expected"))
	w.WantCode(w.StopWorker(w.Ctx, "admin", id), flowhq.CodeUnavailable)
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseReconnecting, LinkedJID: servicestest.Connected().LinkedJID})
	if got := w.Get(id).Session.Phase; got != flowhq.PhaseReconnecting {
		t.Errorf("phase %s: the worker that still runs is not listened to", got)
	}
}

func TestWorkers_ForceRestartWorker(t *testing.T) {
	w := newWorld(t)
	id := w.NewTenant().ID
	w.Must(w.RestartWorker(w.Ctx, "admin", id)) // a stopped one is started
	w.Must(w.RestartWorker(w.Ctx, "admin", id))
	w.Must(w.ForceRestartWorker(w.Ctx, "admin", id))
	if got := w.Processes.Took(); !slices.Equal(got, []string{"start", "restart", "force-restart"}) {
		t.Errorf("processes were asked %q", got)
	}
}

func TestPauses_Pause(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Must(w.Pause(w.Ctx, "admin", id))
	w.Want(id, flowhq.TenantPaused, flowhq.WorkerStopped, flowhq.PhaseOff, "")
	w.Processes.Took()
	w.Services.Reconcile(w.Ctx)
	w.WantCode(w.StartWorker(w.Ctx, "admin", id), flowhq.CodeConflict)
	w.WantCode(w.RestartWorker(w.Ctx, "admin", id), flowhq.CodeConflict)
	if got := w.Processes.Took(); len(got) != 0 {
		t.Errorf("a paused tenant's processes were asked %q", got)
	}
	w.Must(w.Resume(w.Ctx, "admin", id))
	w.Want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
	w.Must(w.Resume(w.Ctx, "admin", id)) // again: nothing
	if got := w.Processes.Took(); !slices.Equal(got, []string{"start"}) {
		t.Errorf("processes were asked %q", got)
	}
}

func TestPauses_Resume(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	w.Must(w.StopWorker(w.Ctx, "admin", id))
	w.Must(w.Pause(w.Ctx, "admin", id))
	w.Processes.Took()
	w.Must(w.Resume(w.Ctx, "admin", id))
	w.Want(id, flowhq.TenantActive, flowhq.WorkerStopped, flowhq.PhaseOff, "")
	if got := w.Processes.Took(); len(got) != 0 {
		t.Errorf("processes were asked %q", got)
	}
}

func TestWorkers_StartWorker_Concurrent(t *testing.T) {
	w := newWorld(t)
	id := w.NewTenant().ID
	var all sync.WaitGroup
	results := make(chan error, 12)
	for range 12 {
		all.Go(func() { results <- w.StartWorker(w.Ctx, "admin", id) })
	}
	all.Wait()
	close(results)
	good := 0
	for err := range results {
		if err == nil {
			good++
		} else {
			w.WantCode(err, flowhq.CodeRunning)
		}
	}
	if good != 1 {
		t.Errorf("%d of 12 concurrent starts succeeded, want 1", good)
	}
	if got := w.Processes.Took(); !slices.Equal(got, []string{"start"}) {
		t.Errorf("processes were asked %q", got)
	}
}

// TestWorkers_ConcurrentAdmins lets several admins and the worker itself act on one tenant at once; what the rows say
// at the end must be what the processes are.
func TestWorkers_ConcurrentAdmins(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	actions := []func(){
		func() { _ = w.StartWorker(w.Ctx, "a", id) },
		func() { _ = w.StopWorker(w.Ctx, "b", id) },
		func() { _ = w.RestartWorker(w.Ctx, "c", id) },
		func() { _ = w.Report(w.Ctx, id, servicestest.Connected()) },
		func() { _ = w.Report(w.Ctx, id, flowhq.SessionReport{Phase: flowhq.PhaseReconnecting, LinkedJID: "x"}) },
	}
	var all sync.WaitGroup
	for _, act := range actions {
		all.Go(func() {
			for range 5 {
				act()
			}
		})
	}
	all.Wait()
	w.HandleEvents()
	d := w.Get(id)
	wantStatus := flowhq.WorkerStopped
	if w.Processes.Running(id) {
		wantStatus = flowhq.WorkerRunning
	}
	if d.Worker.Status != wantStatus || (d.Worker.DesiredState == flowhq.DesiredRunning) != w.Processes.Running(id) {
		t.Errorf("worker %s, desired state %s, running %v",
			d.Worker.Status, d.Worker.DesiredState, w.Processes.Running(id))
	}
	if wantStatus == flowhq.WorkerStopped && d.Session.Phase != flowhq.PhaseOff {
		t.Errorf("a stopped worker's session is %s", d.Session.Phase)
	}
}

func TestWorkers_Exclusively(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	entered, goOn := make(chan struct{}), make(chan struct{})
	w.Processes.InStop = func() { close(entered); <-goOn }
	ctx, cancel := context.WithCancel(w.Ctx)
	done := make(chan error)
	go func() { done <- w.StopWorker(ctx, "admin", id) }()
	<-entered
	cancel() // the browser went away in the middle
	close(goOn)
	w.Must(<-done)
	w.Want(id, flowhq.TenantActive, flowhq.WorkerStopped, flowhq.PhaseOff, "")
}

func TestSupervisor_Ended(t *testing.T) {
	w := newWorld(t)
	id, stopped := w.Linked(), w.NewTenant().ID
	w.Services.Ending()
	w.Says(id, flowhq.SessionReport{Phase: flowhq.PhaseOff}) // the dying worker's last word
	w.WantCode(w.StartWorker(w.Ctx, "admin", stopped), flowhq.CodeUnavailable)
	w.Services.Ended(w.Ctx)
	w.Want(id, flowhq.TenantActive, flowhq.WorkerStopped, flowhq.PhaseOff, "")
	if d := w.Get(id); d.Worker.DesiredState != flowhq.DesiredRunning || !d.Session.Linked() {
		t.Errorf("desired state %s, linked %v: the next start would not bring it back", d.Worker.DesiredState,
			d.Session.Linked())
	}
}

func TestWorkers_RestartWorker_ReadsTheTenantOnce(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	before := w.Store.Reads.Load()
	w.Must(w.RestartWorker(w.Ctx, "admin", id))
	if got := w.Store.Reads.Load() - before; got != 1 {
		t.Errorf("a restart read the tenant %d times, want once", got)
	}
}
