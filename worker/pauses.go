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

// pauses stores in the journal why the device stays away, for the next process: it must not begin with a login or a
// message that WhatsApp refuses, nor take the device back from the program that has it now.
type pauses struct {
	mu   sync.Mutex
	kept map[string]whatsapp.Pause
}

// keep stores the pause that a report tells of. A report of being connected ends it; a lost connection does not.
func (p *pauses) keep(e *engine, r flowhq.SessionReport) {
	switch {
	case r.Phase.Blocked() && r.Until != nil:
		p.store(e, pauseKey, whatsapp.Pause{Phase: r.Phase, Until: r.Until.Round(0), Detail: r.Detail})
	case r.Phase == flowhq.PhaseReplaced:
		p.store(e, replacedKey, whatsapp.Pause{Phase: r.Phase, Detail: r.Detail})
	case r.Phase == flowhq.PhaseConnected:
		p.store(e, pauseKey, whatsapp.Pause{})
	}
	if r.Phase == flowhq.PhaseConnected || r.Phase == flowhq.PhaseRestricted { // it has the device
		p.store(e, replacedKey, whatsapp.Pause{})
	}
}

func (p *pauses) store(e *engine, key string, pause whatsapp.Pause) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k := p.kept[key]; k.Phase == pause.Phase && k.Until.Equal(pause.Until) {
		return
	}
	body, err := json.Marshal(pause)
	if err == nil {
		err = e.write(func(tx *journal.Tx) error { return tx.SetMeta(key, body) })
	}
	if err != nil {
		e.log.Warn("a pause could not be kept", "phase", pause.Phase, "error", err)
		return
	}
	if p.kept == nil {
		p.kept = make(map[string]whatsapp.Pause)
	}
	p.kept[key] = pause
}

// last reads what an earlier process stored.
func (p *pauses) last(e *engine) (all []whatsapp.Pause) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = make(map[string]whatsapp.Pause)
	for _, key := range []string{replacedKey, pauseKey} {
		var body []byte
		var pause whatsapp.Pause
		err := e.j.Read(func(tx *journal.Tx) error {
			_, err := tx.Meta(key, &body)
			return err
		})
		if err == nil && len(body) > 0 {
			err = json.Unmarshal(body, &pause)
		}
		if err != nil {
			e.log.Warn("the last pause could not be read", "error", err)
			continue
		}
		if pause.Phase != "" {
			p.kept[key] = pause
			all = append(all, pause)
		}
	}
	return all
}
