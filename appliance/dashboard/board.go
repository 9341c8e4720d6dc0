package dashboard

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"flowhq"
)

// boardLength is how many lines a page of the list has where nothing is asked for.
const boardLength = 50

// linesKept is how long the lines of all tenants, which are read at once, are kept: fifty open pages that follow a busy fleet read
// them once between them. Whatever changes a line drops them.
const linesKept = 15 * time.Second

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

// Summaries lists tenants with the figures of the day. It keeps what it read for a while and is safe for use by many goroutines.
type Summaries struct {
	store     SummaryStore
	processes Processes
	history   *History
	now       func() time.Time
	cache     summaryCache
}

// NewSummaries makes Summaries that are read anew after each change that changes announces.
func NewSummaries(store SummaryStore, processes Processes, history *History, changes *Changes, now func() time.Time) *Summaries {
	s := &Summaries{store: store, processes: processes, history: history, now: now}
	changes.Note(s.cache.note)
	return s
}

// summaryCache keeps the summaries of all tenants and the figures of the day. Reading is done by one caller at a time; the others
// wait for what it read.
type summaryCache struct {
	reading sync.Mutex

	mu      sync.Mutex
	changes int // counted, so that what was read before a change is not kept after it
	read    int // changes that were known when lines were read
	lines   []flowhq.TenantSummary
	linesAt time.Time
	day     day
}

// note takes a change in: lines are read anew where it touches them.
func (b *summaryCache) note(k flowhq.ChangeKind) {
	switch k {
	case flowhq.ChangeMessage, flowhq.ChangeRequest, flowhq.ChangeChat, flowhq.ChangeAlarm, flowhq.ChangeSetupRequest:
		return
	}
	b.mu.Lock()
	b.changes++
	b.mu.Unlock()
}

// Board lists tenants with the figures of the day, in the asked order, one page of them.
func (s *Summaries) Board(ctx context.Context, q flowhq.BoardQuery) (flowhq.Board, error) {
	lines, err := s.All(ctx)
	if err != nil {
		return flowhq.Board{}, err
	}
	b := flowhq.Board{All: len(lines), Counts: map[flowhq.TenantStatus]int{}, Length: cmp.Or(min(max(q.Length, 0), flowhq.MaxLimit), boardLength)}
	wanted := seek(q.Query)
	var picked []*flowhq.TenantSummary // a line is too large to be moved about
	for i := range lines {
		l := &lines[i]
		if !wanted.matches(l) {
			continue
		}
		b.Found++
		b.Counts[l.Status]++
		if q.Status == "" || l.Status == q.Status {
			picked = append(picked, l)
		}
	}
	sortLines(picked, q.Order, q.Back)
	b.Pages = max(1, (len(picked)+b.Length-1)/b.Length)
	b.Page = min(max(q.Page, 1), b.Pages)
	for _, l := range picked[min((b.Page-1)*b.Length, len(picked)):min(b.Page*b.Length, len(picked))] {
		line := *l
		s.measure(&line)
		b.Lines = append(b.Lines, line)
	}
	return b, nil
}

// measure fills in what the process manager knows.
func (s *Summaries) measure(l *flowhq.TenantSummary) {
	if p, ok := s.processes.Process(l.ID); ok {
		l.Memory, l.MemoryMax, l.Restarts = p.MemoryRSS, p.MemoryMax, p.Restarts
	}
}

// Line gives one tenant's line; CodeNotFound "Tenant not found".
func (s *Summaries) Line(ctx context.Context, id string) (flowhq.TenantSummary, error) {
	lines, err := s.All(ctx)
	if err != nil {
		return flowhq.TenantSummary{}, err
	}
	i := slices.IndexFunc(lines, func(l flowhq.TenantSummary) bool { return l.ID == id })
	if i < 0 {
		return flowhq.TenantSummary{}, flowhq.NotFound("Tenant")
	}
	l := lines[i]
	s.measure(&l)
	return l, nil
}

// All gives every tenant's line with the figures of the day and the memory of the last minute. The slice is shared: it is not to be changed.
func (s *Summaries) All(ctx context.Context) ([]flowhq.TenantSummary, error) {
	b := &s.cache
	b.reading.Lock()
	defer b.reading.Unlock()
	b.mu.Lock()
	now := s.now()
	fresh := b.lines != nil && b.read == b.changes && now.Sub(b.linesAt) < linesKept
	figuresFresh := b.day.all != nil && now.Sub(b.day.at) < figuresKept
	changes, lines := b.changes, b.lines
	b.mu.Unlock()
	if fresh && figuresFresh {
		return lines, nil
	}
	var err error
	if !fresh {
		if lines, err = s.store.TenantSummaries(ctx); err != nil {
			return nil, err
		}
	}
	if !figuresFresh {
		if err := s.readFigures(ctx, now); err != nil {
			return nil, err
		}
	}
	lines = slices.Clone(lines)
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range lines {
		l := &lines[i]
		f := b.day.all[l.ID]
		l.Received, l.Sent, l.OpenRequests, l.Hours = f.received, f.sent, f.open, f.hours
		l.Memory = s.history.memory(l.ID)
	}
	b.lines = lines
	if !fresh {
		b.read, b.linesAt = changes, now
	}
	return lines, nil
}

// sought is what a list is searched for.
type sought struct{ text, digits string }

func seek(query string) sought {
	text := strings.ToLower(strings.TrimSpace(query))
	return sought{text, strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(text)}
}

func (q sought) matches(l *flowhq.TenantSummary) bool {
	return q.text == "" || strings.Contains(strings.ToLower(l.Name), q.text) || strings.Contains(strings.ToLower(l.BusinessName), q.text) ||
		strings.Contains(l.PhoneNumber, q.digits) || l.ID == q.text
}

// sortLines puts lines into an order; what is equal in it goes by name, then by id.
func sortLines(lines []*flowhq.TenantSummary, order flowhq.SummaryOrder, back bool) {
	type named struct {
		*flowhq.TenantSummary
		name string // in small letters, once for each line and not for each comparison
	}
	all := make([]named, len(lines))
	for i, l := range lines {
		all[i] = named{l, strings.ToLower(l.Name)}
	}
	slices.SortFunc(all, func(x, y named) int {
		c := 0
		if order == flowhq.OrderName {
			c = strings.Compare(x.name, y.name)
		} else {
			c = compareLines(x.TenantSummary, y.TenantSummary, order)
		}
		if back {
			c = -c
		}
		if c == 0 { // not by cmp.Or, which would compare all three each time
			c = strings.Compare(x.name, y.name)
		}
		if c == 0 {
			c = strings.Compare(x.ID, y.ID)
		}
		return c
	})
	for i, l := range all {
		lines[i] = l.TenantSummary
	}
}

// compareLines compares by every order but that by name.
func compareLines(x, y *flowhq.TenantSummary, order flowhq.SummaryOrder) int {
	switch order {
	case flowhq.OrderNewest:
		return y.CreatedAt.Compare(x.CreatedAt)
	case flowhq.OrderMessages:
		return cmp.Compare(y.Received+y.Sent, x.Received+x.Sent)
	case flowhq.OrderRequests:
		return cmp.Compare(y.OpenRequests, x.OpenRequests)
	case flowhq.OrderHeard:
		return heard(x).Compare(heard(y))
	case flowhq.OrderMemory:
		return cmp.Compare(y.Memory, x.Memory)
	default:
		return cmp.Compare(urgency(x), urgency(y))
	}
}

func heard(l *flowhq.TenantSummary) time.Time {
	if l.HeardAt == nil {
		return time.Time{}
	}
	return *l.HeardAt
}

// urgency is lower the sooner a person should look.
func urgency(l *flowhq.TenantSummary) int {
	switch {
	case l.Status == flowhq.TenantError:
		return 0
	case l.Phase.Failing() && l.Status != flowhq.TenantPaused:
		return 1
	case l.Status == flowhq.TenantQRPending:
		return 2
	case l.Status == flowhq.TenantActive && l.DesiredState != flowhq.DesiredRunning:
		return 3
	case l.Status == flowhq.TenantNew:
		return 4
	case l.Status == flowhq.TenantActive:
		return 5
	default:
		return 6
	}
}
