package onboarding

import (
	"context"
	"log/slog"
	"time"

	"flowhq"
	"flowhq/appliance/form"
	"flowhq/appliance/supervisor"
)

// maxNotes is the length of the notes of a decision, in characters.
const maxNotes = 2000

// noReason stands where a rejection gives none; the portal's web app shows it.
const noReason = "No reason provided"

// SetupStore keeps setup requests.
type SetupStore interface {
	UserByEmail(ctx context.Context, email string) (flowhq.User, error)
	// SubmitSetupRequest renames the tenant, sets its number, status NEW, writes the config, makes the request and
	// the event SETUP_REQUEST_SUBMITTED, all at once. Linked already, or a request still open or approved and
	// waiting: CodeConflict. A number that another tenant has: CodeInvalid on whatsappNumber.
	SubmitSetupRequest(ctx context.Context, userID string, r flowhq.NewSetupRequest) (flowhq.SetupRequest, error)
	// SetupRequests lists requests, newest first.
	SetupRequests(ctx context.Context, q flowhq.SetupQuery) ([]flowhq.SetupRequestDetail, error)
	// OpenSetupRequests lists those that wait after a place, the longest waiting first; most 0: all.
	OpenSetupRequests(ctx context.Context, from flowhq.Cursor, most int) ([]flowhq.SetupRequestDetail, error)
	// SetupRivals gives every request that waits, and those of their tenants that were rejected.
	SetupRivals(ctx context.Context) ([]flowhq.SetupRequest, error)
	SetupRequest(ctx context.Context, id string) (flowhq.SetupRequestDetail, error)
	// ReviewSetupRequest turns SUBMITTED into REVIEWING; REVIEWING stays; decided: CodeConflict.
	ReviewSetupRequest(ctx context.Context, id string) (flowhq.SetupRequestDetail, error)
	// DecideSetupRequest sets APPROVED or REJECTED with notes and records the portal event; approved, the tenant's
	// config takes the request's template, its status becomes QR_PENDING and its desired state running. Decided
	// already: CodeConflict.
	DecideSetupRequest(ctx context.Context, id string, to flowhq.SetupRequestStatus,
		notes string) (flowhq.SetupRequestDetail, error)
	// WaitingSetupRequests counts the requests that wait for a decision.
	WaitingSetupRequests(ctx context.Context) (int, error)
	Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error)
}

// Summaries gives every tenant's summary; the slice is shared and must not be changed.
type Summaries interface {
	All(ctx context.Context) ([]flowhq.TenantSummary, error)
}

// SetupConfig is what SetupRequests is made of; all is required.
type SetupConfig struct {
	Store     SetupStore
	Summaries Summaries
	Workers   *supervisor.Workers
	Configs   *supervisor.Configs
	Changed   func(kind flowhq.ChangeKind, tenantID, id string) // told of what pages should show
	Now       func() time.Time
	Logger    *slog.Logger
}

// SetupRequests takes owners' requests for a bot and decides on them. It is safe for use by many goroutines.
type SetupRequests struct {
	store     SetupStore
	summaries Summaries
	workers   *supervisor.Workers
	configs   *supervisor.Configs
	changed   func(kind flowhq.ChangeKind, tenantID, id string)
	now       func() time.Time
	log       *slog.Logger
}

// NewSetupRequests makes SetupRequests.
func NewSetupRequests(c SetupConfig) *SetupRequests {
	return &SetupRequests{
		store: c.Store, summaries: c.Summaries, workers: c.Workers, configs: c.Configs, changed: c.Changed, now: c.Now,
		log: c.Logger,
	}
}

// SubmitSetupRequest takes an owner's request for a bot. CodeInvalid names the wrong fields as the portal does.
func (s *SetupRequests) SubmitSetupRequest(ctx context.Context, email string,
	in flowhq.NewSetupRequest) (flowhq.SetupRequest, error) {
	u, err := s.store.UserByEmail(ctx, email)
	if err != nil {
		return flowhq.SetupRequest{}, err
	}
	if u.TenantID == "" {
		return flowhq.SetupRequest{}, flowhq.NotFound("Tenant")
	}
	if in, err = checkSetupRequest(in); err != nil {
		return flowhq.SetupRequest{}, err
	}
	var r flowhq.SetupRequest
	err = s.workers.Exclusively(ctx, u.TenantID, func(ctx context.Context) error {
		if r, err = s.store.SubmitSetupRequest(ctx, u.ID, in); err != nil {
			return err
		}
		s.configs.Configure(ctx, u.TenantID)
		return nil
	})
	if err != nil {
		return flowhq.SetupRequest{}, err
	}
	s.changed(flowhq.ChangeSetupRequest, u.TenantID, r.ID)
	s.changed(flowhq.ChangeTenant, u.TenantID, "")
	return r, nil
}

// SetupRequests lists requests, newest first.
func (s *SetupRequests) SetupRequests(ctx context.Context, q flowhq.SetupQuery) ([]flowhq.SetupRequestDetail, error) {
	rows, err := s.store.SetupRequests(ctx, q)
	if err == nil {
		err = s.remarked(ctx, rows)
	}
	return rows, err
}

// OpenSetupRequests lists the requests that wait, the longest waiting first: those after a place, at most so many, 0
// being all.
func (s *SetupRequests) OpenSetupRequests(ctx context.Context, from flowhq.Cursor,
	most int) ([]flowhq.SetupRequestDetail, error) {
	rows, err := s.store.OpenSetupRequests(ctx, from, most)
	if err == nil {
		err = s.remarked(ctx, rows)
	}
	return rows, err
}

// SetupRequest gives one; CodeNotFound "Setup request not found".
func (s *SetupRequests) SetupRequest(ctx context.Context, id string) (flowhq.SetupRequestDetail, error) {
	r, err := s.store.SetupRequest(ctx, id)
	if err != nil || !r.Status.Open() {
		return r, err
	}
	one := []flowhq.SetupRequestDetail{r}
	err = s.remarked(ctx, one)
	return one[0], err
}

// ReviewSetupRequest tells that somebody looks at the request.
func (s *SetupRequests) ReviewSetupRequest(ctx context.Context, by, id string) (flowhq.SetupRequestDetail, error) {
	return s.underLock(ctx, id, func(ctx context.Context) (flowhq.SetupRequestDetail, error) {
		return s.store.ReviewSetupRequest(ctx, id)
	})
}

// RejectSetupRequest turns a request down. CodeConflict when it is decided already.
func (s *SetupRequests) RejectSetupRequest(ctx context.Context, by, id,
	notes string) (flowhq.SetupRequestDetail, error) {
	var f form.Form
	if notes = f.Text("notes", notes, maxNotes); notes == "" {
		notes = noReason
	}
	if err := f.Err(); err != nil {
		return flowhq.SetupRequestDetail{}, err
	}
	return s.underLock(ctx, id, func(ctx context.Context) (flowhq.SetupRequestDetail, error) {
		r, err := s.store.DecideSetupRequest(ctx, id, flowhq.SetupRejected, notes)
		if err == nil {
			s.workers.Note(ctx, r.TenantID, flowhq.TenantEventAdmin, "Setup request rejected by "+by)
		}
		return r, err
	})
}

// ApproveSetupRequest accepts a request and starts the tenant's worker. A worker that fails to start leaves the request
// approved and the failure on the worker's row, to be tried again. CodeConflict when it is decided already.
func (s *SetupRequests) ApproveSetupRequest(ctx context.Context, by, id,
	notes string) (flowhq.SetupRequestDetail, error) {
	var f form.Form
	notes = f.Text("notes", notes, maxNotes)
	if err := f.Err(); err != nil {
		return flowhq.SetupRequestDetail{}, err
	}
	return s.underLock(ctx, id, func(ctx context.Context) (flowhq.SetupRequestDetail, error) {
		r, err := s.store.DecideSetupRequest(ctx, id, flowhq.SetupApproved, notes)
		if err != nil {
			return r, err
		}
		s.workers.Note(ctx, r.TenantID, flowhq.TenantEventAdmin, "Setup request approved by "+by)
		s.startApproved(ctx, r.TenantID, "Setup request approved by "+by)
		return s.store.SetupRequest(ctx, id)
	})
}

// startApproved starts the worker of an approved tenant, or tells one that runs what was approved.
func (s *SetupRequests) startApproved(ctx context.Context, id, cause string) {
	if s.workers.Running(id) {
		s.configs.Configure(ctx, id)
		return
	}
	t, err := s.store.Tenant(ctx, id)
	if err == nil {
		err = s.workers.Start(ctx, t, cause)
	}
	if err != nil {
		s.log.Error("the worker of an approved setup request did not start", "tenant", id, "error", err)
	}
}

// underLock does something to a request under the lock of its tenant.
func (s *SetupRequests) underLock(ctx context.Context, id string,
	do func(context.Context) (flowhq.SetupRequestDetail, error)) (flowhq.SetupRequestDetail, error) {
	r, err := s.store.SetupRequest(ctx, id)
	if err != nil {
		return r, err
	}
	tenant := r.TenantID
	err = s.workers.Exclusively(ctx, tenant, func(ctx context.Context) error {
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

// WaitingSetupRequests counts the owners' requests that wait for a decision.
func (s *SetupRequests) WaitingSetupRequests(ctx context.Context) (int, error) {
	return s.store.WaitingSetupRequests(ctx)
}
