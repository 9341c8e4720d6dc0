package flowhq

import (
	"encoding/json"
	"time"
)

// Customer is a person who wrote to a tenant.
type Customer struct {
	ID          string
	TenantID    string
	Chat        string // key within the tenant: "+2557…" or "lid:…"
	Number      string // E.164, "" when hidden
	Name        string
	Language    Language // "" until known
	Labels      []string
	OptedOutAt  *time.Time
	HandedOver  *time.Time // since when a human has the chat; nil: the bot has it
	HandoffEnds *time.Time
	FirstSeenAt time.Time
	LastSeenAt  time.Time
}

// ChatEvent tells the state of one chat as its worker holds it; the latest one is the truth.
type ChatEvent struct {
	Chat         string     `json:"chat"`
	Name         string     `json:"name,omitempty"`
	Language     Language   `json:"language,omitempty"`
	OptedOut     bool       `json:"opted_out"`
	HandedOver   bool       `json:"handed_over"`
	HandoffCause string     `json:"handoff_cause,omitempty"` // customer, flow, owner, admin
	HandoffEnds  *time.Time `json:"handoff_ends,omitempty"`
}

// IdentityMerge says that the chat From is the same person as the chat Into.
type IdentityMerge struct {
	From string `json:"from"` // "lid:…"
	Into string `json:"into"` // "+…"
}

// RequestType is the kind of a customer's request.
type RequestType string

// The kinds of requests.
const (
	RequestBooking RequestType = "BOOKING"
	RequestOrder   RequestType = "ORDER"
	RequestTicket  RequestType = "TICKET"
)

// RequestStatus is where the work on a request stands.
type RequestStatus string

// The states of a request; NO_SHOW is for bookings alone.
const (
	RequestNew       RequestStatus = "NEW"
	RequestConfirmed RequestStatus = "CONFIRMED"
	RequestDone      RequestStatus = "DONE"
	RequestCancelled RequestStatus = "CANCELLED"
	RequestNoShow    RequestStatus = "NO_SHOW"
)

// CustomerRequest is a booking, an order or a ticket that came out of a conversation.
type CustomerRequest struct {
	ID         string
	TenantID   string
	CustomerID string
	Chat       string
	Type       RequestType
	Status     RequestStatus
	Fields     RequestFields
	Notes      string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// RequestFields are the facts of a request; which are set depends on its type. The JSON form is the stored one.
type RequestFields struct {
	Service  string      `json:"service,omitempty"`
	Date     string      `json:"date,omitempty"` // local, 2006-01-02
	Time     string      `json:"time,omitempty"` // local, 15:04
	Name     string      `json:"name,omitempty"`
	Items    []OrderItem `json:"items,omitempty"`
	Total    int64       `json:"total,omitempty"` // goods only, whole units
	Currency string      `json:"currency,omitempty"`
	Delivery string      `json:"delivery,omitempty"` // where to, as the customer wrote it
	Detail   string      `json:"detail,omitempty"`
}

// OrderItem is one line of an order.
type OrderItem struct {
	Product  string `json:"product"`
	Quantity int    `json:"quantity"`
	Price    int64  `json:"price"` // of one, when it was ordered
}

// RequestEvent is a request that a conversation made. ID is chosen by the worker (UUIDv7), so that a repeated event makes
// no second one.
type RequestEvent struct {
	ID     string        `json:"id"`
	Chat   string        `json:"chat"`
	Type   RequestType   `json:"type"`
	Status RequestStatus `json:"status"`
	Fields RequestFields `json:"fields"`
}

// TenantEvent is an entry of a tenant's time line: a change of state with its cause, or something a process did.
type TenantEvent struct {
	ID        string
	TenantID  string
	Type      string
	Detail    string
	Payload   json.RawMessage
	CreatedAt time.Time
}

// Types of tenant events that more than one package writes or reads.
const (
	TenantEventStatus  = "STATUS"  // the tenant's status changed
	TenantEventSession = "SESSION" // the session's phase changed
	TenantEventWorker  = "WORKER"  // the worker's process started, ended or was stopped
	TenantEventStale   = "STALE"
	TenantEventAdmin   = "ADMIN" // an admin did something
	TenantEventMerge   = "MERGE"
	TenantEventRecord  = "REQUEST"
	TenantEventChat    = "CHAT"    // a customer opted out or in, a human took a chat over or gave it back
	TenantEventAdopted = "ADOPTED" // taken over from the predecessor's database; the payload keeps what its rows said
)
