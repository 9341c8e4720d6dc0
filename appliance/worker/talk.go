package worker

import (
	"fmt"
	"sync"
	"time"

	"flowhq"
	"flowhq/appliance/worker/journal"
)

// conversations makes flows usable.
type conversations interface {
	load(f journal.Flow) (flow, error)
}

// flow is a conversation that can be stepped. It keeps nothing: the state goes in and comes out.
type flow interface {
	step(biz flowhq.Business, state []byte, l *journal.Letter, now time.Time) (outcome, error)
}

// outcome is what a message leads to.
type outcome struct {
	state    []byte // nil: the start
	resting  bool   // nothing is asked just now: the next message may use another version of the flow
	language flowhq.Language
	replies  []string
	notices  []string // to the owner
	requests []flowhq.RequestEvent
	handoff  string // cause of a hand-over to a human; "" for none
	optOut   bool
	optIn    bool
	closed   bool     // it was said that the business is closed
	steps    []string // taken, in plain words
}

// flows holds the loaded flows, by the version of the settings that they came with.
type flows struct {
	talk conversations

	mu     sync.Mutex
	loaded map[int64]flow
}

// use makes the flow of a version known.
func (f *flows) use(version int64, loaded flow) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.loaded) > 8 { // past versions come back from the journal
		f.loaded = nil
	}
	if f.loaded == nil {
		f.loaded = make(map[int64]flow)
	}
	f.loaded[version] = loaded
}

// of gives the flow of a version; past ones are loaded from the journal.
func (f *flows) of(tx *journal.Tx, version int64) (flow, error) {
	f.mu.Lock()
	known := f.loaded[version]
	f.mu.Unlock()
	if known != nil {
		return known, nil
	}
	src, found, err := tx.Flow(version)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("flow of settings version %d is not kept", version)
	}
	loaded, err := f.talk.load(src)
	if err != nil {
		return nil, fmt.Errorf("flow of settings version %d: %w", version, err)
	}
	f.use(version, loaded)
	return loaded, nil
}
