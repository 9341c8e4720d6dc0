package fleet

import (
	"context"
	"strings"
	"time"

	"flowhq"
)

// Box measures the machine; what can't be told is left empty.
type Box interface {
	// Measure is quick: memory, disk, what is known of database, certificate and backup.
	Measure(ctx context.Context) flowhq.HostState
	// Certificate looks at the certificate under which the box is reached from outside: nil where there is none to look at;
	// broken tells that browsers refuse it. It may take seconds.
	Certificate(ctx context.Context) (host string, ends *time.Time, broken bool)
}

// How often the machine is looked at.
const (
	diskEvery        = time.Minute
	certificateEvery = 6 * time.Hour
	hoursKept        = 40 * 24 * time.Hour
)

// Overview gathers what needs a person now and how the day goes.
func (s *Service) Overview(ctx context.Context) (flowhq.Overview, error) {
	lines, err := s.allLines(ctx)
	if err != nil {
		return flowhq.Overview{}, err
	}
	waiting, err := s.store.WaitingSetupRequests(ctx)
	if err != nil {
		return flowhq.Overview{}, err
	}
	o := flowhq.Overview{Tenants: len(lines), Counts: map[flowhq.TenantStatus]int{}, Alarms: s.alarms.List(), SetupRequests: waiting, Since: s.since.UTC()}
	s.sumLines(&o, lines)
	s.sumHours(&o)
	if s.box != nil {
		o.Host = s.box.Measure(ctx)
	}
	o.Capacity = flowhq.RoomForWorkers(o.Host, o.Workers, o.Memory)
	return o, nil
}

func (s *Service) sumLines(o *flowhq.Overview, lines []flowhq.TenantSummary) {
	var needing []*flowhq.TenantSummary
	for i := range lines {
		l := &lines[i]
		if l.Memory == 0 && l.Worker == flowhq.WorkerRunning { // it was not measured yet; the lines themselves are shared
			measured := *l
			s.measureLine(&measured)
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
	sortLines(needing, flowhq.OrderUrgency, false)
	o.NeedingAll = len(needing)
	for _, l := range needing[:min(len(needing), flowhq.NeedingShown)] {
		o.Needing = append(o.Needing, *l)
	}
}

// sumHours compares with the day before, and takes the average of today's answers.
func (s *Service) sumHours(o *flowhq.Overview) {
	now := s.now()
	today := dayBegin(now)
	yesterday, until := today.Add(-24*time.Hour), now.Add(-24*time.Hour)
	var answered int
	var wait time.Duration
	s.lines.mu.Lock()
	early, late := s.lines.day.early, s.lines.day.late
	s.lines.mu.Unlock()
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

// runWatch looks after the machine: disk, certificate, figures that nobody needs any more.
func (s *Service) runWatch(ctx context.Context) {
	var looked, dropped time.Time
	every(ctx, diskEvery, func(ctx context.Context) {
		s.watchDisk(ctx)
		if now := s.now(); now.Sub(looked) >= certificateEvery {
			looked = now
			s.watchCertificate(ctx)
		}
		if now := s.now(); now.Sub(dropped) >= certificateEvery {
			if err := s.store.DropMessageHours(ctx, now.Add(-hoursKept)); err == nil {
				dropped = now
			}
		}
	})
}

func (s *Service) watchDisk(ctx context.Context) {
	if s.box == nil {
		return
	}
	b := s.box.Measure(ctx)
	switch {
	case b.DiskTotal == 0 || b.DiskFree >= flowhq.DiskFineAgain:
		s.alarms.Clear(flowhq.AlarmDiskLow, "")
	case b.DiskFree < flowhq.DiskLow:
		s.alarms.Raise(flowhq.AlarmDiskLow, "", map[string]string{"path": b.DiskPath, "free": megabytes(b.DiskFree)})
	}
}

func (s *Service) watchCertificate(ctx context.Context) {
	if s.box == nil {
		return
	}
	host, ends, broken := s.box.Certificate(ctx)
	bad, soon := false, false
	if broken {
		bad = true
		s.alarms.Raise(flowhq.AlarmCertificateBad, "", map[string]string{"host": host})
	} else if ends != nil {
		if days := int(ends.Sub(s.now()) / (24 * time.Hour)); days <= flowhq.CertificateDays {
			soon = true
			s.alarms.Raise(flowhq.AlarmCertificate, "", map[string]string{"host": host, "days": itoa(days)})
		}
	}
	if !bad {
		s.alarms.Clear(flowhq.AlarmCertificateBad, "")
	}
	if !soon {
		s.alarms.Clear(flowhq.AlarmCertificate, "")
	}
}

func compareNames(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }

// WaitingSetupRequests counts the owners' requests that wait for a decision.
func (s *Service) WaitingSetupRequests(ctx context.Context) (int, error) {
	return s.store.WaitingSetupRequests(ctx)
}
