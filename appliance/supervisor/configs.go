package supervisor

import (
	"context"
	"sync"

	"flowhq"
)

// Configs says what workers work by: the business, its settings in force and the limits.
type Configs struct {
	*core
	store ConfigStore

	limitsMu sync.Mutex
	limits   flowhq.Limits // of the server
}

// Limits gives what workers keep to now.
func (s *Configs) Limits() flowhq.Limits {
	s.limitsMu.Lock()
	defer s.limitsMu.Unlock()
	return s.limits
}

// TenantLimits gives what a tenant's worker keeps to: its own limits where its settings in force say some, else the
// server's.
func (s *Configs) TenantLimits(ctx context.Context, id string) (flowhq.Limits, error) {
	published, err := s.store.PublishedSettings(ctx, id)
	if err != nil {
		return flowhq.Limits{}, err
	}
	return published.Settings.Limits.Over(s.Limits()), nil
}

// SetLimits changes what workers keep to; those that run are told.
func (s *Configs) SetLimits(ctx context.Context, l flowhq.Limits) {
	s.limitsMu.Lock()
	s.limits = l
	s.limitsMu.Unlock()
	s.mu.Lock()
	ids := make([]string, 0, len(s.table))
	for id := range s.table {
		ids = append(ids, id)
	}
	s.mu.Unlock()
	InParallel(ids, func(id string) { s.Configure(ctx, id) })
}

// Configure tells a running worker what to work by now. One that cannot be told asks itself at its next hello.
func (s *Configs) Configure(ctx context.Context, id string) {
	if !s.links.Connected(id) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	c, err := s.workerConfig(ctx, id)
	if err == nil {
		err = s.links.Configure(ctx, id, c)
	}
	if err != nil {
		s.log.Warn("a worker could not be told its new settings; it gets them when it connects again", "tenant", id,
			"error", err)
	}
}

// workerConfig gathers what a worker works by. Its revision grows with every call, over restarts of the appliance too,
// as long as the machine's clock does not run backwards.
func (s *Configs) workerConfig(ctx context.Context, id string) (flowhq.WorkerConfig, error) {
	t, err := s.store.Tenant(ctx, id)
	if err != nil {
		return flowhq.WorkerConfig{}, err
	}
	settings, err := s.store.PublishedSettings(ctx, id)
	if err != nil {
		return flowhq.WorkerConfig{}, err
	}
	in := flowhq.ConversationOf(t, settings)
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.worker(id)
	w.revision = max(w.revision+1, s.now().UnixMicro())
	return flowhq.WorkerConfig{
		Revision: w.revision, Business: in.Business, Version: in.Version, FlowYAML: in.FlowYAML,
		Limits: settings.Settings.Limits.Over(s.Limits()),
	}, nil
}
