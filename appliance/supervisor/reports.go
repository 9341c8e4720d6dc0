package supervisor

import (
	"context"

	"flowhq"
)

// Reports takes what running workers say: their state, signs of life, journals.
type Reports struct {
	*core
	journals ReportStore
	configs  *Configs
}

// Hello greets a worker that connected: it is told what to work by and up to where its journal is kept.
func (s *Reports) Hello(ctx context.Context, tenantID, journal string) (c flowhq.WorkerConfig, acked int64, err error) {
	if acked, err = s.journals.Acked(ctx, tenantID, journal); err != nil {
		s.outage.Note(err)
		return c, 0, err
	}
	if c, err = s.configs.workerConfig(ctx, tenantID); err != nil {
		s.outage.Note(err)
		return c, 0, err
	}
	s.mu.Lock()
	w := s.worker(tenantID)
	w.Hello(s.now())
	s.mu.Unlock()
	s.processes.Alive(tenantID)
	return c, acked, nil
}

// Report takes what a worker says of its session. It is kept in memory until the store has it, so that an outage of the
// store loses nothing but what was overtaken by a later report.
func (s *Reports) Report(ctx context.Context, tenantID string, r flowhq.SessionReport) error {
	s.takeBack(ctx, tenantID, r)
	if s.hear(tenantID, r) {
		s.applyReport(ctx, tenantID)
	}
	return nil
}

// Heartbeat takes a worker's regular sign of life.
func (s *Reports) Heartbeat(ctx context.Context, tenantID string, r flowhq.SessionReport) error {
	return s.Report(ctx, tenantID, r)
}

// LeftOut takes a worker's counts of messages that it neither answered nor kept.
func (s *Reports) LeftOut(tenantID string, counts map[flowhq.IgnoredSource]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.worker(tenantID).ignored = counts
}

// takeBack tells a worker that stands down to take its device back, if an admin wants that.
func (s *Reports) takeBack(ctx context.Context, id string, r flowhq.SessionReport) {
	s.mu.Lock()
	tell := s.worker(id).TakesBack(r)
	s.mu.Unlock()
	if !tell {
		return
	}
	go func() { // the worker waits for the answer to its report
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		if err := s.links.Relink(ctx, id); err != nil {
			s.log.Warn("a worker could not be told to take its device back", "tenant", id, "error", err)
		}
	}()
}

// hear notes a sign of life and what came with it; it tells whether there is something to write now.
func (s *Reports) hear(tenantID string, r flowhq.SessionReport) bool {
	now := s.now()
	s.processes.Alive(tenantID)
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.worker(tenantID)
	if !w.Report(now, r) {
		return false
	}
	s.beats[tenantID] = flowhq.Heartbeat{TenantID: tenantID, SeenAt: now.UTC(), HeardAt: r.HeardAt}
	return w.MayWrite(now, s.outage.Down())
}

// applyReport writes a worker's latest report and what follows from it. What fails is tried again by Flush.
func (s *Reports) applyReport(ctx context.Context, id string) {
	w := s.entry(id)
	w.apply.Lock()
	defer w.apply.Unlock()

	s.mu.Lock()
	r, was, ok := w.ToWrite()
	s.mu.Unlock()
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	err := s.writeReport(ctx, id, w, r, was)

	s.mu.Lock()
	defer s.mu.Unlock()
	switch code := flowhq.CodeOf(err); {
	case err == nil:
		w.Wrote(r)
	case code == flowhq.CodeNotFound: // the tenant was deleted meanwhile
		w.Wrote(r)
		delete(s.table, id)
	default:
		w.Refused(s.now())
		if s.outage.Note(err); code != flowhq.CodeUnavailable {
			s.log.Error("a worker's report could not be written", "tenant", id, "phase", r.Phase, "error", err)
		}
	}
}

// writeReport needs w.apply.
func (s *Reports) writeReport(ctx context.Context, id string, w *worker, r, was flowhq.SessionReport) error {
	if r.LinkedJID == "" && (r.Phase == flowhq.PhaseStarting || r.Phase == flowhq.PhaseOff) {
		t, err := s.store.Tenant(ctx, id) // the worker does not know yet; the store does
		if err != nil {
			return err
		}
		r.LinkedJID = linkedJID(t)
	}
	if err := s.saveSession(ctx, id, r); err != nil {
		return err
	}
	e, err := s.effect(ctx, id, w, r)
	if err != nil {
		return err
	}
	if err := s.setWorkerStatus(ctx, id, flowhq.WorkerRunning, e.lastError, e.about); err != nil {
		return err
	}
	if r.Phase != was.Phase {
		s.Note(ctx, id, flowhq.TenantEventSession, e.cause)
	}
	if e.trigger == "" {
		return nil
	}
	if err := s.transition(ctx, id, e.trigger, e.cause); err != nil {
		return err
	}
	if r.Phase == flowhq.PhaseConnected {
		s.mu.Lock()
		w.connected = true
		s.mu.Unlock()
	}
	return nil
}

// effect loads what stands on the worker's row when that is not known yet, and gives what follows from a report.
func (s *Reports) effect(ctx context.Context, id string, w *worker, r flowhq.SessionReport) (effect, error) {
	s.mu.Lock()
	known := w.row.known
	s.mu.Unlock()
	if !known {
		t, err := s.store.Tenant(ctx, id)
		if err != nil {
			return effect{}, err
		}
		s.mu.Lock()
		if t.Worker != nil && !w.row.known {
			w.row.known, w.row.status, w.row.lastError = true, t.Worker.Status, t.Worker.LastError
		}
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return w.Effect(r), nil
}

// ApplyEvents takes a part of a worker's journal; each event has its effect once. It gives up to where the journal is
// durable.
func (s *Reports) ApplyEvents(ctx context.Context, tenantID, journal string,
	events []flowhq.WorkerEvent) (int64, error) {
	acked, err := s.journals.ApplyEvents(ctx, tenantID, journal, events)
	s.outage.Note(err)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.worker(tenantID).Alive(s.now())
	s.mu.Unlock()
	s.processes.Alive(tenantID)
	for _, e := range events {
		s.announceEvent(tenantID, e)
	}
	return acked, nil
}

func (s *Reports) announceEvent(tenantID string, e flowhq.WorkerEvent) {
	switch e.Kind {
	case flowhq.EventMessage:
		s.announce(flowhq.ChangeMessage, tenantID, "")
	case flowhq.EventRequest:
		id := ""
		if e.Request != nil {
			id = e.Request.ID
		}
		s.announce(flowhq.ChangeRequest, tenantID, id)
	case flowhq.EventChat, flowhq.EventMerge:
		s.announce(flowhq.ChangeChat, tenantID, "")
	case flowhq.EventNote:
		s.announce(flowhq.ChangeTenant, tenantID, "")
	case flowhq.EventTrace: // nobody watches single decisions
	}
}

// Gone tells that a worker's connection was lost. It dials again by itself; the stale check judges one that does not.
func (s *Reports) Gone(tenantID string) {
	s.log.Debug("a worker's connection is lost", "tenant", tenantID)
}
