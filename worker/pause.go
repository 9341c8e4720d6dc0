package worker

import (
	"encoding/json"
	"sync"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/whatsapp"
)

// Keys of the journal for what keeps the device away from WhatsApp.
const (
	pauseKey    = "pause"    // the ban or restriction that lasts
	replacedKey = "replaced" // another program has the device
)

// pauses stores in the journal why the device stays away, for the next process: it must not begin with a login or a message
// that WhatsApp refuses, nor take the device back from the program that has it now.
type pauses struct {
	mu   sync.Mutex
	kept map[string]whatsapp.Pause
}

// keepPause stores the pause that a report tells of. A report of being connected ends it; a lost connection does not.
func (e *engine) keepPause(r flowhq.SessionReport) {
	switch {
	case r.Phase.Blocked() && r.Until != nil:
		e.keep(pauseKey, whatsapp.Pause{Phase: r.Phase, Until: r.Until.Round(0), Detail: r.Detail})
	case r.Phase == flowhq.PhaseReplaced:
		e.keep(replacedKey, whatsapp.Pause{Phase: r.Phase, Detail: r.Detail})
	case r.Phase == flowhq.PhaseConnected:
		e.keep(pauseKey, whatsapp.Pause{})
	}
	if r.Phase == flowhq.PhaseConnected || r.Phase == flowhq.PhaseRestricted { // it has the device
		e.keep(replacedKey, whatsapp.Pause{})
	}
}

func (e *engine) keep(key string, p whatsapp.Pause) {
	e.pauses.mu.Lock()
	defer e.pauses.mu.Unlock()
	if k := e.pauses.kept[key]; k.Phase == p.Phase && k.Until.Equal(p.Until) {
		return
	}
	body, err := json.Marshal(p)
	if err == nil {
		err = e.write(func(tx *journal.Tx) error { return tx.SetMeta(key, body) })
	}
	if err != nil {
		e.log.Warn("a pause could not be kept", "phase", p.Phase, "error", err)
		return
	}
	if e.pauses.kept == nil {
		e.pauses.kept = make(map[string]whatsapp.Pause)
	}
	e.pauses.kept[key] = p
}

// lastPauses reads what an earlier process stored.
func (e *engine) lastPauses() (all []whatsapp.Pause) {
	e.pauses.mu.Lock()
	defer e.pauses.mu.Unlock()
	e.pauses.kept = make(map[string]whatsapp.Pause)
	for _, key := range []string{replacedKey, pauseKey} {
		var body []byte
		var p whatsapp.Pause
		err := e.j.Read(func(tx *journal.Tx) error {
			_, err := tx.Meta(key, &body)
			return err
		})
		if err == nil && len(body) > 0 {
			err = json.Unmarshal(body, &p)
		}
		if err != nil {
			e.log.Warn("the last pause could not be read", "error", err)
			continue
		}
		if p.Phase != "" {
			e.pauses.kept[key] = p
			all = append(all, p)
		}
	}
	return all
}
