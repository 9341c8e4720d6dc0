package ui

import (
	"flowhq"
)

// status is one word with its tone: the tone gives shape and colour, the same for the same meaning everywhere.
type status struct {
	Tone string // good, wait, bad, calm
	Word string
}

func tenantStatus(l translator, s flowhq.TenantStatus) status {
	tone := "calm"
	switch s {
	case flowhq.TenantActive:
		tone = "good"
	case flowhq.TenantQRPending:
		tone = "wait"
	case flowhq.TenantError:
		tone = "bad"
	}
	return status{Tone: tone, Word: l.word("status", string(s))}
}

func phaseStatus(l translator, p flowhq.Phase) status {
	tone := "calm"
	switch p {
	case flowhq.PhaseConnected:
		tone = "good"
	case flowhq.PhaseQR, flowhq.PhaseConnecting, flowhq.PhaseReconnecting, flowhq.PhaseStarting:
		tone = "wait"
	default:
		if p.Failing() {
			tone = "bad"
		}
	}
	return status{Tone: tone, Word: l.word("phase", string(p))}
}

func workerStatus(l translator, s flowhq.WorkerStatus) status {
	tone := "calm"
	switch s {
	case flowhq.WorkerRunning:
		tone = "good"
	case flowhq.WorkerError:
		tone = "bad"
	}
	return status{Tone: tone, Word: l.word("worker", string(s))}
}

func setupStatus(l translator, s flowhq.SetupRequestStatus) status {
	tone := "calm"
	switch s {
	case flowhq.SetupSubmitted, flowhq.SetupReviewing:
		tone = "wait"
	case flowhq.SetupApproved, flowhq.SetupActive:
		tone = "good"
	}
	return status{Tone: tone, Word: l.word("setup", string(s))}
}

// phaseOf gives the phase of a tenant's session; off where there is no session, or none was ever told.
func phaseOf(t flowhq.TenantDetail) flowhq.Phase {
	if t.Session == nil || t.Session.Phase == "" {
		return flowhq.PhaseOff
	}
	return t.Session.Phase
}

// todo says what a person should do about a tenant now, or "".
func todo(l translator, t flowhq.TenantDetail) string {
	if t.Status == flowhq.TenantError && t.Worker != nil && t.Worker.LastError != "" {
		return l.say(t.Worker.LastError)
	}
	return l.say(flowhq.Remedy(phaseOf(t)))
}
