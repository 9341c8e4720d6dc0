package supervisor

import (
	"context"

	"flowhq"
)

// run writes grouped heartbeats, looks after an outage, and repeats what could not be written.
func (s *Reports) run(ctx context.Context) { every(ctx, flushEvery, s.Flush) }

// Flush writes grouped heartbeats and tries reports again that the store refused. During an outage it looks whether
// that is over.
func (s *Reports) Flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	usable, ended := s.outage.over(ctx)
	if !usable {
		return
	}
	if ended {
		s.giveTime() // an outage makes nobody stale
	}
	s.flushBeats(ctx)
	InParallel(s.unwritten(), func(id string) { s.applyReport(ctx, id) })
}

func (s *Reports) flushBeats(ctx context.Context) {
	s.mu.Lock()
	beats := make([]flowhq.Heartbeat, 0, len(s.beats))
	for _, b := range s.beats {
		beats = append(beats, b)
	}
	clear(s.beats)
	s.mu.Unlock()
	if len(beats) == 0 {
		return
	}
	err := s.journals.Heartbeats(ctx, beats)
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range beats {
		if _, newer := s.beats[b.TenantID]; !newer {
			s.beats[b.TenantID] = b
		}
	}
	if s.outage.Note(err); flowhq.CodeOf(err) != flowhq.CodeUnavailable {
		s.log.Error("heartbeats could not be written", "workers", len(beats), "error", err)
	}
}

func (s *Reports) unwritten() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var ids []string
	for id, w := range s.table {
		if w.MayWrite(now, false) {
			ids = append(ids, id)
		}
	}
	return ids
}
