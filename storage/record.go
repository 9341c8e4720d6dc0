package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"flowhq"
	"flowhq/storage/internal/db"
)

// Customers gives a part of the tenant's customers, last seen first.
func (s *ConversationStore) Customers(ctx context.Context, tenantID string, q flowhq.CustomerQuery) ([]flowhq.Customer,
	error) {
	at, id := before(q.Before)
	part := strings.TrimSpace(q.Query)
	rows, err := s.queries().Customers(ctx, db.CustomersParams{
		TenantID: tenantID, BeforeAt: at, BeforeID: id, Part: part, Folded: strings.ToLower(part),
		Label: quoted(q.Label), OptedOut: asNumber(q.OptedOut), HandedOver: asNumber(q.HandedOver), Now: db.At(s.now()),
		MaxRows: limit(q.Limit),
	})
	if err != nil {
		return nil, s.fail("list customers", err)
	}
	if len(rows) == 0 && q.Before.IsZero() {
		return []flowhq.Customer{}, s.mustExist(ctx, tenantID)
	}
	out := make([]flowhq.Customer, len(rows))
	for i, r := range rows {
		if out[i], err = customerOf(r); err != nil {
			return nil, s.fail("list customers", err)
		}
	}
	return out, nil
}

// Requests gives a part of what the tenant's customers asked for, newest first.
func (s *ConversationStore) Requests(ctx context.Context, tenantID string,
	q flowhq.RequestQuery) ([]flowhq.CustomerRequest, error) {
	at, id := before(q.Before)
	part, from, to := strings.TrimSpace(q.Query), q.From, q.To
	if from.Year() < 1970 {
		from = time.Unix(0, 0)
	}
	if to.IsZero() {
		to = endOfTime
	}
	rows, err := s.queries().Requests(ctx, db.RequestsParams{
		TenantID: tenantID, BeforeAt: at, BeforeID: id, RequestType: string(q.Type), Status: string(q.Status),
		Chat:   q.Chat,
		FromAt: db.At(from), ToAt: db.At(to), Day: quoted(q.Day), Part: part, Folded: strings.ToLower(part),
		MaxRows: limit(q.Limit),
	})
	if err != nil {
		return nil, s.fail("list requests", err)
	}
	if len(rows) == 0 && q.Before.IsZero() {
		return []flowhq.CustomerRequest{}, s.mustExist(ctx, tenantID)
	}
	out := make([]flowhq.CustomerRequest, len(rows))
	for i, r := range rows {
		if out[i], err = requestOf(r); err != nil {
			return nil, s.fail("list requests", err)
		}
	}
	return out, nil
}

// quoted writes a text as it stands inside of JSON, to look for it there; "" for nothing.
func quoted(text string) string {
	if text == "" {
		return ""
	}
	raw, err := json.Marshal(text)
	if err != nil { // a text can always be written
		return text
	}
	return string(raw)
}

// What is told to others about requests and chats: it stands as "event" in the payload of a time line's entry.
const (
	toldCreated    = "request.created"
	toldUpdated    = "request.updated"
	toldOptedOut   = "customer.opted_out"
	toldOptedIn    = "customer.opted_in"
	toldHandedOver = "chat.handed_over"
	toldReleased   = "chat.released"
)

// requestTold is the payload of a time line's entry about a request: that it was made, with all it says, or what a
// person changed.
type requestTold struct {
	Event     string                `json:"event"`
	RequestID string                `json:"request_id"`
	Type      flowhq.RequestType    `json:"type"`
	Chat      string                `json:"chat"`
	From      flowhq.RequestStatus  `json:"from,omitempty"`
	To        flowhq.RequestStatus  `json:"to,omitempty"`
	Fields    *flowhq.RequestFields `json:"fields,omitempty"`
	Notes     *string               `json:"notes,omitempty"`
	By        string                `json:"by,omitempty"`
}

// UpdateRequest changes a request as a person works it off, and records who did what on the time line. A status that
// there is not, or NO_SHOW on what is no booking, is CodeInvalid on status.
func (s *ConversationStore) UpdateRequest(ctx context.Context, tenantID, id string,
	p flowhq.RequestPatch) (flowhq.CustomerRequest, error) {
	var out flowhq.CustomerRequest
	err := s.write(ctx, "update request", func(t *tx) error {
		if err := t.lockTenant(tenantID); err != nil {
			return err
		}
		r, err := t.GetRequest(ctx, db.GetRequestParams{TenantID: tenantID, ID: id})
		if err != nil {
			return orNotFound(err, "Request")
		}
		if out, err = requestOf(r); err != nil {
			return err
		}
		from, notes := out.Status, out.Notes
		if err := patchRequest(&out, p); err != nil {
			return err
		}
		if out.Status == from && out.Notes == notes {
			return nil
		}
		out.UpdatedAt = t.now.Time
		if err := t.SaveRequest(ctx, db.SaveRequestParams{ID: id, Status: string(out.Status), Notes: out.Notes,
			UpdatedAt: t.now}); err != nil {
			return err
		}
		change := requestTold{Event: toldUpdated, RequestID: id, Type: out.Type, Chat: out.Chat, By: p.By}
		detail := strings.ToLower(string(out.Type)) + ": notes changed"
		if out.Notes != notes {
			change.Notes = &out.Notes
		}
		if out.Status != from {
			change.From, change.To = from, out.Status
			detail = fmt.Sprintf("%s is %s, was %s", strings.ToLower(string(out.Type)), out.Status, from)
		}
		return t.addEvent(tenantID, flowhq.TenantEventRecord, detail, change)
	})
	if err != nil {
		return flowhq.CustomerRequest{}, err
	}
	return out, nil
}

func patchRequest(r *flowhq.CustomerRequest, p flowhq.RequestPatch) error {
	if p.Notes != nil {
		r.Notes = *p.Notes
	}
	if p.Status == nil {
		return nil
	}
	wrong := func(key string, args ...any) error {
		return flowhq.Invalid([]flowhq.FieldError{flowhq.Wrong("status", key, args...)})
	}
	switch *p.Status {
	case flowhq.RequestNew, flowhq.RequestConfirmed, flowhq.RequestDone, flowhq.RequestCancelled:
	case flowhq.RequestNoShow:
		if r.Type != flowhq.RequestBooking {
			return wrong("request.only_booking_no_show")
		}
	default:
		return wrong("field.one_of", "values", "NEW, CONFIRMED, DONE, CANCELLED, NO_SHOW")
	}
	r.Status = *p.Status
	return nil
}
