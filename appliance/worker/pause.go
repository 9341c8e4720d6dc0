package worker

import (
	"encoding/json"
	"sync"

	"flowhq"
	"flowhq/appliance/whatsapp"
	"flowhq/appliance/worker/journal"
)

// pauseKey is where the journal has the ban or restriction that lasts.
const pauseKey = "pause"

// pauses keeps in the journal for how long WhatsApp does not want to hear from the number: a process after this one must
// not begin with a login or a message that is refused.
type pauses struct {
	mu   sync.Mutex
	kept whatsapp.Pause
}

// keepPause keeps what a report says of it; being connected ends it. A lost connection and the like say nothing of it.
func (e *engine) keepPause(r flowhq.SessionReport) {
	p := whatsapp.Pause{}
	switch {
	case r.Phase.Blocked() && r.Until != nil:
		p = whatsapp.Pause{Phase: r.Phase, Until: r.Until.Round(0), Detail: r.Detail}
	case r.Phase != flowhq.PhaseConnected:
		return
	}
	e.pauses.mu.Lock()
	defer e.pauses.mu.Unlock()
	if k := e.pauses.kept; k.Phase == p.Phase && k.Until.Equal(p.Until) {
		return
	}
	body, err := json.Marshal(p)
	if err == nil {
		err = e.write(func(tx *journal.Tx) error { return tx.SetMeta(pauseKey, body) })
	}
	if err != nil {
		e.log.Warn("a pause could not be kept", "phase", r.Phase, "error", err)
		return
	}
	e.pauses.kept = p
}

// lastPause reads what a process before this one kept.
func (e *engine) lastPause() whatsapp.Pause {
	e.pauses.mu.Lock()
	defer e.pauses.mu.Unlock()
	var body []byte
	var p whatsapp.Pause
	err := e.j.Read(func(tx *journal.Tx) error {
		_, err := tx.Meta(pauseKey, &body)
		return err
	})
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, &p)
	}
	if err != nil {
		e.log.Warn("the last pause could not be read", "error", err)
		return whatsapp.Pause{}
	}
	e.pauses.kept = p
	return p
}
