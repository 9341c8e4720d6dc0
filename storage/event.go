package storage

import (
	"context"
	"encoding/json"

	"flowhq"
	"flowhq/storage/internal/db"
)

// AddTenantEvent adds an entry to the tenant's time line.
func (s *EventStore) AddTenantEvent(ctx context.Context, tenantID, kind, detail string, payload json.RawMessage) error {
	return s.write(ctx, "add event", func(t *tx) error {
		if _, err := t.TenantExists(ctx, tenantID); err != nil {
			return orNotFound(err, "Tenant")
		}
		return t.InsertEvent(ctx, db.InsertEventParams{
			ID: newID(), TenantID: tenantID, EventType: kind, Detail: detail, PayloadJson: db.JSON(payload),
			CreatedAt: t.now,
		})
	})
}

// TenantEvents gives a part of the tenant's time line, newest first.
func (s *EventStore) TenantEvents(ctx context.Context, tenantID string, q flowhq.EventQuery) ([]flowhq.TenantEvent,
	error) {
	at, id := before(q.Before)
	rows, err := s.queries().TenantEvents(ctx, db.TenantEventsParams{
		TenantID: tenantID, BeforeAt: at, BeforeID: id, EventType: q.Type, MaxRows: limit(q.Limit),
	})
	if err != nil {
		return nil, s.fail("list events", err)
	}
	if len(rows) == 0 && q.Before.IsZero() {
		return []flowhq.TenantEvent{}, s.mustExist(ctx, tenantID)
	}
	return eventsOf(rows), nil
}

func eventsOf(rows []db.TenantEvent) []flowhq.TenantEvent {
	out := make([]flowhq.TenantEvent, len(rows))
	for i, r := range rows {
		out[i] = flowhq.TenantEvent{
			ID: r.ID, TenantID: r.TenantID, Type: r.EventType, Detail: r.Detail,
			Payload: json.RawMessage(r.PayloadJson), CreatedAt: r.CreatedAt.Time,
		}
	}
	return out
}

// PortalEvents gives a part of the portal's event log of one tenant, newest first.
func (s *EventStore) PortalEvents(ctx context.Context, tenantID string, q flowhq.EventQuery) ([]flowhq.PortalEvent,
	error) {
	at, id := before(q.Before)
	rows, err := s.queries().PortalEvents(ctx, db.PortalEventsParams{TenantID: tenantID, BeforeAt: at, BeforeID: id,
		MaxRows: limit(q.Limit)})
	if err != nil {
		return nil, s.fail("list portal events", err)
	}
	if len(rows) == 0 && q.Before.IsZero() {
		return []flowhq.PortalEvent{}, s.mustExist(ctx, tenantID)
	}
	out := make([]flowhq.PortalEvent, len(rows))
	for i, r := range rows {
		out[i] = flowhq.PortalEvent{
			ID: r.ID, TenantID: r.TenantID, UserID: string(r.UserID), Type: r.EventType,
			Payload:   json.RawMessage(r.PayloadJson),
			CreatedAt: r.CreatedAt.Time,
		}
	}
	return out, nil
}

// mustExist tells an empty list of a tenant from that of one that does not exist (CodeNotFound).
func (s *database) mustExist(ctx context.Context, tenantID string) error {
	_, err := s.queries().TenantExists(ctx, tenantID)
	return s.fail("find tenant", orNotFound(err, "Tenant"))
}

func (t *tx) addEvent(tenantID, kind, detail string, payload any) error {
	raw, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	return t.InsertEvent(t.ctx, db.InsertEventParams{
		ID: newID(), TenantID: tenantID, EventType: kind, Detail: detail, PayloadJson: raw, CreatedAt: t.now,
	})
}

func (t *tx) addPortalEvent(tenantID, userID, kind string, payload any) error {
	raw, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	return t.InsertPortalEvent(t.ctx, db.InsertPortalEventParams{
		ID: newID(), TenantID: tenantID, UserID: db.Text(userID), EventType: kind, PayloadJson: raw, CreatedAt: t.now,
	})
}
