package supervisor

import (
	"time"

	"flowhq"
)

// Facts is what is known about a worker outside of its state at the moment of a decision.
type Facts struct {
	ShouldRun bool // the desired state is running and the tenant is not paused
	Paused    bool // its tenant is
	Held      bool // restored from a backup, and nobody said that its device runs nowhere else
	Running   bool // it has a process, or is about to
	Waiting   bool // it has none now, because it ended too often: it is tried again later
	Ending    bool // the appliance is being stopped
	StoreDown bool // the store cannot be used
}

// Request is who wants something of a worker.
type Request int

// The requests.
const (
	Reconcile    Request = 1 << iota // the supervisor, again and again
	StartAsked                       // an admin starts it
	RestartAsked                     // an admin restarts it
	StartImplied                     // something else that an admin did starts it: a resume, an approval, a reset
	Renew                            // the program has another version
)

// Decision is what is to be done with a worker.
type Decision int

// The decisions.
const (
	Leave Decision = iota // as it is
	Start
	Restart
	Stop
	ShowCodes // it runs and waits for somebody who scans
	RefusePaused
	RefuseHeld
	RefuseRunning
	RefuseEnding
)

// Decide says what is to be done with the worker when somebody asks. The first rule that holds wins.
func (w *WorkerState) Decide(asked Request, f Facts, now time.Time) Decision {
	const admin = StartAsked | RestartAsked
	rules := []struct {
		asked Request
		when  bool
		then  Decision
	}{
		{admin, f.Paused, RefusePaused},
		{StartAsked, f.Running && !f.Waiting && w.AsksForCodes(), ShowCodes},
		{StartAsked, f.Running && !f.Waiting, RefuseRunning},
		{Reconcile | Renew, f.Ending, Leave},
		{admin | StartImplied, f.Ending, RefuseEnding},
		{Reconcile, f.Running && !f.ShouldRun, Stop},
		{Reconcile, f.Running == f.ShouldRun, Leave},
		{Reconcile, f.Held, Leave}, // an admin has to release it first
		{Renew, f.StoreDown || !f.ShouldRun || w.stopping() || w.linking(now), Leave},
		{admin | StartImplied | Renew, f.Held, RefuseHeld},
		{StartAsked, f.Waiting, Restart}, // at once, not when its time has come
		{RestartAsked, f.Running, Restart},
		{Renew, true, Restart},
	}
	for _, r := range rules {
		if r.asked&asked != 0 && r.when {
			return r.then
		}
	}
	return Start
}

// linkingTime is how long a scan may take until the device is ready.
const linkingTime = 2 * time.Minute

// linking tells whether somebody is about to link a device: a code is shown, or was scanned a moment ago.
func (w *WorkerState) linking(now time.Time) bool {
	return w.report.Phase == flowhq.PhaseQR || w.report.Phase == flowhq.PhaseConnecting &&
		now.Sub(w.report.Since) < linkingTime
}

// Suspicion is what the stale check thinks of a worker.
type Suspicion int

// The suspicions.
const (
	Fine       Suspicion = iota
	NoLife               // it gave no sign of life: ask it, and restart it where it does not answer
	NoWhatsApp           // it lives, and has not heard from WhatsApp: tell
)

// Check tells what to think of the worker now. Nobody is suspected before since, the start of the appliance or the
// end of an outage, is longer ago than after; and nobody while the store is down, since a worker cannot say hello
// then.
func (w *WorkerState) Check(now, since time.Time, after time.Duration, storeDown bool) Suspicion {
	switch {
	case storeDown || w.stage != up || w.asked:
		return Fine
	case w.silence(now, since) >= after:
		return NoLife
	case w.reported && !w.silent && needsWhatsApp(w.report) && w.silenceOfWhatsApp(now, since) >= after:
		return NoWhatsApp
	}
	return Fine
}

// silence is how long the worker gave no sign of life, counted from since at most.
func (w *WorkerState) silence(now, since time.Time) time.Duration {
	return now.Sub(latest(w.beat, w.began, since))
}

// silenceOfWhatsApp is how long nothing was heard of WhatsApp, counted from since at most.
func (w *WorkerState) silenceOfWhatsApp(now, since time.Time) time.Duration {
	return now.Sub(latest(w.heard, w.began, since))
}

func latest(times ...time.Time) time.Time {
	var l time.Time
	for _, t := range times {
		if t.After(l) {
			l = t
		}
	}
	return l
}
