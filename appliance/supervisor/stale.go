package supervisor

import (
	"context"
	"fmt"
	"time"

	"flowhq"
)

// staleCheck looks for workers that give no sign of life, and for sessions that do not hear from WhatsApp.
type staleCheck struct {
	*core
	workers *Workers
	reports *Reports
	after   time.Duration // without a sign of life
	every   time.Duration // how often it looks
}

// run judges workers by the appliance's own monotonic clock.
func (s *staleCheck) run(ctx context.Context) {
	last := s.now()
	every(ctx, s.every, func(ctx context.Context) {
		now := s.now()
		if now.Sub(last) > s.every+s.after/2 { // the appliance itself stood still
			s.mu.Lock()
			s.base = now
			s.mu.Unlock()
		}
		last = now
		s.check(ctx)
	})
}

// check looks for workers without a sign of life and for sessions without WhatsApp. While the store is away nobody is
// judged, since a worker cannot say hello then.
func (s *staleCheck) check(ctx context.Context) {
	stale, silent := s.suspects()
	InParallel(stale, func(id string) { s.confirmStale(ctx, id) })
	InParallel(silent, func(id string) { s.tellSilence(ctx, id) })
}

func (s *staleCheck) suspects() (stale, silent []string) {
	down, now := s.outage.Down(), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shutting {
		return nil, nil
	}
	for id, w := range s.table {
		switch w.Check(now, s.base, s.after, down) {
		case NoLife:
			w.asked = true
			stale = append(stale, id)
		case NoWhatsApp:
			silent = append(silent, id)
		case Fine:
		}
	}
	return stale, silent
}

// confirmStale asks the worker itself; only one that does not answer is stale. It is ended and started again.
func (s *staleCheck) confirmStale(ctx context.Context, id string) {
	defer func() {
		s.mu.Lock()
		s.worker(id).asked = false
		s.mu.Unlock()
	}()
	if s.answersPing(ctx, id) || ctx.Err() != nil {
		return
	}
	err := s.Exclusively(ctx, id, func(ctx context.Context) error {
		down := s.outage.Down()
		s.mu.Lock()
		w := s.worker(id)
		w.asked = false
		silence := w.silence(s.now(), s.base)
		still := w.Check(s.now(), s.base, s.after, down) == NoLife && !s.shutting
		s.mu.Unlock()
		if !still {
			return nil
		}
		text := fmt.Sprintf("The worker gave no sign of life for %s and was restarted.", silence.Round(time.Second))
		s.log.Error("a worker is stale", "tenant", id, "silence", silence)
		s.Note(ctx, id, flowhq.TenantEventStale, text)
		s.failed(ctx, id, text)
		return s.processes.Recover(ctx, id)
	})
	if err != nil {
		s.log.Error("a stale worker could not be restarted", "tenant", id, "error", err)
	}
}

func (s *staleCheck) answersPing(ctx context.Context, id string) bool {
	if !s.links.Connected(id) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	r, err := s.links.Ping(ctx, id)
	if err != nil {
		return false
	}
	_ = s.reports.Report(ctx, id, r)
	return true
}

// tellSilence turns a tenant ERROR whose worker lives but has not heard from WhatsApp for too long.
func (s *staleCheck) tellSilence(ctx context.Context, id string) {
	s.mu.Lock()
	w := s.worker(id)
	silence := w.silenceOfWhatsApp(s.now(), s.base)
	w.silent = true
	s.mu.Unlock()
	text := fmt.Sprintf("WhatsApp has not been heard from for %s. "+
		"The worker keeps trying; check the server's internet connection.", silence.Round(time.Second))
	s.log.Error("WhatsApp is silent", "tenant", id, "silence", silence)
	s.Note(ctx, id, flowhq.TenantEventStale, text)
	if err := s.setWorkerStatus(ctx, id, flowhq.WorkerRunning, text, flowhq.PhaseReconnecting); err != nil {
		s.log.Error("a worker's silence could not be written", "tenant", id, "error", err)
	}
	if err := s.transition(ctx, id, flowhq.TriggerFailed, text); err != nil {
		s.log.Error("a tenant's silence could not be written", "tenant", id, "error", err)
	}
}
