package backup

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"flowhq"
	"flowhq/appliance/backup/archive"
)

// TakeFunc is how a Scheduler takes a backup: of one tenant, or ("") of everything.
type TakeFunc func(ctx context.Context, to io.Writer, tenant string, keys archive.Keys,
	progress func(Progress)) (archive.Contents, error)

// Alarms is where a Scheduler says that something is wrong.
type Alarms interface {
	Raise(kind flowhq.AlarmKind, tenantID string, facts map[string]string)
	Clear(kind flowhq.AlarmKind, tenantID string)
}

// Config is what a Scheduler is made of.
type Config struct {
	Take   TakeFunc
	Place  Place          // nil: none are kept
	At     *time.Duration // time of day of the daily backup; nil: only by hand
	Zone   *time.Location // that At and days are counted in; nil: the server's
	Keep   Keep
	Keys   func() (archive.Keys, error) // asked anew for each backup
	Alarms Alarms
	Logger *slog.Logger
	Now    func() time.Time // nil: time.Now
}

// Scheduler takes the appliance's backups: daily, and when it is asked. One at a time.
type Scheduler struct {
	c    Config
	wake chan string // who asks for one now

	mu      sync.Mutex
	state   flowhq.BackupState
	plan    schedule
	last    string // name of the newest good one
	running bool
}

// The times that a Scheduler goes by.
const (
	checkEvery = 30 * time.Second // how often it checks whether a backup is due: clocks are set, and servers sleep
	oldAfter   = 48 * time.Hour   // a newest backup of that age is an alarm
	backupTime = 12 * time.Hour   // longer than any backup takes
)

// NewScheduler makes a Scheduler, which does nothing before Run.
func NewScheduler(c Config) *Scheduler {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Zone == nil {
		c.Zone = time.Local
	}
	k := &Scheduler{c: c, wake: make(chan string, 1), plan: schedule{at: c.At, zone: c.Zone, began: c.Now()}}
	k.state.At = "off"
	if c.Place != nil {
		k.state.Place = c.Place.String()
		if c.At != nil {
			k.state.At = fmt.Sprintf("%02d:%02d", int(c.At.Hours()), int(c.At.Minutes())%60)
		}
	}
	return k
}

// Run takes backups until ctx ends; one under way is broken off then, and nothing of it stays.
func (k *Scheduler) Run(ctx context.Context) {
	if k.c.Place == nil {
		return
	}
	k.look(ctx)
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case by := <-k.wake:
			k.take(ctx, by)
		case <-tick.C:
			k.age()
			if k.due() {
				k.take(ctx, "the schedule")
			}
		}
	}
}

// Start has a backup taken now. One that is under way is CodeConflict.
func (k *Scheduler) Start(_ context.Context, by string) error {
	if k.c.Place == nil {
		return flowhq.Errorf(flowhq.CodeConflict, "No backups are kept: BACKUP_TO is off.")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running || len(k.wake) > 0 {
		return errRunning()
	}
	k.wake <- by
	k.state.Running = true
	return nil
}

func errRunning() error {
	return flowhq.Errorf(flowhq.CodeConflict, "A backup is being taken already. Wait until it is done.")
}

// State tells how the backups are doing.
func (k *Scheduler) State() flowhq.BackupState {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.state
	if next := k.plan.next(k.c.Now()); k.c.Place != nil && !next.IsZero() {
		next = next.UTC()
		s.NextAt = &next
	}
	return s
}

// List gives the backups that are kept, newest first.
func (k *Scheduler) List(ctx context.Context) ([]flowhq.Backup, error) {
	if k.c.Place == nil {
		return nil, nil
	}
	return k.c.Place.List(ctx)
}

// LastName gives the name of the newest good backup, "" while none is known.
func (k *Scheduler) LastName() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last
}

// WriteTo writes a backup for somebody who puts it elsewhere, unencrypted. It does not count as one of the appliance's
// own.
func (k *Scheduler) WriteTo(ctx context.Context, to io.Writer, tenant string) (archive.Contents, error) {
	if err := k.begin(); err != nil {
		return archive.Contents{}, err
	}
	defer k.end()
	return k.c.Take(ctx, to, tenant, archive.Keys{}, k.progress)
}

func (k *Scheduler) begin() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running {
		return errRunning()
	}
	k.running, k.state.Running = true, true
	return nil
}

func (k *Scheduler) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.running, k.state.Running = false, len(k.wake) > 0
	k.state.Phase, k.state.Done, k.state.Total = "", 0, 0
}

func (k *Scheduler) progress(p Progress) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.state.Phase, k.state.Done, k.state.Total = p.Phase, p.Done, p.Total
}

// look finds the newest backup that is there, at the start.
func (k *Scheduler) look(ctx context.Context) {
	list, err := k.c.Place.List(ctx)
	if err != nil {
		k.c.Logger.WarnContext(ctx, "the backups cannot be listed", "place", k.c.Place.String(), "error", err)
		return
	}
	for _, b := range list {
		if b.TenantID == "" {
			k.good(b.Name, b.TakenAt, b.Size, nil)
			break
		}
	}
	k.age()
}

func (k *Scheduler) good(name string, at time.Time, size int64, problems []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last = name
	k.state.LastAt, k.state.LastSize, k.state.Failure, k.state.Problems = &at, size, "", problems
	k.plan.last = at
}

func (k *Scheduler) due() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.plan.due(k.c.Now())
}

// age raises an alarm when the newest backup grew old, and takes it back.
func (k *Scheduler) age() {
	k.mu.Lock()
	last := k.plan.last
	if last.IsZero() {
		last = k.plan.began
	}
	daily := k.plan.at != nil
	k.mu.Unlock()
	age := k.c.Now().Sub(last)
	if !daily || age < oldAfter {
		k.c.Alarms.Clear(flowhq.AlarmBackupOld, "")
		return
	}
	k.c.Alarms.Raise(flowhq.AlarmBackupOld, "", map[string]string{"days": fmt.Sprint(int(age.Hours() / 24))})
}

// take takes a backup, puts it into its place, and removes what is outdated.
func (k *Scheduler) take(ctx context.Context, by string) {
	if err := k.begin(); err != nil {
		return // somebody takes one elsewhere; the schedule comes back to it
	}
	defer k.end()
	ctx, cancel := context.WithTimeout(ctx, backupTime)
	defer cancel()
	began := k.c.Now()
	k.mu.Lock()
	k.plan.tried = began
	k.mu.Unlock()
	name, size, contents, err := k.put(ctx, began)
	if err != nil {
		k.failed(ctx, by, err)
		return
	}
	k.good(name, began.UTC().Truncate(time.Second), size, contents.Problems)
	k.c.Logger.InfoContext(ctx, "backup taken", "name", name, "place", k.c.Place.String(), "bytes", size, "tenants",
		len(contents.Tenants),
		"rows", contents.Rows(), "took", k.c.Now().Sub(began).Round(time.Millisecond), "by", by)
	for _, p := range contents.Problems {
		k.c.Logger.ErrorContext(ctx, "the backup lacks something", "name", name, "problem", p)
	}
	if len(contents.Problems) > 0 {
		k.c.Alarms.Raise(flowhq.AlarmBackupPartial, "", map[string]string{"count": fmt.Sprint(len(contents.Problems))})
	} else {
		k.c.Alarms.Clear(flowhq.AlarmBackupPartial, "")
	}
	k.c.Alarms.Clear(flowhq.AlarmBackupFailed, "")
	k.age()
	k.thin(ctx)
}

func (k *Scheduler) put(ctx context.Context, at time.Time) (name string, size int64, c archive.Contents, err error) {
	keys, err := k.c.Keys()
	if err != nil {
		return "", 0, c, err
	}
	name = NameOf(at, "", keys.Sealing())
	size, c, err = Put(ctx, k.c.Place, name, func(to io.Writer) (archive.Contents, error) {
		return k.c.Take(ctx, to, "", keys, k.progress)
	})
	return name, size, c, err
}

func (k *Scheduler) failed(ctx context.Context, by string, err error) {
	if ctx.Err() == context.Canceled {
		k.c.Logger.WarnContext(ctx, "a backup was broken off: Flow HQ is being stopped", "by", by)
		return
	}
	k.c.Logger.ErrorContext(ctx, "the backup failed", "place", k.c.Place.String(), "by", by, "error", err)
	k.mu.Lock()
	k.state.Failure = sentence(err)
	facts := map[string]string{}
	if k.state.LastAt != nil {
		facts["when"] = k.state.LastAt.UTC().Format(time.RFC3339)
	}
	k.mu.Unlock()
	k.c.Alarms.Raise(flowhq.AlarmBackupFailed, "", facts)
}

// thin removes outdated backups, once a new one is safe.
func (k *Scheduler) thin(ctx context.Context) {
	list, err := k.c.Place.List(ctx)
	if err != nil {
		k.c.Logger.WarnContext(ctx, "outdated backups cannot be found", "error", err)
		return
	}
	for _, b := range k.c.Keep.Outdated(list, k.c.Zone) {
		if err := k.c.Place.Remove(ctx, b.Name); err != nil {
			k.c.Logger.WarnContext(ctx, "an outdated backup cannot be removed", "name", b.Name, "error", err)
			continue
		}
		k.c.Logger.InfoContext(ctx, "outdated backup removed", "name", b.Name)
	}
}

// Put writes a backup to a place under a name; it is there whole or not at all.
func Put(ctx context.Context, place Place, name string, take func(io.Writer) (archive.Contents, error)) (size int64,
	c archive.Contents, err error) {
	up, err := place.Create(ctx, name)
	if err != nil {
		return 0, c, err
	}
	count := &counting{to: up}
	if c, err = take(count); err != nil {
		up.Abort()
		return 0, c, Explain(err, "the backup")
	}
	return count.n, c, up.Commit()
}

type counting struct {
	to io.Writer
	n  int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}
