package retention

import (
	"context"
	"log/slog"
	"time"

	"flowhq"
)

// Store is what is swept.
type Store interface {
	// Keepings gives what must be known of tenants, so many at most, in the order of their ids, after the given one.
	RetentionRules(ctx context.Context, after string, most int) ([]flowhq.RetentionRule, error)
	// DeleteOld removes rows older than before, so many at most, in one small transaction.
	DeleteOld(ctx context.Context, tenantID string, kind flowhq.RetentionKind, before time.Time, most int) (int, error)
	DeleteExpiredAdminSessions(ctx context.Context, now time.Time) (int, error)
	// LatestActivity gives the newest sign of life that the store knows of.
	LatestActivity(ctx context.Context) (time.Time, error)
	// Reclaim gives some of the space of removed rows back; more tells whether there is more to give.
	Reclaim(ctx context.Context) (more bool, err error)
}

// Config is what a Sweeper is made of. Store is required.
type Config struct {
	Store  Store
	Keep   flowhq.Retention  // where a tenant wants nothing else
	Quiet  flowhq.QuietHours // in the tenant's time zone; giving space back goes by Zone's
	Zone   *time.Location    // the server's; nil: time.Local
	Now    func() time.Time  // nil: time.Now
	Logger *slog.Logger      // nil: nothing is logged
	Pause  time.Duration     // between two steps, for others to get their turn
}

const (
	lookEvery   = 5 * time.Minute
	stepRows    = 500 // rows of one transaction at most
	tenantsPage = 200

	// A clock that jumped, or that is far from the last sign of life, may be wrong, and rows must not go for that: they
	// stay until it has been so for a day.
	maxJump  = 6 * time.Hour
	maxGap   = 45 * 24 * time.Hour
	distrust = 24 * time.Hour
)

// Sweeper sweeps each tenant once a day.
type Sweeper struct {
	Config
	started time.Time            // with a monotonic reading, where the clock has one
	swept   map[string]time.Time // when a tenant's rows were last gone through to the end, by id
	trusted time.Time            // the clock is believed from then on; the zero time: it was not looked at yet
	removed int                  // rows since space was last given back
}

// New makes a Sweeper.
func New(c Config) *Sweeper {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Zone == nil {
		c.Zone = time.Local
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Sweeper{Config: c, started: c.Now(), swept: map[string]time.Time{}}
}

// Run sweeps in quiet hours until ctx ends. What fails is tried again at the next look.
func (s *Sweeper) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "old rows could not be removed; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Sweep does what is due now: tenants in their quiet hours that were not swept today, then, in the server's quiet
// hours, giving space back.
func (s *Sweeper) Sweep(ctx context.Context) error {
	if believed, err := s.clockBelieved(ctx); err != nil || !believed {
		return err
	}
	if _, err := s.Store.DeleteExpiredAdminSessions(ctx, s.Now()); err != nil {
		return err
	}
	total := 0
	for after := ""; ; {
		tenants, err := s.Store.RetentionRules(ctx, after, tenantsPage)
		if err != nil {
			return err
		}
		for _, t := range tenants {
			n, err := s.tenant(ctx, t)
			total += n
			if err != nil {
				return err
			}
			after = t.TenantID
		}
		if len(tenants) < tenantsPage {
			break
		}
	}
	if s.removed += total; total > 0 {
		s.Logger.InfoContext(ctx, "old rows removed", "rows", total)
	}
	return s.reclaim(ctx)
}

// tenant removes a tenant's old rows for as long as its hours are quiet.
func (s *Sweeper) tenant(ctx context.Context, t flowhq.RetentionRule) (removed int, err error) {
	last := s.swept[t.TenantID]
	if now := s.Now(); !s.Quiet.Contain(now.In(t.Location)) || !last.IsZero() && now.Sub(last) < 20*time.Hour &&
		!now.Before(last) {
		return 0, nil
	}
	keep := t.Own.Apply(s.Keep)
	for _, kind := range flowhq.RetentionKinds() {
		n, done, err := s.rows(ctx, t, keep, kind)
		removed += n
		if err != nil || !done {
			return removed, err // the rest tomorrow
		}
	}
	s.swept[t.TenantID] = s.Now()
	return removed, nil
}

// rows removes a tenant's old rows of one kind. It is not done when the quiet hours end, or when the tenant was deleted
// meanwhile.
func (s *Sweeper) rows(ctx context.Context, t flowhq.RetentionRule, keep flowhq.Retention, kind flowhq.RetentionKind) (
	removed int, done bool, err error,
) {
	for {
		now := s.Now()
		before, ends := keep.Before(kind, now)
		if !ends {
			return removed, true, nil
		}
		if !s.Quiet.Contain(now.In(t.Location)) {
			return removed, false, nil
		}
		n, err := s.Store.DeleteOld(ctx, t.TenantID, kind, before, stepRows)
		removed += n
		if flowhq.CodeOf(err) == flowhq.CodeNotFound {
			return removed, false, nil
		}
		if err != nil || n < stepRows {
			return removed, err == nil, err
		}
		if err := s.pause(ctx); err != nil {
			return removed, false, err
		}
	}
}

func (s *Sweeper) reclaim(ctx context.Context) error {
	for s.removed > 0 && s.Quiet.Contain(s.Now().In(s.Zone)) {
		more, err := s.Store.Reclaim(ctx)
		if err != nil {
			return err
		}
		if !more {
			s.removed = 0
			s.Logger.InfoContext(ctx, "space of removed rows given back")
			return nil
		}
		if err := s.pause(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sweeper) pause(ctx context.Context) error {
	if s.Pause == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(s.Pause)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// clockBelieved tells whether the clock is good enough to call rows old.
func (s *Sweeper) clockBelieved(ctx context.Context) (bool, error) {
	now := s.Now()
	if s.trusted.IsZero() {
		latest, err := s.Store.LatestActivity(ctx)
		if err != nil {
			return false, err
		}
		s.trusted = s.started
		if !latest.IsZero() && now.Sub(latest) > maxGap {
			s.doubt(ctx, now, "the server was off for long, or its clock is wrong; old rows stay for another day",
				"last_sign_of_life", latest)
		}
	}
	// Round takes the monotonic reading out: what is left is how far the clock was set.
	jump := now.Round(0).Sub(s.started.Round(0)) - now.Sub(s.started)
	if jump > maxJump || jump < -maxJump {
		s.started = now
		s.doubt(ctx, now, "the clock was set by a long way; old rows stay for another day", "by",
			jump.Round(time.Second))
	}
	return !now.Before(s.trusted), nil
}

func (s *Sweeper) doubt(ctx context.Context, now time.Time, text string, args ...any) {
	s.trusted = now.Add(distrust)
	s.Logger.WarnContext(ctx, text, args...)
}
