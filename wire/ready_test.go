package wire_test

import (
	"testing"

	"flowhq"
	"flowhq/wire"
)

// Whoever is told that the link is ready may call at once: what waits for the appliance must not wait for the next
// event.
func TestReadyMeansThatCallsGoThrough(t *testing.T) {
	r := newRig(t)
	results := make(chan error, 1)
	dialled := make(chan *wire.Conn, 1)
	conn, _ := r.worker("t1", &commands{}, func(cc *wire.ClientConfig) {
		cc.Ready = func() {
			conn := <-dialled
			if !conn.Connected() {
				results <- flowhq.Errorf(flowhq.CodeUnavailable, "ready, but not connected")
				return
			}
			results <- conn.Report(t.Context(), flowhq.SessionReport{Phase: flowhq.PhaseConnected})
		}
	})
	dialled <- conn
	if err := <-results; err != nil {
		t.Error(err)
	}
}
