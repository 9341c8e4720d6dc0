package storage

import (
	"context"
	"time"

	"flowhq"
	"flowhq/storage/internal/db"
)

// TenantSummaries gives what the list of tenants shows of each, newest first: a line has no QR code, no hours and no
// times that nobody looks at, so that a thousand are read in a few milliseconds. The day's figures are not in it.
func (s *DashboardStore) TenantSummaries(ctx context.Context) ([]flowhq.TenantSummary, error) {
	rows, err := s.queries().TenantSummaries(ctx)
	if err != nil {
		return nil, s.fail("list tenant lines", err)
	}
	out := make([]flowhq.TenantSummary, len(rows))
	for i, r := range rows {
		out[i] = flowhq.TenantSummary{
			ID: r.ID, Name: r.Name, PhoneNumber: r.PhoneNumber, Status: flowhq.TenantStatus(r.Status),
			CreatedAt: r.CreatedAt.Time,
			Template:  flowhq.TemplateType(r.TemplateType), BusinessName: string(r.BusinessName),
			Language: flowhq.Language(r.Language),
			Phase:    flowhq.Phase(r.Phase), Linked: r.LinkedJid != "", SeenAt: r.LastSeenAt.Ptr(),
			HeardAt: r.WaHeardAt.Ptr(),
			Worker:  flowhq.WorkerStatus(r.WorkerStatus), DesiredState: flowhq.DesiredState(r.Wish),
			LastError: string(r.LastError),
		}
		if out[i].Phase == "" {
			out[i].Phase = flowhq.PhaseOff
		}
	}
	return out, nil
}

// MessageHours gives the messages of each tenant by the hour, from the hour that since lies in.
func (s *DashboardStore) MessageHours(ctx context.Context, since time.Time) ([]flowhq.MessageHour, error) {
	rows, err := s.queries().MessageHours(ctx, db.At(since.UTC().Truncate(time.Hour)))
	if err != nil {
		return nil, s.fail("read message hours", err)
	}
	out := make([]flowhq.MessageHour, len(rows))
	for i, r := range rows {
		out[i] = flowhq.MessageHour{
			TenantID: r.TenantID, Hour: r.Hour.Time, Received: int(r.Received), Sent: int(r.Sent),
			Answered: int(r.Answered), Wait: time.Duration(r.WaitMs) * time.Millisecond,
		}
	}
	return out, nil
}

// DropMessageHours forgets the figures of hours before a time.
func (s *DashboardStore) DropMessageHours(ctx context.Context, before time.Time) error {
	return s.write(ctx, "drop message hours", func(t *tx) error {
		_, err := t.Queries.DropMessageHours(ctx, db.At(before))
		return err
	})
}

// OpenRequests counts the customers' requests that wait for somebody, by tenant.
func (s *DashboardStore) OpenRequests(ctx context.Context) (map[string]int, error) {
	rows, err := s.queries().OpenRequests(ctx)
	if err != nil {
		return nil, s.fail("count open requests", err)
	}
	out := make(map[string]int, len(rows))
	for _, r := range rows {
		out[r.TenantID] = int(r.Open)
	}
	return out, nil
}

// WaitingSetupRequests counts the owners' requests that wait for a decision.
func (s *DashboardStore) WaitingSetupRequests(ctx context.Context) (int, error) {
	n, err := s.queries().WaitingSetupRequests(ctx)
	return int(n), s.fail("count setup requests", err)
}
