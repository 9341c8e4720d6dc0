package fleet

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

// The lines of all tenants are read at once and kept: fifty open pages that follow a busy fleet read them once between
// them. Whatever changes a line drops them; figures of the day may be so old.
const (
	linesKept   = 15 * time.Second
	figuresKept = 2 * time.Second
)

// lineBook keeps the lines of all tenants and the figures of the day. Reading is done by one caller at a time; the others
// wait for what it read.
type lineBook struct {
	reading sync.Mutex

	mu      sync.Mutex
	changes int // counted, so that what was read before a change is not kept after it
	read    int // changes that were known when lines were read
	lines   []flowhq.TenantLine
	linesAt time.Time
	figures map[string]figures
	hours   []flowhq.MessageHour
	figsAt  time.Time
}

type figures struct {
	received, sent, open int
	hours                [24]int
}

// note takes a change in: lines are read anew where it touches them.
func (b *lineBook) note(k flowhq.ChangeKind) {
	switch k {
	case flowhq.ChangeMessage, flowhq.ChangeRequest, flowhq.ChangeChat, flowhq.ChangeAlarm, flowhq.ChangeSetupRequest:
		return
	}
	b.mu.Lock()
	b.changes++
	b.mu.Unlock()
}

// Board lists tenants with the figures of the day, in the asked order, one page of them.
func (s *Service) Board(ctx context.Context, q flowhq.BoardQuery) (flowhq.Board, error) {
	lines, err := s.allLines(ctx)
	if err != nil {
		return flowhq.Board{}, err
	}
	b := flowhq.Board{All: len(lines), Counts: map[flowhq.TenantStatus]int{}, Length: cmp.Or(min(max(q.Length, 0), flowhq.MaxLimit), boardLength)}
	lines = slices.DeleteFunc(slices.Clone(lines), func(l flowhq.TenantLine) bool { return !matchesLine(l, q.Query) })
	b.Found = len(lines)
	for _, l := range lines {
		b.Counts[l.Status]++
	}
	if q.Status != "" {
		lines = slices.DeleteFunc(lines, func(l flowhq.TenantLine) bool { return l.Status != q.Status })
	}
	sortLines(lines, q.Order, q.Back)
	b.Pages = max(1, (len(lines)+b.Length-1)/b.Length)
	b.Page = min(max(q.Page, 1), b.Pages)
	b.Lines = slices.Clone(lines[min((b.Page-1)*b.Length, len(lines)):min(b.Page*b.Length, len(lines))])
	for i := range b.Lines {
		s.measureLine(&b.Lines[i])
	}
	return b, nil
}

// measureLine fills in what the process manager knows.
func (s *Service) measureLine(l *flowhq.TenantLine) {
	if p, ok := s.processes.Process(l.ID); ok {
		l.Memory, l.MemoryMax, l.Restarts = p.MemoryRSS, p.MemoryMax, p.Restarts
	}
}

// Line gives one tenant's line; CodeNotFound "Tenant not found".
func (s *Service) Line(ctx context.Context, id string) (flowhq.TenantLine, error) {
	lines, err := s.allLines(ctx)
	if err != nil {
		return flowhq.TenantLine{}, err
	}
	i := slices.IndexFunc(lines, func(l flowhq.TenantLine) bool { return l.ID == id })
	if i < 0 {
		return flowhq.TenantLine{}, flowhq.NotFound("Tenant")
	}
	l := lines[i]
	s.measureLine(&l)
	return l, nil
}

// allLines gives every tenant's line with the figures of the day and the memory of the last minute. The slice is shared: it is not to be changed.
func (s *Service) allLines(ctx context.Context) ([]flowhq.TenantLine, error) {
	b := &s.lines
	b.reading.Lock()
	defer b.reading.Unlock()
	b.mu.Lock()
	now := s.now()
	fresh := b.lines != nil && b.read == b.changes && now.Sub(b.linesAt) < linesKept
	figuresFresh := b.figures != nil && now.Sub(b.figsAt) < figuresKept
	changes, lines := b.changes, b.lines
	b.mu.Unlock()
	if fresh && figuresFresh {
		return lines, nil
	}
	var err error
	if !fresh {
		if lines, err = s.store.TenantLines(ctx); err != nil {
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
		f := b.figures[l.ID]
		l.Received, l.Sent, l.OpenRequests, l.Hours = f.received, f.sent, f.open, f.hours
		l.Memory = s.series.memory(l.ID)
	}
	b.lines = lines
	if !fresh {
		b.read, b.linesAt = changes, now
	}
	return lines, nil
}

// readFigures reads the day's figures of all tenants.
func (s *Service) readFigures(ctx context.Context, now time.Time) error {
	hours, err := s.store.MessageHours(ctx, now.Add(-47*time.Hour))
	if err != nil {
		return err
	}
	open, err := s.store.OpenRequests(ctx)
	if err != nil {
		return err
	}
	today, running := dayBegin(now), now.UTC().Truncate(time.Hour)
	all := make(map[string]figures, len(open))
	for id, n := range open {
		all[id] = figures{open: n}
	}
	for _, h := range hours {
		f := all[h.TenantID]
		if !h.Hour.Before(today) {
			f.received += h.Received
			f.sent += h.Sent
		}
		if back := int(running.Sub(h.Hour) / time.Hour); back >= 0 && back < len(f.hours) {
			f.hours[len(f.hours)-1-back] += h.Received
		}
		all[h.TenantID] = f
	}
	s.lines.mu.Lock()
	defer s.lines.mu.Unlock()
	s.lines.figures, s.lines.hours, s.lines.figsAt = all, hours, now
	return nil
}

// dayBegin is midnight in the zone that most businesses live in.
func dayBegin(now time.Time) time.Time {
	zone, err := time.LoadLocation(flowhq.DefaultTimezone)
	if err != nil {
		zone = time.UTC
	}
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone).UTC()
}

// memory gives what a worker used when it was last measured, within the last minute; 0 when it does not run.
func (b *seriesBook) memory(id string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.all[id]
	if !ok || len(s.recent.points) == 0 {
		return 0
	}
	n := len(s.recent.points)
	return int64(s.recent.points[(s.recent.next+n-1)%n].memory) << 10
}

func matchesLine(l flowhq.TenantLine, query string) bool {
	query = strings.ToLower(strings.TrimSpace(query))
	if query == "" {
		return true
	}
	digits := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(query)
	return strings.Contains(strings.ToLower(l.Name), query) || strings.Contains(strings.ToLower(l.BusinessName), query) ||
		strings.Contains(l.PhoneNumber, digits) || l.ID == query
}

// sortLines puts lines into an order; what is equal in it goes by name, then by id.
func sortLines(lines []flowhq.TenantLine, order flowhq.LineOrder, back bool) {
	slices.SortFunc(lines, func(x, y flowhq.TenantLine) int {
		c := compareLines(x, y, order)
		if back {
			c = -c
		}
		return cmp.Or(c, compareNames(x.Name, y.Name), strings.Compare(x.ID, y.ID))
	})
}

func compareLines(x, y flowhq.TenantLine, order flowhq.LineOrder) int {
	switch order {
	case flowhq.OrderName:
		return compareNames(x.Name, y.Name)
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

func heard(l flowhq.TenantLine) time.Time {
	if l.HeardAt == nil {
		return time.Time{}
	}
	return *l.HeardAt
}

// urgency is lower the sooner a person should look.
func urgency(l flowhq.TenantLine) int {
	switch {
	case l.Status == flowhq.TenantError:
		return 0
	case l.Phase.Failing() && l.Status != flowhq.TenantPaused:
		return 1
	case l.Status == flowhq.TenantQRPending:
		return 2
	case l.Status == flowhq.TenantActive && l.Wish != flowhq.WishRunning:
		return 3
	case l.Status == flowhq.TenantNew:
		return 4
	case l.Status == flowhq.TenantActive:
		return 5
	default:
		return 6
	}
}
