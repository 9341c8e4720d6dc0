package storage

import (
	"context"
	"encoding/json"
	"time"

	"flowhq"
	"flowhq/storage/internal/db"
)

// Keepings gives what must be known of tenants to remove their old rows, so many at most, after the given id; "" begins.
func (s *RetentionStore) RetentionRules(ctx context.Context, after string, most int) ([]flowhq.RetentionRule, error) {
	rows, err := s.queries().RetentionRules(ctx, db.RetentionRulesParams{AfterID: after, MaxRows: limit(most)})
	if err != nil {
		return nil, s.fail("list retentions", err)
	}
	out := make([]flowhq.RetentionRule, len(rows))
	for i, r := range rows {
		var settings flowhq.Settings
		if len(r.SettingsJson) > 0 {
			if err := json.Unmarshal(r.SettingsJson, &settings); err != nil {
				s.log.WarnContext(ctx, "settings can't be read, so their retention is the default", "tenant", r.ID, "error", err)
			}
		}
		out[i] = flowhq.RetentionRule{TenantID: r.ID, Location: settings.Location(), Own: settings.Retention}
	}
	return out, nil
}

// DeleteOld removes rows of a kind that are older than before, so many at most, the oldest first, and tells how many it was: one
// small transaction, so that others who write wait only shortly. Open requests are never old.
func (s *RetentionStore) DeleteOld(ctx context.Context, tenantID string, kind flowhq.RetentionKind, before time.Time, most int) (int, error) {
	var n int64
	err := s.writeRelaxed(ctx, "delete old "+string(kind), func(t *tx) (err error) {
		at, rows := db.At(before), int32(most)
		switch kind {
		case flowhq.RetainMessages:
			n, err = t.DeleteOldMessages(ctx, db.DeleteOldMessagesParams{TenantID: tenantID, BeforeAt: at, MaxRows: rows})
		case flowhq.RetainTraces:
			n, err = t.DeleteOldTraces(ctx, db.DeleteOldTracesParams{TenantID: tenantID, BeforeAt: at, MaxRows: rows})
		case flowhq.RetainEvents:
			n, err = t.DeleteOldEvents(ctx, db.DeleteOldEventsParams{TenantID: tenantID, BeforeAt: at, MaxRows: rows})
		case flowhq.RetainRequests:
			n, err = t.DeleteOldRequests(ctx, db.DeleteOldRequestsParams{TenantID: tenantID, BeforeAt: at, MaxRows: rows})
		default:
			err = flowhq.Errorf(flowhq.CodeInternal, "There are no rows of the kind %q.", kind)
		}
		return err
	})
	return int(n), err
}

// LatestActivity gives the time of the newest sign of life in the database, the zero time when there is none: a clock that is
// far from it may be wrong.
func (s *RetentionStore) LatestActivity(ctx context.Context) (time.Time, error) {
	seen, err := s.queries().LatestActivity(ctx)
	if err != nil {
		return time.Time{}, s.fail("find latest activity", err)
	}
	signIns, err := s.queries().LatestSignIn(ctx)
	if err != nil {
		return time.Time{}, s.fail("find latest activity", err)
	}
	var latest db.Time
	for _, at := range append(seen, signIns...) {
		latest = later(latest, at)
	}
	return latest.Time, nil
}

// Reclaim gives space of deleted rows back, in small steps: more tells whether another one would give back more. SQLite's file
// shrinks; PostgreSQL vacuums the tables that grow, which lets their space be used again and locks nobody out.
func (s *RetentionStore) Reclaim(ctx context.Context) (more bool, err error) {
	more, err = s.engine.reclaim(ctx, s.database)
	return more, s.fail("reclaim", err)
}
