package supervisor

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"flowhq"
)

// Outage knows whether the store can be used, and raises the alarms that say so. While the store is away, workers go
// on and what they report is kept in memory. Its lock is the innermost: nothing of the supervisor is called while it
// is held but Alarms.
type Outage struct {
	store      HealthStore
	alarms     Alarms
	log        *slog.Logger
	lastBackup func() string

	mu      sync.Mutex
	down    bool             // the store cannot be used
	alarm   flowhq.AlarmKind // that says why, while down
	damaged bool             // a part of the store is
}

// Note takes an error of the store: one that tells of an outage begins it, any other and nil do nothing.
func (o *Outage) Note(err error) {
	why := flowhq.OutageOf(err)
	if why == "" {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case why == flowhq.OutageDamaged: // a part of it is, for good; the rest goes on
		o.damage(err)
	case !o.down:
		o.down, o.alarm = true, why.Alarm()
		o.alarms.Raise(o.alarm, "", nil)
		o.log.Error("the database is away; workers go on, what they report is kept until it is back", "why", why,
			"error", err)
	}
}

// damage raises the alarm of a damaged database. mu is held.
func (o *Outage) damage(err error) {
	backup := "none"
	if o.lastBackup != nil {
		if name := o.lastBackup(); name != "" {
			backup = name
		}
	}
	if !o.damaged {
		o.log.Error("the database is damaged; restore the newest good backup", "backup", backup, "error", err)
	}
	o.damaged = true
	o.alarms.Raise(flowhq.AlarmDatabaseDamaged, "", map[string]string{"backup": backup})
}

// Down tells whether the store cannot be used now.
func (o *Outage) Down() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.down
}

// over looks, during an outage, whether it has ended: usable tells whether the store can be used, ended that this is
// news.
func (o *Outage) over(ctx context.Context) (usable, ended bool) {
	if !o.Down() {
		return true, false
	}
	err := o.probe(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.goesOn(err)
		return false, false
	}
	o.down = false
	o.alarms.Clear(o.alarm, "")
	o.log.Info("the database is back")
	return true, true
}

// goesOn notes why an outage goes on, which may be another reason than the one that it began with. mu is held.
func (o *Outage) goesOn(err error) {
	kind := flowhq.OutageOf(err).Alarm()
	if !o.down || kind == o.alarm {
		return
	}
	o.alarms.Clear(o.alarm, "")
	o.alarm = kind
	o.alarms.Raise(kind, "", nil)
	o.log.Error("the database is still away", "error", err)
}

// probe tells whether the store can be used, by writing to it where it can do that.
func (o *Outage) probe(ctx context.Context) error {
	if p, ok := o.store.(Prober); ok {
		return p.Probe(ctx)
	}
	return o.store.Ping(ctx)
}

// run looks for damage, a while after the start and then once a day.
func (o *Outage) run(ctx context.Context) {
	checker, ok := o.store.(Checker)
	if !ok {
		return
	}
	timer := time.NewTimer(firstCheck)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		o.CheckStore(ctx, checker)
		timer.Reset(checkEvery)
	}
}

// CheckStore looks for damage once: it raises the alarm, or takes it back.
func (o *Outage) CheckStore(ctx context.Context, c Checker) {
	err := c.Check(ctx)
	if err != nil {
		o.Note(err)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.damaged {
		o.damaged = false
		o.alarms.Clear(flowhq.AlarmDatabaseDamaged, "")
	}
}
