package supervisor

import (
	"time"

	"flowhq"
)

// WorkerState is all that decides about one worker: what happened goes in with the time, what is to be done comes
// out. It knows no process, store or clock, and the services around it only do what it says.
//
// Its stage follows the process:
//
//	            start
//	   ┌────────────────────────┐
//	   │                        ▼    process up, report
//	absent ◀──failed───────  starting ──────────────────▶ up ──┐
//	 │ ▲ ▲                      │                         │ │  │ process up:
//	 │ │ └──────────────────────┼─────────process down────┘ │  │ the next one
//	 │ │                        │ halt                 halt │◀─┘
//	 │ │ halt failed            ▼                           │
//	 │ └─────────────────── halting ◀───────────────────────┘
//	 │                         │  process down, stopped
//	 └──halt──▶ halted ◀───────┘
//	            (start leads from halting and halted to starting)
//
// What a worker says while it halts, or after, is not written: it is the last word of a process that nobody wants.
// Beside the stage, a report is dirty until the store has it; an outage leaves it dirty.
type WorkerState struct {
	stage      stage
	generation int       // counts processes
	began      time.Time // when this process was first known
	beat       time.Time // last sign of life
	asked      bool      // the stale check waits for an answer

	report    flowhq.SessionReport // the latest
	reported  bool                 // by this process
	written   flowhq.SessionReport // what the store has
	dirty     bool                 // report is not in the store yet
	retryAt   time.Time            // it is not tried before, after a failure
	connected bool                 // this process was connected once

	heard  time.Time // when news of WhatsApp last reached the appliance
	silent bool      // told as ERROR because WhatsApp is not heard from

	row      rowState
	takeBack int // how often it may be told to take its device back, because an admin started it
}

// rowState is what stands on the worker's row.
type rowState struct {
	known     bool // status and lastError are as in the store
	status    flowhq.WorkerStatus
	lastError string
	about     flowhq.Phase // the phase that lastError is about, "" for none
}

// stage is where a worker's process stands.
type stage int

// The stages.
const (
	absent   stage = iota // there is none, or nothing is known of it
	starting              // it is being started
	up                    // it is there
	halting               // it is being stopped
	halted                // it was stopped
	stages                // how many there are
)

// happening is what moves a worker to another stage.
type happening int

// What happens.
const (
	startBegins   happening = iota
	processUp               // started, or found running
	processDown             // ended, for whatever reason
	processFailed           // could not be started
	processReports
	haltBegins
	haltFailed
	stopDone
	happenings // how many there are
)

// next gives the stage after something happened.
func (s stage) next(h happening) stage {
	table := [stages][happenings]stage{
		//        startBegins processUp processDown processFailed processReports haltBegins haltFailed stopDone
		absent:   {starting, up, absent, absent, absent, halted, absent, absent},
		starting: {starting, up, starting, absent, up, halting, starting, absent},
		up:       {starting, up, absent, absent, up, halting, up, absent},
		halting:  {starting, halting, halted, halted, halting, halting, up, halted},
		halted:   {starting, halted, halted, halted, halted, halted, absent, halted},
	}
	return table[s][h]
}

// stopping tells whether what the worker says does not count any more.
func (w *WorkerState) stopping() bool { return w.stage == halting || w.stage == halted }

// Start is called before a process is started: what was known of the one before does not count any more.
func (w *WorkerState) Start(now time.Time) {
	w.stage = w.stage.next(startBegins)
	w.dirty, w.reported, w.connected, w.silent = false, false, false, false
	w.began, w.written = now, flowhq.SessionReport{}
}

// ProcessChanged takes what the process manager tells.
func (w *WorkerState) ProcessChanged(kind flowhq.ProcessChangeKind, now time.Time) {
	switch kind {
	case flowhq.ProcessStarted, flowhq.ProcessAdopted:
		w.stage = w.stage.next(processUp)
		w.generation++
		w.connected, w.reported = false, false
		w.began, w.beat, w.heard = now, now, now
		w.written = flowhq.SessionReport{}
	case flowhq.ProcessExited:
		w.stage = w.stage.next(processDown)
	case flowhq.ProcessFailed:
		w.stage = w.stage.next(processFailed)
	}
}

// Ended tells whether the end of the process of a generation is news: it is not when the worker is being stopped, or
// when another process is there already. What the process said last does not count then.
func (w *WorkerState) Ended(generation int) bool {
	if w.generation != generation || w.stopping() {
		return false
	}
	w.dirty, w.reported = false, false
	return true
}

// Halt is called before the worker is stopped, HaltFailed when that did not succeed, Stopped when its process is gone.
func (w *WorkerState) Halt() { w.stage = w.stage.next(haltBegins) }

// HaltFailed, see Halt.
func (w *WorkerState) HaltFailed() { w.stage = w.stage.next(haltFailed) }

// Stopped, see Halt.
func (w *WorkerState) Stopped() {
	w.stage = w.stage.next(stopDone)
	w.dirty, w.reported, w.silent = false, false, false
}

// Hello notes that the worker connected: whatever it reports first is written, even when it seems to be nothing new.
func (w *WorkerState) Hello(now time.Time) {
	w.beat = now
	w.written = flowhq.SessionReport{}
}

// Alive notes a sign of life.
func (w *WorkerState) Alive(now time.Time) { w.beat = now }

// Report takes what the worker says of its session. It tells whether that counts, which it does not while the worker
// is stopped.
func (w *WorkerState) Report(now time.Time, r flowhq.SessionReport) bool {
	if w.stopping() {
		return false
	}
	w.stage = w.stage.next(processReports)
	w.beat = now
	news := r.HeardAt != nil && (!w.reported || w.report.HeardAt == nil || r.HeardAt.After(*w.report.HeardAt))
	if news || w.heard.IsZero() {
		w.heard = now
	}
	if w.silent && (news && r.Phase == flowhq.PhaseConnected || !needsWhatsApp(r)) {
		w.silent, w.dirty = false, true
	}
	w.report, w.reported = r, true
	w.dirty = w.dirty || !sameReport(r, w.written)
	return true
}

// ToWrite gives the report that the store does not have, and what it has; ok is false when there is none, or nobody
// wants it.
func (w *WorkerState) ToWrite() (r, was flowhq.SessionReport, ok bool) {
	return w.report, w.written, w.dirty && !w.stopping()
}

// MayWrite tells whether there is a report to write now: not during an outage, and not too soon after the store
// refused it.
func (w *WorkerState) MayWrite(now time.Time, storeDown bool) bool {
	_, _, ok := w.ToWrite()
	return ok && !storeDown && !now.Before(w.retryAt)
}

// Wrote notes that the store has a report.
func (w *WorkerState) Wrote(r flowhq.SessionReport) { w.written, w.dirty = r, !sameReport(w.report, r) }

// Refused notes that the store did not take a report; it is tried again later.
func (w *WorkerState) Refused(now time.Time) { w.retryAt = now.Add(retryAfter) }

// retryAfter is how long a report that the store refused waits before it is tried again.
const retryAfter = 5 * time.Second

// AsksForCodes tells whether the worker waits because nobody scanned its codes.
func (w *WorkerState) AsksForCodes() bool { return w.reported && w.report.Phase == flowhq.PhaseNobody }

// takeBackTries is how often a worker that an admin has started is told to take its device back: it may say that it was
// replaced a moment before it can be told.
const takeBackTries = 3

// MayTakeBack notes that an admin starts the worker. One that was replaced by another program stays away by itself,
// over restarts and upgrades too; this is how it gets the device back.
func (w *WorkerState) MayTakeBack() { w.takeBack = takeBackTries }

// TakesBack tells whether a worker that reports r is told to take its device back.
func (w *WorkerState) TakesBack(r flowhq.SessionReport) bool {
	if r.Phase == flowhq.PhaseConnected {
		w.takeBack = 0
	}
	if r.Phase != flowhq.PhaseReplaced || w.takeBack == 0 {
		return false
	}
	w.takeBack--
	return true
}

// needsWhatsApp tells whether a session in this phase should hear from WhatsApp.
func needsWhatsApp(r flowhq.SessionReport) bool {
	if r.LinkedJID == "" {
		return false
	}
	switch r.Phase {
	case flowhq.PhaseConnected, flowhq.PhaseConnecting, flowhq.PhaseReconnecting, flowhq.PhaseStarting:
		return true
	}
	return false
}

// sameReport tells whether two reports say the same, times of day apart.
func sameReport(a, b flowhq.SessionReport) bool {
	return a.Phase == b.Phase && a.Detail == b.Detail && a.QRCode == b.QRCode && a.LinkedJID == b.LinkedJID &&
		sameTime(a.Until, b.Until)
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
