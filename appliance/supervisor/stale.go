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
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outage.Down() || s.shutting {
		return nil, nil
	}
	now := s.now()
	for id, w := range s.table {
		switch {
		case !w.live || w.halting || w.pinging:
		case now.Sub(latest(w.beat, w.began, s.base)) >= s.after:
			w.pinging = true
			stale = append(stale, id)
		case w.reported && !w.silent && needsWhatsApp(w.report) && now.Sub(latest(w.heard, w.began, s.base)) >= s.after:
			silent = append(silent, id)
		}
	}
	return stale, silent
}

// needsWhatsApp tells whether a session in this phase should hear from WhatsApp.
func needsWhatsApp(r flowhq.SessionReport) bool {
	if r.LinkedJID == "" {
		return false
	}
	switch r.Phase {
	case flowhq.PhaseConnected, flowhq.PhaseConnecting, flowhq.PhaseReconnecting, flowhq.PhaseStarting:
		return true
	}
	return false
}

func latest(times ...time.Time) time.Time {
	var l time.Time
	for _, t := range times {
		if t.After(l) {
			l = t
		}
	}
	return l
}

// confirmStale asks the worker itself; only one that does not answer is stale. It is ended and started again.
func (s *staleCheck) confirmStale(ctx context.Context, id string) {
	defer func() {
		s.mu.Lock()
		s.worker(id).pinging = false
		s.mu.Unlock()
	}()
	if s.answersPing(ctx, id) || ctx.Err() != nil {
		return
	}
	err := s.Exclusively(ctx, id, func(ctx context.Context) error {
		s.mu.Lock()
		w := s.worker(id)
		silence := s.now().Sub(latest(w.beat, w.began, s.base))
		still := w.live && !w.halting && !s.outage.Down() && silence >= s.after
		s.mu.Unlock()
		if !still || s.ending() {
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
	silence := s.now().Sub(latest(w.heard, w.began, s.base))
	w.silent = true
	s.mu.Unlock()
	text := fmt.Sprintf("WhatsApp has not been heard from for %s. The worker keeps trying; check the server's internet connection.", silence.Round(time.Second))
	s.log.Error("WhatsApp is silent", "tenant", id, "silence", silence)
	s.Note(ctx, id, flowhq.TenantEventStale, text)
	if err := s.setWorkerStatus(ctx, id, flowhq.WorkerRunning, text, flowhq.PhaseReconnecting); err != nil {
		s.log.Error("a worker's silence could not be written", "tenant", id, "error", err)
	}
	if err := s.transition(ctx, id, flowhq.TriggerFailed, text); err != nil {
		s.log.Error("a tenant's silence could not be written", "tenant", id, "error", err)
	}
}
