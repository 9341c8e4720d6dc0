package flowhq

import (
	"time"
)

// Retention says for how many days rows are kept; 0 keeps them for ever. What is linked to a customer (name, number,
// labels) and what is still open stays in any case.
type Retention struct {
	Messages int // the message log
	Traces   int // the decisions behind messages
	Events   int // the time line
	Requests int // bookings, orders and tickets that are done, cancelled or a no-show, from their last change
}

// MaxRetentionDays bounds what may be set: ten years.
const MaxRetentionDays = 3650

// RetentionKind names what a retention is about.
type RetentionKind string

// The kinds of rows that are kept for a time.
const (
	RetainMessages RetentionKind = "messages"
	RetainTraces   RetentionKind = "traces"
	RetainEvents   RetentionKind = "events"
	RetainRequests RetentionKind = "requests"
)

// RetentionKinds lists the kinds in the order in which they are worked off: the biggest first.
func RetentionKinds() []RetentionKind {
	return []RetentionKind{RetainTraces, RetainMessages, RetainEvents, RetainRequests}
}

// Days tells for how many days rows of a kind are kept; 0: for ever.
func (r Retention) Days(k RetentionKind) int {
	switch k {
	case RetainMessages:
		return r.Messages
	case RetainTraces:
		return r.Traces
	case RetainEvents:
		return r.Events
	case RetainRequests:
		return r.Requests
	}
	return 0
}

// Before gives the moment before which rows of a kind are old at now; false when they are kept for ever.
func (r Retention) Before(k RetentionKind, now time.Time) (time.Time, bool) {
	days := r.Days(k)
	return now.AddDate(0, 0, -days), days > 0
}

// RetentionOverride is a tenant's own retention; what is nil is as the appliance has it.
type RetentionOverride struct {
	Messages *int `json:"messages,omitempty"`
	Traces   *int `json:"traces,omitempty"`
	Events   *int `json:"events,omitempty"`
	Requests *int `json:"requests,omitempty"`
}

// Apply gives r with what the tenant wants otherwise. A nil override wants nothing.
func (o *RetentionOverride) Apply(r Retention) Retention {
	if o == nil {
		return r
	}
	for _, f := range []struct {
		own *int
		to  *int
	}{{o.Messages, &r.Messages}, {o.Traces, &r.Traces}, {o.Events, &r.Events}, {o.Requests, &r.Requests}} {
		if f.own != nil {
			*f.to = *f.own
		}
	}
	return r
}

// check names what is wrong with an override, as a field of the settings.
func (o *RetentionOverride) check() []FieldError {
	if o == nil {
		return nil
	}
	var wrong []FieldError
	all := o.Apply(Retention{})
	for _, k := range RetentionKinds() {
		if days := all.Days(k); days < 0 || days > MaxRetentionDays {
			wrong = append(wrong, Wrong("retention."+string(k), "field.retention", "limit", MaxRetentionDays))
		}
	}
	return wrong
}

// RetentionRule is what must be known of a tenant to remove its old rows.
type RetentionRule struct {
	TenantID string
	Location *time.Location
	Own      *RetentionOverride
}
