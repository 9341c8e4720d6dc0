package supervisor

import (
	"testing"
	"time"

	"flowhq"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestWorkerState_Stages(t *testing.T) {
	const (
		start = iota
		started
		exited
		failed
		report
		halt
		haltFails
		stopped
	)
	do := map[int]func(w *WorkerState){
		start:     func(w *WorkerState) { w.Start(noon) },
		started:   func(w *WorkerState) { w.ProcessChanged(flowhq.ProcessStarted, noon) },
		exited:    func(w *WorkerState) { w.ProcessChanged(flowhq.ProcessExited, noon) },
		failed:    func(w *WorkerState) { w.ProcessChanged(flowhq.ProcessFailed, noon) },
		report:    func(w *WorkerState) { w.Report(noon, flowhq.SessionReport{Phase: flowhq.PhaseQR}) },
		halt:      (*WorkerState).Halt,
		haltFails: (*WorkerState).HaltFailed,
		stopped:   (*WorkerState).Stopped,
	}
	tests := map[string]struct {
		steps []int
		want  stage
	}{
		"nothing is known":                    {nil, absent},
		"started":                             {[]int{start}, starting},
		"started, its process is there":       {[]int{start, started}, up},
		"it reports before we hear of it":     {[]int{start, report}, up},
		"restarted: the one before ends":      {[]int{start, started, start, exited}, starting},
		"restarted":                           {[]int{start, started, start, exited, started}, up},
		"it cannot be started":                {[]int{start, failed}, absent},
		"it crashes":                          {[]int{start, started, report, exited}, absent},
		"it crashes and comes back by itself": {[]int{start, started, exited, started}, up},
		"a last word after a crash":           {[]int{start, started, exited, report}, absent},
		"found running":                       {[]int{started}, up},
		"being stopped":                       {[]int{start, started, halt}, halting},
		"it goes on talking":                  {[]int{start, started, halt, report}, halting},
		"it cannot be stopped":                {[]int{start, started, halt, haltFails}, up},
		"its process ends first":              {[]int{start, started, halt, exited}, halted},
		"stopped":                             {[]int{start, started, halt, exited, stopped}, halted},
		"stopped before it was there":         {[]int{start, halt, stopped}, halted},
		"one that does not run is stopped":    {[]int{halt, stopped}, halted},
		"a last word after the stop":          {[]int{start, started, halt, stopped, report}, halted},
		"started again":                       {[]int{start, started, halt, stopped, start}, starting},
	}
	for name, tt := range tests {
		var w WorkerState
		for _, s := range tt.steps {
			do[s](&w)
		}
		if w.stage != tt.want {
			t.Errorf("%s: stage %d, want %d", name, w.stage, tt.want)
		}
	}
}

func TestWorkerState_Decide(t *testing.T) {
	qr := flowhq.SessionReport{Phase: flowhq.PhaseQR}
	gaveUp := flowhq.SessionReport{Phase: flowhq.PhaseNobody}
	running := Facts{ShouldRun: true, Running: true}
	tests := map[string]struct {
		asked  Request
		facts  Facts
		report flowhq.SessionReport
		want   Decision
	}{
		"it should run":               {Reconcile, Facts{ShouldRun: true}, qr, Start},
		"it runs as it should":        {Reconcile, running, qr, Leave},
		"it should not run":           {Reconcile, Facts{Running: true}, qr, Stop},
		"it is off as it should":      {Reconcile, Facts{}, qr, Leave},
		"it was restored and is held": {Reconcile, Facts{ShouldRun: true, Held: true}, qr, Leave},
		"the appliance ends":          {Reconcile, Facts{ShouldRun: true, Ending: true}, qr, Leave},
		"it waits for its next try": {Reconcile, Facts{ShouldRun: true, Running: true, Waiting: true}, qr,
			Leave},
		"an admin starts it":               {StartAsked, Facts{}, qr, Start},
		"an admin starts a running one":    {StartAsked, running, qr, RefuseRunning},
		"an admin starts one that gave up": {StartAsked, running, gaveUp, ShowCodes},
		"an admin starts one that waits":   {StartAsked, Facts{Running: true, Waiting: true}, qr, Restart},
		"an admin starts a paused one":     {StartAsked, Facts{Paused: true}, qr, RefusePaused},
		"an admin starts a held one":       {StartAsked, Facts{Held: true}, qr, RefuseHeld},
		"an admin starts at the end":       {StartAsked, Facts{Ending: true}, qr, RefuseEnding},
		"an admin restarts it":             {RestartAsked, running, qr, Restart},
		"an admin restarts a stopped one":  {RestartAsked, Facts{}, qr, Start},
		"an admin restarts a paused one":   {RestartAsked, Facts{Paused: true}, qr, RefusePaused},
		"an admin restarts a held one":     {RestartAsked, Facts{Held: true}, qr, RefuseHeld},
		"a resume starts it":               {StartImplied, Facts{ShouldRun: true}, qr, Start},
		"a resume starts a held one":       {StartImplied, Facts{ShouldRun: true, Held: true}, qr, RefuseHeld},
		"a new version": {Renew, running, flowhq.SessionReport{Phase: flowhq.PhaseConnected},
			Restart},
		"a new version while a code is shown": {Renew, running, qr, Leave},
		"a new version during a scan": {Renew, running,
			flowhq.SessionReport{Phase: flowhq.PhaseConnecting, Since: noon.Add(-time.Minute)}, Leave},
		"a new version, connecting for long": {Renew, running,
			flowhq.SessionReport{Phase: flowhq.PhaseConnecting, Since: noon.Add(-linkingTime)}, Restart},
		"a new version during an outage": {Renew, Facts{ShouldRun: true, Running: true, StoreDown: true}, gaveUp,
			Leave},
		"a new version of one stopped by hand": {Renew, Facts{Running: true}, gaveUp, Leave},
		"a new version at the end": {Renew, Facts{ShouldRun: true, Running: true, Ending: true}, gaveUp,
			Leave},
	}
	for name, tt := range tests {
		w := WorkerState{stage: up, report: tt.report, reported: true}
		if got := w.Decide(tt.asked, tt.facts, noon); got != tt.want {
			t.Errorf("%s: decision %d, want %d", name, got, tt.want)
		}
	}
	w := WorkerState{stage: halting}
	if got := w.Decide(Renew, running, noon); got != Leave {
		t.Errorf("a worker that is being stopped is moved to another version: %d", got)
	}
}

func TestWorkerState_Check(t *testing.T) {
	const after = 2 * time.Minute
	long, short := noon.Add(-after), noon.Add(-after+time.Second)
	linked := flowhq.SessionReport{Phase: flowhq.PhaseConnected, LinkedJID: "255700000001:1@s.whatsapp.net"}
	healthy := WorkerState{stage: up, began: long, beat: short, heard: short, report: linked, reported: true}
	tests := map[string]struct {
		change func(w *WorkerState)
		since  time.Time
		down   bool
		want   Suspicion
	}{
		"all is well":                  {func(*WorkerState) {}, long, false, Fine},
		"no sign of life":              {func(w *WorkerState) { w.beat = long }, long, false, NoLife},
		"no sign of life in an outage": {func(w *WorkerState) { w.beat = long }, long, true, Fine},
		"the outage just ended":        {func(w *WorkerState) { w.beat = long }, short, false, Fine},
		"it has just begun":            {func(w *WorkerState) { w.beat, w.began = long, short }, long, false, Fine},
		"it is asked already":          {func(w *WorkerState) { w.beat, w.asked = long, true }, long, false, Fine},
		"it is being stopped": {func(w *WorkerState) { w.beat, w.stage = long, halting }, long, false,
			Fine},
		"it has no process":           {func(w *WorkerState) { w.beat, w.stage = long, absent }, long, false, Fine},
		"WhatsApp is silent":          {func(w *WorkerState) { w.heard = long }, long, false, NoWhatsApp},
		"WhatsApp is silent, as told": {func(w *WorkerState) { w.heard, w.silent = long, true }, long, false, Fine},
		"nobody is linked": {func(w *WorkerState) { w.heard, w.report.LinkedJID = long, "" }, long,
			false, Fine},
		"logged out": {func(w *WorkerState) {
			w.heard, w.report.Phase = long,
				flowhq.PhaseLoggedOut
		}, long, false, Fine},
		"it did not report yet": {func(w *WorkerState) { w.heard, w.reported = long, false }, long, false,
			Fine},
		"WhatsApp is silent in an outage": {func(w *WorkerState) { w.heard = long }, long, true, Fine},
	}
	for name, tt := range tests {
		w := healthy
		tt.change(&w)
		if got := w.Check(noon, tt.since, after, tt.down); got != tt.want {
			t.Errorf("%s: suspicion %d, want %d", name, got, tt.want)
		}
	}
}

func TestWorkerState_Report(t *testing.T) {
	connected := flowhq.SessionReport{Phase: flowhq.PhaseConnected, LinkedJID: "255700000001:1@s.whatsapp.net"}
	var w WorkerState
	w.Start(noon)
	w.ProcessChanged(flowhq.ProcessStarted, noon)
	if !w.Report(noon, connected) || !w.MayWrite(noon, false) {
		t.Fatal("the first report is not to be written")
	}
	if w.MayWrite(noon, true) {
		t.Error("a report is to be written during an outage")
	}
	w.Refused(noon)
	if w.MayWrite(noon.Add(retryAfter-1), false) || !w.MayWrite(noon.Add(retryAfter), false) {
		t.Error("a refused report is not tried again after a while")
	}
	r, _, _ := w.ToWrite()
	w.Wrote(r)
	w.Report(noon, connected)
	if w.MayWrite(noon.Add(time.Hour), false) {
		t.Error("a report that says nothing new is to be written")
	}
	w.Hello(noon)
	w.Report(noon, connected)
	if !w.MayWrite(noon.Add(time.Hour), false) {
		t.Error("the first report after a hello is not to be written")
	}
	w.Halt()
	if w.Report(noon, connected) || w.MayWrite(noon.Add(time.Hour), false) {
		t.Error("what a worker says while it is stopped counts")
	}
}

func TestWorkerState_TakesBack(t *testing.T) {
	replaced := flowhq.SessionReport{Phase: flowhq.PhaseReplaced}
	var w WorkerState
	if w.TakesBack(replaced) {
		t.Error("a worker takes its device back though nobody wants that")
	}
	w.MayTakeBack()
	for range takeBackTries {
		if !w.TakesBack(replaced) {
			t.Error("an admin's start does not take the device back")
		}
	}
	if w.TakesBack(replaced) {
		t.Error("it goes on taking the device back")
	}
	w.MayTakeBack()
	w.TakesBack(flowhq.SessionReport{Phase: flowhq.PhaseConnected})
	if w.TakesBack(replaced) {
		t.Error("a worker that was connected since takes its device back once more")
	}
}

func TestWorkerState_Ended(t *testing.T) {
	var w WorkerState
	w.Start(noon)
	w.ProcessChanged(flowhq.ProcessStarted, noon)
	first := w.generation
	w.ProcessChanged(flowhq.ProcessExited, noon)
	if !w.Ended(first) {
		t.Error("a crash is not news")
	}
	w.ProcessChanged(flowhq.ProcessStarted, noon)
	if w.Ended(first) {
		t.Error("the end of a process whose successor is there is news")
	}
	w.Halt()
	if w.Ended(w.generation) {
		t.Error("the end of a worker that is stopped is news")
	}
}
