package supervisor

import (
	"testing"

	"flowhq"
)

func TestWorkerState_Effect_SaysNothingTwice(t *testing.T) {
	for _, detail := range []string{"The worker cannot write its journal", "The worker cannot write its journal."} {
		v := (&WorkerState{connected: true}).Effect(flowhq.SessionReport{Phase: flowhq.PhaseJournalFault,
			Detail: detail})
		if v.lastError != flowhq.Remedy(flowhq.PhaseJournalFault) {
			t.Errorf("last error %q", v.lastError)
		}
	}
}

func TestWorkerState_Effect(t *testing.T) {
	tests := []struct {
		phase     flowhq.Phase
		connected bool
		want      flowhq.StatusTrigger
	}{
		{flowhq.PhaseOff, true, ""}, {flowhq.PhaseStarting, true, ""}, {flowhq.PhaseConnecting, true, ""},
		{flowhq.PhaseReconnecting, true, ""}, {flowhq.PhaseQR, false, flowhq.TriggerUnlinked},
		{flowhq.PhaseNobody, false, flowhq.TriggerUnlinked},
		{flowhq.PhaseConnected, false, flowhq.TriggerConnected}, {flowhq.PhaseLoggedOut, true, flowhq.TriggerUnlinked},
		{flowhq.PhaseLoggedOut, false, flowhq.TriggerFailed}, {flowhq.PhaseReplaced, true, flowhq.TriggerFailed},
		{flowhq.PhaseBanned, true, flowhq.TriggerFailed}, {flowhq.PhaseRestricted, true, flowhq.TriggerFailed},
		{flowhq.PhaseOutdated, true, flowhq.TriggerFailed}, {flowhq.PhaseJournalFault, true, flowhq.TriggerFailed},
	}
	for _, tt := range tests {
		w := &WorkerState{connected: tt.connected, row: rowState{lastError: "before"}}
		v := w.Effect(flowhq.SessionReport{Phase: tt.phase})
		if v.trigger != tt.want || v.cause == "" {
			t.Errorf("%s, connected %v: %+v, want %q", tt.phase, tt.connected, v, tt.want)
		}
		if tt.want == "" && v.lastError != "before" {
			t.Errorf("%s: last error became %q", tt.phase, v.lastError)
		}
	}
}
