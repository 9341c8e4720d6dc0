package fleet

import (
	"context"

	"flowhq"
)

// noReason stands where a rejection gives none; the portal's web app shows it.
const noReason = "No reason provided"

// SetupRequests lists requests, newest first.
func (s *Service) SetupRequests(ctx context.Context, q flowhq.SetupQuery) ([]flowhq.SetupRequestDetail, error) {
	rows, err := s.store.SetupRequests(ctx, q)
	if err == nil {
		err = s.remarked(ctx, rows)
	}
	return rows, err
}

// OpenSetupRequests lists the requests that wait, the longest waiting first: those after a place, at most so many, 0 being all.
func (s *Service) OpenSetupRequests(ctx context.Context, from flowhq.Cursor, most int) ([]flowhq.SetupRequestDetail, error) {
	rows, err := s.store.OpenSetupRequests(ctx, from, most)
	if err == nil {
		err = s.remarked(ctx, rows)
	}
	return rows, err
}

// SetupRequest gives one; CodeNotFound "Setup request not found".
func (s *Service) SetupRequest(ctx context.Context, id string) (flowhq.SetupRequestDetail, error) {
	r, err := s.store.SetupRequest(ctx, id)
	if err != nil || !r.Status.Open() {
		return r, err
	}
	one := []flowhq.SetupRequestDetail{r}
	err = s.remarked(ctx, one)
	return one[0], err
}

// ReviewSetupRequest tells that somebody looks at the request.
func (s *Service) ReviewSetupRequest(ctx context.Context, by, id string) (flowhq.SetupRequestDetail, error) {
	return s.decide(ctx, id, func(ctx context.Context) (flowhq.SetupRequestDetail, error) {
		return s.store.ReviewSetupRequest(ctx, id)
	})
}

// RejectSetupRequest turns a request down. CodeConflict when it is decided already.
func (s *Service) RejectSetupRequest(ctx context.Context, by, id, notes string) (flowhq.SetupRequestDetail, error) {
	var f form
	if notes = f.text("notes", notes, maxNotes); notes == "" {
		notes = noReason
	}
	if err := f.err(); err != nil {
		return flowhq.SetupRequestDetail{}, err
	}
	return s.decide(ctx, id, func(ctx context.Context) (flowhq.SetupRequestDetail, error) {
		r, err := s.store.DecideSetupRequest(ctx, id, flowhq.SetupRejected, notes)
		if err == nil {
			s.note(ctx, r.TenantID, flowhq.TenantEventAdmin, "Setup request rejected by "+by)
		}
		return r, err
	})
}

// ApproveSetupRequest accepts a request and starts the tenant's worker. A worker that fails to start leaves the request
// approved and the failure on the worker's row, to be tried again. CodeConflict when it is decided already.
func (s *Service) ApproveSetupRequest(ctx context.Context, by, id, notes string) (flowhq.SetupRequestDetail, error) {
	var f form
	notes = f.text("notes", notes, maxNotes)
	if err := f.err(); err != nil {
		return flowhq.SetupRequestDetail{}, err
	}
	return s.decide(ctx, id, func(ctx context.Context) (flowhq.SetupRequestDetail, error) {
		r, err := s.store.DecideSetupRequest(ctx, id, flowhq.SetupApproved, notes)
		if err != nil {
			return r, err
		}
		s.note(ctx, r.TenantID, flowhq.TenantEventAdmin, "Setup request approved by "+by)
		s.startApproved(ctx, r.TenantID, "Setup request approved by "+by)
		return s.store.SetupRequest(ctx, id)
	})
}

// startApproved starts the worker of an approved tenant, or tells one that runs what was approved.
func (s *Service) startApproved(ctx context.Context, id, cause string) {
	if s.processes.Running(id) {
		s.configure(ctx, id)
		return
	}
	t, err := s.store.Tenant(ctx, id)
	if err == nil {
		err = s.start(ctx, t, cause)
	}
	if err != nil {
		s.log.Error("the worker of an approved setup request did not start", "tenant", id, "error", err)
	}
}

// decide does something to a request under the lock of its tenant.
func (s *Service) decide(ctx context.Context, id string, do func(context.Context) (flowhq.SetupRequestDetail, error)) (flowhq.SetupRequestDetail, error) {
	r, err := s.store.SetupRequest(ctx, id)
	if err != nil {
		return r, err
	}
	tenant := r.TenantID
	err = s.exclusively(ctx, tenant, func(ctx context.Context) error {
		r, err = do(ctx)
		return err
	})
	if err != nil {
		return flowhq.SetupRequestDetail{}, err
	}
	s.changed(flowhq.ChangeSetupRequest, tenant, id)
	s.changed(flowhq.ChangeTenant, tenant, "")
	return r, nil
}
