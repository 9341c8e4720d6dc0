package fleet

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"flowhq"
)

func TestStartAndStop(t *testing.T) {
	w := newWorld(t)
	id := w.tenant().ID
	w.want(id, flowhq.TenantNew, flowhq.WorkerStopped, flowhq.PhaseOff, "")

	w.must(w.StartWorker(w.ctx, "admin", id))
	w.want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
	err := w.StartWorker(w.ctx, "admin", id)
	w.wantCode(err, flowhq.CodeConflict)
	if err == nil || !strings.Contains(err.Error(), "Worker already running") {
		t.Errorf("the conflict says %v", err)
	}

	w.must(w.StopWorker(w.ctx, "admin", id)) // never linked: NEW again
	w.want(id, flowhq.TenantNew, flowhq.WorkerStopped, flowhq.PhaseOff, "")
	w.must(w.StopWorker(w.ctx, "admin", id)) // stopping a stopped one is a success
	if got := w.processes.took(); !slices.Equal(got, []string{"start", "stop", "stop"}) {
		t.Errorf("processes were asked %q", got)
	}
}

func TestStopKeepsALinkedTenantsStatus(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.must(w.StopWorker(w.ctx, "admin", id))
	w.want(id, flowhq.TenantActive, flowhq.WorkerStopped, flowhq.PhaseOff, "")
	if !w.get(id).Session.Linked() {
		t.Error("stopping lost the linked device")
	}
	w.must(w.StartWorker(w.ctx, "admin", id)) // still linked: straight to ACTIVE
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
}

func TestUnknownTenants(t *testing.T) {
	w := newWorld(t)
	const id = "0198c0de-0000-7000-8000-000000000000"
	calls := map[string]func(context.Context, string, string) error{
		"start": w.StartWorker, "pause": w.Pause, "resume": w.Resume, "delete": w.DeleteTenant, "logout": w.Logout,
	}
	for name, call := range calls {
		if err := call(w.ctx, "admin", id); err == nil || !strings.Contains(err.Error(), "Tenant not found") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, call := range []func(context.Context, string, string) error{w.StopWorker, w.RestartWorker, w.ForceRestartWorker} {
		if err := call(w.ctx, "admin", id); err == nil || !strings.Contains(err.Error(), "Tenant or worker not found") {
			t.Errorf("%v", err)
		}
	}
	_, err := w.Session(w.ctx, id)
	if err == nil || !strings.Contains(err.Error(), "Session not found") {
		t.Errorf("session: %v", err)
	}
	if got := w.processes.took(); len(got) != 0 {
		t.Errorf("processes were asked %q", got)
	}
}

func TestAWorkerThatDoesNotStart(t *testing.T) {
	w := newWorld(t)
	id := w.tenant().ID
	w.processes.failing("start", errors.New("exec format error"))
	w.wantCode(w.StartWorker(w.ctx, "admin", id), flowhq.CodeUnavailable)
	w.want(id, flowhq.TenantError, flowhq.WorkerError, flowhq.PhaseStarting, "The worker could not be started: exec format error.")
	if wish := w.get(id).Worker.DesiredState; wish != flowhq.DesiredRunning {
		t.Errorf("wish %s: nobody would try again", wish)
	}
	w.processes.failing("start", nil)
	w.reconcile(w.ctx)
	w.want(id, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
}

func TestStartingAWorkerThatWaits(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	next := w.clock.Now().Add(time.Minute)
	w.processes.waiting = &next
	w.processes.took()
	w.must(w.StartWorker(w.ctx, "admin", id))
	if got := w.processes.took(); !slices.Equal(got, []string{"restart"}) {
		t.Errorf("processes were asked %q", got)
	}
}

func TestStartingAWorkerThatNobodyScanned(t *testing.T) {
	w := newWorld(t)
	id := w.started()
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseNobody})
	w.must(w.StartWorker(w.ctx, "admin", id))
	if got := w.links.took(); !slices.Equal(got, []string{"relink"}) {
		t.Errorf("the worker was asked %q", got)
	}
}

func TestAWorkerThatDoesNotStop(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.processes.failing("stop", errors.New("it takes longer than expected"))
	w.wantCode(w.StopWorker(w.ctx, "admin", id), flowhq.CodeUnavailable)
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseReconnecting, LinkedJID: connected().LinkedJID})
	if got := w.get(id).Session.Phase; got != flowhq.PhaseReconnecting {
		t.Errorf("phase %s: the worker that still runs is not listened to", got)
	}
}

func TestRestarts(t *testing.T) {
	w := newWorld(t)
	id := w.tenant().ID
	w.must(w.RestartWorker(w.ctx, "admin", id)) // a stopped one is started
	w.must(w.RestartWorker(w.ctx, "admin", id))
	w.must(w.ForceRestartWorker(w.ctx, "admin", id))
	if got := w.processes.took(); !slices.Equal(got, []string{"start", "restart", "force-restart"}) {
		t.Errorf("processes were asked %q", got)
	}
}

func TestPauseOutlastsEverything(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.must(w.Pause(w.ctx, "admin", id))
	w.want(id, flowhq.TenantPaused, flowhq.WorkerStopped, flowhq.PhaseOff, "")
	w.processes.took()
	w.reconcile(w.ctx)
	w.wantCode(w.StartWorker(w.ctx, "admin", id), flowhq.CodeConflict)
	w.wantCode(w.RestartWorker(w.ctx, "admin", id), flowhq.CodeConflict)
	if got := w.processes.took(); len(got) != 0 {
		t.Errorf("a paused tenant's processes were asked %q", got)
	}
	w.must(w.Resume(w.ctx, "admin", id))
	w.want(id, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
	w.must(w.Resume(w.ctx, "admin", id)) // again: nothing
	if got := w.processes.took(); !slices.Equal(got, []string{"start"}) {
		t.Errorf("processes were asked %q", got)
	}
}

func TestResumeLeavesAStoppedWorkerStopped(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.must(w.StopWorker(w.ctx, "admin", id))
	w.must(w.Pause(w.ctx, "admin", id))
	w.processes.took()
	w.must(w.Resume(w.ctx, "admin", id))
	w.want(id, flowhq.TenantActive, flowhq.WorkerStopped, flowhq.PhaseOff, "")
	if got := w.processes.took(); len(got) != 0 {
		t.Errorf("processes were asked %q", got)
	}
}

func TestConcurrentStartsHaveOneOutcome(t *testing.T) {
	w := newWorld(t)
	id := w.tenant().ID
	var all sync.WaitGroup
	results := make(chan error, 12)
	for range 12 {
		all.Go(func() { results <- w.StartWorker(w.ctx, "admin", id) })
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
	if good != 1 {
		t.Errorf("%d of 12 concurrent starts succeeded, want 1", good)
	}
	if got := w.processes.took(); !slices.Equal(got, []string{"start"}) {
		t.Errorf("processes were asked %q", got)
	}
}

// TestConcurrentAdmins lets several admins and the worker itself act on one tenant at once; what the rows say at the end
// must be what the processes are.
func TestConcurrentAdmins(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	actions := []func(){
		func() { _ = w.StartWorker(w.ctx, "a", id) },
		func() { _ = w.StopWorker(w.ctx, "b", id) },
		func() { _ = w.RestartWorker(w.ctx, "c", id) },
		func() { _ = w.Report(w.ctx, id, connected()) },
		func() { _ = w.Report(w.ctx, id, flowhq.SessionReport{Phase: flowhq.PhaseReconnecting, LinkedJID: "x"}) },
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
	w.news()
	d := w.get(id)
	wantStatus := flowhq.WorkerStopped
	if w.processes.Running(id) {
		wantStatus = flowhq.WorkerRunning
	}
	if d.Worker.Status != wantStatus || (d.Worker.DesiredState == flowhq.DesiredRunning) != w.processes.Running(id) {
		t.Errorf("worker %s, wish %s, running %v", d.Worker.Status, d.Worker.DesiredState, w.processes.Running(id))
	}
	if wantStatus == flowhq.WorkerStopped && d.Session.Phase != flowhq.PhaseOff {
		t.Errorf("a stopped worker's session is %s", d.Session.Phase)
	}
}

func TestAnActionOutlivesItsCaller(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	entered, goOn := make(chan struct{}), make(chan struct{})
	w.processes.inStop = func() { close(entered); <-goOn }
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan error)
	go func() { done <- w.StopWorker(ctx, "admin", id) }()
	<-entered
	cancel() // the browser went away in the middle
	close(goOn)
	w.must(<-done)
	w.want(id, flowhq.TenantActive, flowhq.WorkerStopped, flowhq.PhaseOff, "")
}

func TestLocksWaitAndGiveUp(t *testing.T) {
	var l keyedLocks
	release, err := l.acquire(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.acquire(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	other()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.acquire(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("a held lock was given: %v", err)
	}
	release()
	if len(l.locks) != 0 {
		t.Errorf("%d locks are left", len(l.locks))
	}
}

func TestDelete(t *testing.T) {
	w := newWorld(t)
	id, other := w.linked(), w.linked()
	w.processes.took()
	w.links.took()
	w.must(w.DeleteTenant(w.ctx, "admin", id))
	if got := w.processes.took(); !slices.Equal(got, []string{"stop", "forget"}) {
		t.Errorf("processes were asked %q", got)
	}
	if got := w.links.took(); !slices.Equal(got, []string{"logout"}) {
		t.Errorf("the worker was asked %q", got)
	}
	if !slices.Equal(w.removed, []string{id}) {
		t.Errorf("folders removed of %q", w.removed)
	}
	_, err := w.Tenant(w.ctx, id)
	w.wantCode(err, flowhq.CodeNotFound)
	w.says(id, connected()) // a last word of the dying worker harms nobody
	w.flush(w.ctx)
	w.wantCode(w.DeleteTenant(w.ctx, "admin", id), flowhq.CodeNotFound)
	w.want(other, flowhq.TenantActive, flowhq.WorkerRunning, flowhq.PhaseConnected, "")
}

func TestDeleteDoesNotNeedWhatsApp(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	w.links.fail = flowhq.Errorf(flowhq.CodeUnavailable, "WhatsApp is away")
	w.must(w.DeleteTenant(w.ctx, "admin", id))
	_, err := w.Tenant(w.ctx, id)
	w.wantCode(err, flowhq.CodeNotFound)
}

func TestTheEndOfTheAppliance(t *testing.T) {
	w := newWorld(t)
	id, stopped := w.linked(), w.tenant().ID
	w.Ending()
	w.says(id, flowhq.SessionReport{Phase: flowhq.PhaseOff}) // the dying worker's last word
	w.wantCode(w.StartWorker(w.ctx, "admin", stopped), flowhq.CodeUnavailable)
	w.Ended(w.ctx)
	w.want(id, flowhq.TenantActive, flowhq.WorkerStopped, flowhq.PhaseOff, "")
	if d := w.get(id); d.Worker.DesiredState != flowhq.DesiredRunning || !d.Session.Linked() {
		t.Errorf("wish %s, linked %v: the next start would not bring it back", d.Worker.DesiredState, d.Session.Linked())
	}
}
