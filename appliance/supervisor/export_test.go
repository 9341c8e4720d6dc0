package supervisor

import (
	"context"
	"time"
)

// What the tests of this package reach beside the exported calls: single rounds of what Run does again and again.
const (
	RenewHold  = renewHold
	RetryAfter = retryAfter
)

func (s *Supervisor) CheckStale(ctx context.Context)               { s.stale.check(ctx) }
func (s *Supervisor) FlushBeats(ctx context.Context)               { s.Reports.flushBeats(ctx) }
func (s *Supervisor) ResumeDue(ctx context.Context)                { s.Pauses.resumeDue(ctx) }
func (s *Supervisor) Reconcile(ctx context.Context)                { s.reconcile.reconcile(ctx) }
func (s *Supervisor) Renew(ctx context.Context)                    { s.renewal.renew(ctx) }
func (s *Supervisor) SetRenewalPatience(d time.Duration)           { s.renewal.patience = d }
func (s *Supervisor) SetLastBackup(name func() string)             { s.Outage.lastBackup = name }
func (s *Supervisor) SetRemoveDevice(remove func(id string) error) { s.Devices.removeDevice = remove }
func (s *Supervisor) GiveTime()                                    { s.core.giveTime() }
