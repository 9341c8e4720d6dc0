package storage

import (
	"context"

	"flowhq"
	"flowhq/locale/key"
	"flowhq/storage/internal/db"
)

// SubmitSetupRequest makes an owner's request: the tenant is renamed, takes the number and becomes NEW, its config is written,
// the request and its portal event are made, all at once. A tenant that is linked already, or has a request that is
// open or approved, is CodeConflict; a number that another tenant has CodeInvalid on whatsappNumber.
func (s *SetupStore) SubmitSetupRequest(ctx context.Context, userID string, n flowhq.NewSetupRequest) (flowhq.SetupRequest, error) {
	var out flowhq.SetupRequest
	err := s.write(ctx, "submit setup request", func(t *tx) error {
		u, err := t.GetUser(ctx, userID)
		if err != nil {
			return orNotFound(err, "User")
		}
		if u.TenantID == "" {
			return flowhq.NotFound("Tenant")
		}
		id := string(u.TenantID)
		if err := t.lockTenant(id); err != nil {
			return err
		}
		if err := t.maySubmit(id); err != nil {
			return err
		}
		if err := t.claimNumber(id, n.WhatsAppNumber, "whatsappNumber"); err != nil {
			return err
		}
		if n.Language == "" {
			n.Language = flowhq.Swahili
		}
		if err := t.takeSetup(id, n); err != nil {
			return err
		}
		out, err = t.insertSetupRequest(id, userID, n)
		return err
	})
	return out, err
}

// maySubmit refuses a request of a tenant that is linked or has one that is not through.
func (t *tx) maySubmit(tenantID string) error {
	r, err := t.GetSession(t.ctx, tenantID)
	there, err := found(err)
	if err != nil {
		return err
	}
	// The predecessor's CONNECTED alone tells nothing: its links can't be taken over.
	connected := r.State == string(flowhq.SessionConnected) && r.Phase == string(flowhq.PhaseConnected)
	if there && (sessionOf(r).Linked() || connected) {
		return flowhq.Fail(flowhq.CodeConflict, key.SetupLinked)
	}
	pending, err := t.PendingSetupRequests(t.ctx, tenantID)
	if err == nil && len(pending) > 0 {
		err = flowhq.Fail(flowhq.CodeConflict, key.SetupWaiting)
	}
	return err
}

// takeSetup writes to the tenant and its config what the request says.
func (t *tx) takeSetup(id string, n flowhq.NewSetupRequest) error {
	r, err := t.GetTenant(t.ctx, id)
	if err != nil {
		return err
	}
	err = t.Queries.UpdateTenant(t.ctx, db.UpdateTenantParams{
		ID: id, Name: n.BusinessName, PhoneNumber: n.WhatsAppNumber, Status: r.Status, UpdatedAt: t.now,
	})
	if err != nil {
		return err
	}
	if err := t.setStatus(id, flowhq.TenantStatus(r.Status), flowhq.TenantNew, "", "the owner asked for a setup"); err != nil {
		return err
	}
	return t.changeConfig(id, func(c *flowhq.TenantConfig) {
		c.TemplateType, c.BusinessName, c.Language = n.TemplateType, n.BusinessName, n.Language
	})
}

// setupPayload is the payload of portal events about a setup request; its names are those that the portal's web app knows.
type setupPayload struct {
	RequestID    string              `json:"setupRequestId"`
	TemplateType flowhq.TemplateType `json:"templateType"`
	Language     flowhq.Language     `json:"language,omitempty"`
	BusinessName string              `json:"businessName,omitempty"`
	Notes        string              `json:"notes,omitempty"`
}

func (t *tx) insertSetupRequest(tenantID, userID string, n flowhq.NewSetupRequest) (flowhq.SetupRequest, error) {
	p := db.InsertSetupRequestParams{
		ID: newID(), TenantID: tenantID, UserID: userID, TemplateType: string(n.TemplateType), WhatsappNumber: n.WhatsAppNumber,
		Status: string(flowhq.SetupSubmitted), CreatedAt: t.now, UpdatedAt: t.now,
	}
	if err := t.InsertSetupRequest(t.ctx, p); err != nil {
		return flowhq.SetupRequest{}, err
	}
	return setupRequestOf(db.SetupRequest(p)), t.addPortalEvent(tenantID, userID, flowhq.PortalSetupSubmitted, setupPayload{
		RequestID: p.ID, TemplateType: n.TemplateType, Language: n.Language, BusinessName: n.BusinessName,
	})
}

// SetupRequests lists requests with their tenants and users, newest first, in three queries.
func (s *SetupStore) SetupRequests(ctx context.Context, want flowhq.SetupQuery) ([]flowhq.SetupRequestDetail, error) {
	at, id := before(want.Before)
	decided := asNumber(want.Decided)
	var out []flowhq.SetupRequestDetail
	err := s.read(ctx, "list setup requests", func(q *db.Queries) error {
		requests, err := q.SetupRequests(ctx, db.SetupRequestsParams{BeforeAt: at, BeforeID: id, Decided: decided, MaxRows: limitOrAll(want.Limit)})
		if err != nil || len(requests) == 0 {
			return err
		}
		out, err = withOwners(ctx, q, requests, db.TenantDetailsOfSetupRequestsParams{Decided: decided})
		return err
	})
	return out, err
}

// OpenSetupRequests lists the requests that wait for a decision, the longest waiting first: those after a place, the zero one
// being the start, at most so many, 0 being all.
func (s *SetupStore) OpenSetupRequests(ctx context.Context, from flowhq.Cursor, most int) ([]flowhq.SetupRequestDetail, error) {
	at, id := after(from)
	var out []flowhq.SetupRequestDetail
	err := s.read(ctx, "list setup requests", func(q *db.Queries) error {
		requests, err := q.OpenSetupRequests(ctx, db.OpenSetupRequestsParams{AfterAt: at, AfterID: id, MaxRows: limitOrAll(most)})
		if err != nil || len(requests) == 0 {
			return err
		}
		out, err = withOwners(ctx, q, requests, db.TenantDetailsOfSetupRequestsParams{Waiting: 1})
		return err
	})
	return out, err
}

// SetupRivals gives what the requests that wait may be in conflict with: all of them, and those of their tenants that were rejected.
func (s *SetupStore) SetupRivals(ctx context.Context) ([]flowhq.SetupRequest, error) {
	rows, err := s.queries().SetupRivals(ctx)
	if err != nil {
		return nil, s.fail("list setup requests", err)
	}
	out := make([]flowhq.SetupRequest, len(rows))
	for i, r := range rows {
		out[i] = setupRequestOf(r)
	}
	return out, nil
}

// withOwners adds tenants and users to requests, which are a part of the list that which describes but for its bounds.
func withOwners(ctx context.Context, q *db.Queries, requests []db.SetupRequest, which db.TenantDetailsOfSetupRequestsParams) ([]flowhq.SetupRequestDetail, error) {
	first, last := requests[0], requests[len(requests)-1]
	if which.Waiting == 1 { // sorted the other way round
		first, last = last, first
	}
	which.FirstAt, which.FirstID, which.LastAt, which.LastID = first.CreatedAt, first.ID, last.CreatedAt, last.ID
	tenants, err := q.TenantDetailsOfSetupRequests(ctx, which)
	if err != nil {
		return nil, err
	}
	users, err := q.UsersOfSetupRequests(ctx, db.UsersOfSetupRequestsParams(which))
	if err != nil {
		return nil, err
	}
	return joinSetup(requests, tenants, users), nil
}

func joinSetup(requests []db.SetupRequest, tenants []db.TenantDetailsOfSetupRequestsRow, users []db.User) []flowhq.SetupRequestDetail {
	byTenant := make(map[string]*flowhq.TenantDetail, len(tenants))
	for _, r := range tenants {
		d := detailOf(db.TenantDetailRow(r))
		byTenant[d.ID] = &d
	}
	byUser := make(map[string]*flowhq.User, len(users))
	for _, r := range users {
		u := userOf(r)
		byUser[u.ID] = &u
	}
	out := make([]flowhq.SetupRequestDetail, len(requests))
	for i, r := range requests {
		out[i] = flowhq.SetupRequestDetail{SetupRequest: setupRequestOf(r), Tenant: byTenant[r.TenantID], User: byUser[r.UserID]}
	}
	return out
}

// SetupRequest gives one request with its tenant and user.
func (s *SetupStore) SetupRequest(ctx context.Context, id string) (flowhq.SetupRequestDetail, error) {
	var out flowhq.SetupRequestDetail
	err := s.read(ctx, "read setup request", func(q *db.Queries) (err error) {
		out, err = setupDetail(ctx, q, id)
		return err
	})
	return out, err
}

// LatestSetupRequest gives the tenant's newest request, nil when it has none.
func (s *SetupStore) LatestSetupRequest(ctx context.Context, tenantID string) (*flowhq.SetupRequest, error) {
	r, err := s.queries().LatestSetupRequest(ctx, tenantID)
	there, err := found(err)
	if err != nil || !there {
		return nil, s.fail("read setup request", err)
	}
	out := setupRequestOf(r)
	return &out, nil
}

// ReviewSetupRequest turns a SUBMITTED request REVIEWING; one that is REVIEWING stays so; a decided one is CodeConflict.
func (s *SetupStore) ReviewSetupRequest(ctx context.Context, id string) (flowhq.SetupRequestDetail, error) {
	var out flowhq.SetupRequestDetail
	err := s.write(ctx, "review setup request", func(t *tx) error {
		r, err := t.openSetupRequest(id)
		if err != nil {
			return err
		}
		if r.Status == flowhq.SetupSubmitted {
			err := t.SetSetupRequest(ctx, db.SetSetupRequestParams{ID: id, Status: string(flowhq.SetupReviewing), Notes: db.Text(r.Notes), UpdatedAt: t.now})
			if err != nil {
				return err
			}
		}
		out, err = setupDetail(ctx, t.Queries, id)
		return err
	})
	return out, err
}

// DecideSetupRequest sets a request APPROVED or REJECTED, with notes, and records the portal event. Approved, the tenant's
// config takes the request's template, its status becomes QR_PENDING and its worker should run. A decided one is CodeConflict.
func (s *SetupStore) DecideSetupRequest(ctx context.Context, id string, to flowhq.SetupRequestStatus, notes string) (flowhq.SetupRequestDetail, error) {
	var out flowhq.SetupRequestDetail
	err := s.write(ctx, "decide setup request", func(t *tx) error {
		if to != flowhq.SetupApproved && to != flowhq.SetupRejected {
			return flowhq.Errorf(flowhq.CodeInternal, "a setup request can't be decided to be %s", to)
		}
		r, err := t.openSetupRequest(id)
		if err != nil {
			return err
		}
		err = t.SetSetupRequest(ctx, db.SetSetupRequestParams{ID: id, Status: string(to), Notes: db.Text(notes), UpdatedAt: t.now})
		if err != nil {
			return err
		}
		event := flowhq.PortalSetupRejected
		if to == flowhq.SetupApproved {
			event = flowhq.PortalSetupApproved
			if err := t.approve(r); err != nil {
				return err
			}
		}
		if err := t.addPortalEvent(r.TenantID, r.UserID, event, setupPayload{RequestID: id, TemplateType: r.TemplateType, Notes: notes}); err != nil {
			return err
		}
		out, err = setupDetail(ctx, t.Queries, id)
		return err
	})
	return out, err
}

func (t *tx) approve(r flowhq.SetupRequest) error {
	if err := t.changeConfig(r.TenantID, func(c *flowhq.TenantConfig) { c.TemplateType = r.TemplateType }); err != nil {
		return err
	}
	tenant, err := t.GetTenant(t.ctx, r.TenantID)
	if err != nil {
		return err
	}
	if err := t.setStatus(r.TenantID, flowhq.TenantStatus(tenant.Status), flowhq.TenantQRPending, "", "the setup request was approved"); err != nil {
		return err
	}
	return t.setDesired(r.TenantID, flowhq.DesiredRunning)
}

// openSetupRequest gives a request that waits for a decision, its tenant locked.
func (t *tx) openSetupRequest(id string) (flowhq.SetupRequest, error) {
	r, err := t.GetSetupRequest(t.ctx, id)
	if err != nil {
		return flowhq.SetupRequest{}, orNotFound(err, "Setup request")
	}
	if err := t.lockTenant(r.TenantID); err != nil {
		return flowhq.SetupRequest{}, err
	}
	// Anew: it may have been decided while the lock was waited for.
	if r, err = t.GetSetupRequest(t.ctx, id); err != nil {
		return flowhq.SetupRequest{}, orNotFound(err, "Setup request")
	}
	out := setupRequestOf(r)
	if !out.Status.Open() {
		return out, flowhq.Fail(flowhq.CodeConflict, key.SetupDecided, "status", string(out.Status))
	}
	return out, nil
}

func setupDetail(ctx context.Context, q *db.Queries, id string) (flowhq.SetupRequestDetail, error) {
	r, err := q.GetSetupRequest(ctx, id)
	if err != nil {
		return flowhq.SetupRequestDetail{}, orNotFound(err, "Setup request")
	}
	out := flowhq.SetupRequestDetail{SetupRequest: setupRequestOf(r)}
	row, err := q.TenantDetail(ctx, r.TenantID)
	if err != nil {
		return out, orNotFound(err, "Tenant")
	}
	d := detailOf(row)
	out.Tenant = &d
	user, err := q.GetUser(ctx, r.UserID)
	there, err := found(err)
	if there {
		u := userOf(user)
		out.User = &u
	}
	return out, err
}
