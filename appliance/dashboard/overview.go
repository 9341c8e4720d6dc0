package dashboard

import (
	"context"
	"strings"
	"time"

	"flowhq"
)

// OverviewStore gives what the overview tells beside the summaries.
type OverviewStore interface {
	// WaitingSetupRequests counts the owners' requests that wait for a decision.
	WaitingSetupRequests(ctx context.Context) (int, error)
}

// OverviewConfig is what Overviews is made of; all is required but Box.
type OverviewConfig struct {
	Store     OverviewStore
	Summaries *Summaries
	Alarms    *Alarms
	Box       Box // nil: nothing is known of the machine
	Now       func() time.Time
}

// Overviews tells what needs a person now and how the day goes.
type Overviews struct {
	store     OverviewStore
	summaries *Summaries
	alarms    *Alarms
	box       Box
	now       func() time.Time
	since     time.Time // the appliance's start
}

// NewOverviews makes Overviews; the appliance counts as started now.
func NewOverviews(c OverviewConfig) *Overviews {
	return &Overviews{store: c.Store, summaries: c.Summaries, alarms: c.Alarms, box: c.Box, now: c.Now, since: c.Now()}
}

// Overview gathers what needs a person now and how the day goes.
func (s *Overviews) Overview(ctx context.Context) (flowhq.Overview, error) {
	summaries, err := s.summaries.All(ctx)
	if err != nil {
		return flowhq.Overview{}, err
	}
	waiting, err := s.store.WaitingSetupRequests(ctx)
	if err != nil {
		return flowhq.Overview{}, err
	}
	o := flowhq.Overview{Tenants: len(summaries), Counts: map[flowhq.TenantStatus]int{}, Alarms: s.alarms.List(),
		SetupRequests: waiting, Since: s.since.UTC()}
	s.addSummaries(&o, summaries)
	s.sumHours(&o)
	if s.box != nil {
		o.Host = s.box.Measure(ctx)
	}
	o.Capacity = flowhq.RoomForWorkers(o.Host, o.Workers, o.Memory)
	return o, nil
}

func (s *Overviews) addSummaries(o *flowhq.Overview, summaries []flowhq.TenantSummary) {
	var needing []*flowhq.TenantSummary
	for i := range summaries {
		l := &summaries[i]
		// it was not measured yet; the summaries themselves are shared
		if l.Memory == 0 && l.Worker == flowhq.WorkerRunning {
			measured := *l
			s.summaries.measure(&measured)
			l = &measured
		}
		o.Counts[l.Status]++
		o.Received += l.Received
		o.Sent += l.Sent
		o.OpenRequests += l.OpenRequests
		o.Memory += l.Memory
		if l.Worker == flowhq.WorkerRunning {
			o.Workers++
		}
		for i, n := range l.Hours {
			o.Hours[i] += n
		}
		if urgency(l) <= 3 {
			needing = append(needing, l)
		}
	}
	sortSummaries(needing, flowhq.OrderUrgency, false)
	o.NeedingAll = len(needing)
	for _, l := range needing[:min(len(needing), flowhq.NeedingShown)] {
		o.Needing = append(o.Needing, *l)
	}
}

// sumHours compares with the day before, and takes the average of today's answers.
func (s *Overviews) sumHours(o *flowhq.Overview) {
	now := s.now()
	today := dayBegin(now)
	yesterday, until := today.Add(-24*time.Hour), now.Add(-24*time.Hour)
	var answered int
	var wait time.Duration
	s.summaries.cache.mu.Lock()
	early, late := s.summaries.cache.day.early, s.summaries.cache.day.late
	s.summaries.cache.mu.Unlock()
	for _, hours := range [][]flowhq.MessageHour{early, late} {
		for _, h := range hours {
			switch {
			case !h.Hour.Before(today):
				answered += h.Answered
				wait += h.Wait
			case !h.Hour.Before(yesterday) && h.Hour.Before(until.Truncate(time.Hour)):
				o.Before += h.Received
			}
		}
	}
	if answered > 0 {
		o.Response = wait / time.Duration(answered)
	}
}

func compareNames(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }
