package dashboard

import (
	"context"
	"strconv"
	"time"

	"flowhq"
)

// Box measures the machine; what can't be told is left empty.
type Box interface {
	// Measure is quick: memory, disk, what is known of database, certificate and backup.
	Measure(ctx context.Context) flowhq.HostState
	// Certificate looks at the certificate under which the box is reached from outside: nil where there is none to
	// look at; broken tells that browsers refuse it. It may take seconds.
	Certificate(ctx context.Context) (host string, ends *time.Time, broken bool)
}

// How often the machine is looked at.
const (
	diskEvery        = time.Minute
	certificateEvery = 6 * time.Hour
	hoursKept        = 40 * 24 * time.Hour
)

// HourStore forgets old figures.
type HourStore interface {
	// DropMessageHours forgets the hours before a time.
	DropMessageHours(ctx context.Context, before time.Time) error
}

// Machine watches the machine and raises alarms about it.
type Machine struct {
	store  HourStore
	alarms *Alarms
	box    Box // nil: there is nothing to watch
	now    func() time.Time
}

// NewMachine makes a Machine; Run watches it. A nil box is not watched.
func NewMachine(store HourStore, alarms *Alarms, box Box, now func() time.Time) *Machine {
	return &Machine{store: store, alarms: alarms, box: box, now: now}
}

// Run looks after the machine until ctx ends: disk, certificate, figures that nobody needs any more.
func (m *Machine) Run(ctx context.Context) {
	var looked, dropped time.Time
	every(ctx, diskEvery, func(ctx context.Context) {
		m.watchDisk(ctx)
		if now := m.now(); now.Sub(looked) >= certificateEvery {
			looked = now
			m.watchCertificate(ctx)
		}
		if now := m.now(); now.Sub(dropped) >= certificateEvery {
			if err := m.store.DropMessageHours(ctx, now.Add(-hoursKept)); err == nil {
				dropped = now
			}
		}
	})
}

func (m *Machine) watchDisk(ctx context.Context) {
	if m.box == nil {
		return
	}
	b := m.box.Measure(ctx)
	switch {
	case b.DiskTotal == 0 || b.DiskFree >= flowhq.DiskFineAgain:
		m.alarms.Clear(flowhq.AlarmDiskLow, "")
	case b.DiskFree < flowhq.DiskLow:
		m.alarms.Raise(flowhq.AlarmDiskLow, "", map[string]string{"path": b.DiskPath, "free": megabytes(b.DiskFree)})
	}
}

func (m *Machine) watchCertificate(ctx context.Context) {
	if m.box == nil {
		return
	}
	host, ends, broken := m.box.Certificate(ctx)
	bad, soon := false, false
	if broken {
		bad = true
		m.alarms.Raise(flowhq.AlarmCertificateBad, "", map[string]string{"host": host})
	} else if ends != nil {
		if days := int(ends.Sub(m.now()) / (24 * time.Hour)); days <= flowhq.CertificateDays {
			soon = true
			m.alarms.Raise(flowhq.AlarmCertificate, "", map[string]string{"host": host, "days": strconv.Itoa(days)})
		}
	}
	if !bad {
		m.alarms.Clear(flowhq.AlarmCertificateBad, "")
	}
	if !soon {
		m.alarms.Clear(flowhq.AlarmCertificate, "")
	}
}

// megabytes writes an amount of disk in tens of megabytes, so that an alarm is not told anew with every line of a log.
func megabytes(n int64) string { return strconv.FormatInt(n>>20/10*10, 10) + " MB" }

// every calls do at once and then in each interval until ctx ends.
func every(ctx context.Context, interval time.Duration, do func(context.Context)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		do(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
