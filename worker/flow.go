package worker

import (
	"fmt"
	"sync"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/message"
)

// flowLoader reads flows.
type flowLoader interface {
	load(version int64, f journal.Flow) (flow, error)
}

// flow is a conversation that can be stepped. It keeps nothing: the state goes in and comes out.
type flow interface {
	step(biz flowhq.Business, c *journal.Chat, m *message.Incoming, now time.Time) (outcome, error)
}

// outcome is what a message leads to.
type outcome struct {
	state    []byte // nil: the start
	resting  bool   // nothing is asked: the next message may use another version of the flow
	language flowhq.Language
	replies  []string
	notices  []string // to the owner
	requests []flowhq.RequestEvent
	handoff  string // cause of a hand-over to a human; "" for none
	optOut   bool
	optIn    bool
	traces   []traceStep
}

// traceStep is a decision of the conversation, for the trace.
type traceStep struct{ step, detail string }

// flows holds the loaded flows, by the version of the settings that they came with.
type flows struct {
	loader flowLoader

	mu     sync.Mutex
	loaded map[int64]flow
}

// use sets the loaded flow of a version; nil drops it, to be loaded again when it is needed.
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
	if loaded == nil {
		delete(f.loaded, version)
	}
}

// forget drops all loaded flows. Loading one again takes some milliseconds.
func (f *flows) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loaded = nil
}

// of gives the flow of a version: the one in force, or a past one from the journal.
func (f *flows) of(tx *journal.Tx, c *flowhq.WorkerConfig, version int64) (flow, error) {
	f.mu.Lock()
	known := f.loaded[version]
	f.mu.Unlock()
	if known != nil {
		return known, nil
	}
	src := flowOf(c)
	if version != int64(c.Version) {
		past, found, err := tx.Flow(version)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fmt.Errorf("flow of settings version %d is not kept", version)
		}
		src = past
	}
	loaded, err := f.loader.load(version, src)
	if err != nil {
		return nil, fmt.Errorf("flow of settings version %d: %w", version, err)
	}
	f.use(version, loaded)
	return loaded, nil
}

func flowOf(c *flowhq.WorkerConfig) journal.Flow {
	return journal.Flow{YAML: c.FlowYAML, Template: c.Business.Template, Language: c.Business.Language}
}
