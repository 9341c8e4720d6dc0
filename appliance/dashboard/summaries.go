package dashboard

import (
	"context"
	"slices"
	"sync"
	"time"

	"flowhq"
)

// summariesKept is how long the summaries of all tenants, which are read at once, are kept: fifty open pages that
// follow two hundred busy tenants read them once between them. Whatever changes a summary drops them.
const summariesKept = 15 * time.Second

// SummaryStore gives what lists and the overview tell of many tenants at once.
type SummaryStore interface {
	// TenantSummaries gives every tenant's summary without its figures, newest first.
	TenantSummaries(ctx context.Context) ([]flowhq.TenantSummary, error)
	// MessageHours gives the messages of all tenants by the hour, from the hour that since lies in.
	MessageHours(ctx context.Context, since time.Time) ([]flowhq.MessageHour, error)
	// OpenRequests counts the customers' requests that are NEW or CONFIRMED, by tenant.
	OpenRequests(ctx context.Context) (map[string]int, error)
}

// Processes measures workers.
type Processes interface {
	// Process measures a worker; false when it never ran.
	Process(tenantID string) (flowhq.Process, bool)
	// Tenants gives the tenants whose worker is alive or about to be.
	Tenants() []string
}

// Summaries lists tenants with the figures of the day. It keeps what it read for a while and is safe for use by many
// goroutines.
type Summaries struct {
	store     SummaryStore
	processes Processes
	history   *History
	now       func() time.Time
	cache     summaryCache
}

// NewSummaries makes Summaries that are read anew after each change that changes announces.
func NewSummaries(store SummaryStore, processes Processes, history *History, changes *Changes,
	now func() time.Time) *Summaries {
	s := &Summaries{store: store, processes: processes, history: history, now: now}
	changes.Note(s.cache.note)
	return s
}

// summaryCache keeps the summaries of all tenants and the figures of the day. Reading is done by one caller at a
// time; the others wait for what it read.
type summaryCache struct {
	reading sync.Mutex

	mu        sync.Mutex
	changes   int // counted, so that what was read before a change is not kept after it
	read      int // changes that were known when summaries were read
	summaries []flowhq.TenantSummary
	readAt    time.Time
	day       day
}

// note takes a change in: summaries are read anew where it touches them.
func (c *summaryCache) note(k flowhq.ChangeKind) {
	switch k {
	case flowhq.ChangeMessage, flowhq.ChangeRequest, flowhq.ChangeChat, flowhq.ChangeAlarm, flowhq.ChangeSetupRequest:
		return
	}
	c.mu.Lock()
	c.changes++
	c.mu.Unlock()
}

// All gives every tenant's summary with the figures of the day and the memory of the last minute. The slice is
// shared: it must not be changed.
func (s *Summaries) All(ctx context.Context) ([]flowhq.TenantSummary, error) {
	c := &s.cache
	c.reading.Lock()
	defer c.reading.Unlock()
	c.mu.Lock()
	now := s.now()
	fresh := c.summaries != nil && c.read == c.changes && now.Sub(c.readAt) < summariesKept
	figuresFresh := c.day.all != nil && now.Sub(c.day.at) < figuresKept
	changes, summaries := c.changes, c.summaries
	c.mu.Unlock()
	if fresh && figuresFresh {
		return summaries, nil
	}
	var err error
	if !fresh {
		if summaries, err = s.store.TenantSummaries(ctx); err != nil {
			return nil, err
		}
	}
	if !figuresFresh {
		if err := s.readFigures(ctx, now); err != nil {
			return nil, err
		}
	}
	summaries = slices.Clone(summaries)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range summaries {
		t := &summaries[i]
		f := c.day.all[t.ID]
		t.Received, t.Sent, t.OpenRequests, t.Hours = f.received, f.sent, f.open, f.hours
		t.Memory = s.history.memory(t.ID)
	}
	c.summaries = summaries
	if !fresh {
		c.read, c.readAt = changes, now
	}
	return summaries, nil
}

// measure fills in what the process manager knows.
func (s *Summaries) measure(t *flowhq.TenantSummary) {
	if p, ok := s.processes.Process(t.ID); ok {
		t.Memory, t.MemoryMax, t.Restarts = p.MemoryRSS, p.MemoryMax, p.Restarts
	}
}
