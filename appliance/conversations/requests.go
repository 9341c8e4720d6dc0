package conversations

import (
	"context"

	"flowhq"
	"flowhq/appliance/form"
	"flowhq/locale/key"
)

// maxNotes is the length of the notes on a request, in characters.
const maxNotes = 2000

// RequestStore keeps what customers asked for.
type RequestStore interface {
	Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error)
	Requests(ctx context.Context, tenantID string, q flowhq.RequestQuery) ([]flowhq.CustomerRequest, error)
	// Request gives one request; CodeNotFound "Request not found".
	Request(ctx context.Context, tenantID, id string) (flowhq.CustomerRequest, error)
	// RequestHistory gives what happened to a request, newest first.
	RequestHistory(ctx context.Context, tenantID, id string) ([]flowhq.TenantEvent, error)
	UpdateRequest(ctx context.Context, tenantID, id string, p flowhq.RequestPatch) (flowhq.CustomerRequest, error)
}

// Requests lists what customers booked, ordered or reported, and works it off. It is safe for use by many goroutines.
type Requests struct {
	store   RequestStore
	changed func(kind flowhq.ChangeKind, tenantID, id string)
}

// NewRequests makes Requests; changed is told of what pages should show.
func NewRequests(store RequestStore, changed func(kind flowhq.ChangeKind, tenantID, id string)) *Requests {
	return &Requests{store: store, changed: changed}
}

// Requests lists what customers booked, ordered or reported, newest first.
func (s *Requests) Requests(ctx context.Context, id string, q flowhq.RequestQuery) ([]flowhq.CustomerRequest, error) {
	var err error
	if q.Limit, err = form.PageLimit(q.Limit); err != nil {
		return nil, err
	}
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return s.store.Requests(ctx, id, q)
}

// UpdateRequest works a customer's request off.
func (s *Requests) UpdateRequest(ctx context.Context, id, request string,
	p flowhq.RequestPatch) (flowhq.CustomerRequest, error) {
	var f form.Form
	if p.Status != nil {
		switch *p.Status {
		case flowhq.RequestNew, flowhq.RequestConfirmed, flowhq.RequestDone,
			flowhq.RequestCancelled, flowhq.RequestNoShow:
		default:
			f.Refuse("status", key.FieldOneOf, "values", "NEW, CONFIRMED, DONE, CANCELLED, NO_SHOW")
		}
	}
	form.Optional(&p.Notes, func(v string) string { return f.Text("notes", v, maxNotes) })
	if err := f.Err(); err != nil {
		return flowhq.CustomerRequest{}, err
	}
	r, err := s.store.UpdateRequest(ctx, id, request, p)
	if err != nil {
		return flowhq.CustomerRequest{}, err
	}
	s.changed(flowhq.ChangeRequest, id, request)
	return r, nil
}

// Request gives one request with what happened to it, newest first.
func (s *Requests) Request(ctx context.Context, id,
	request string) (flowhq.CustomerRequest, []flowhq.TenantEvent, error) {
	r, err := s.store.Request(ctx, id, request)
	if err != nil {
		return r, nil, err
	}
	history, err := s.store.RequestHistory(ctx, id, request)
	return r, history, err
}
