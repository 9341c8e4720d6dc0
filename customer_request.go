package flowhq

import "time"

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

// Open tells whether a request waits for somebody still.
func (s RequestStatus) Open() bool { return s == RequestNew || s == RequestConfirmed }

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

// RequestEvent is a request that a conversation made. ID is chosen by the worker (UUIDv7), so that a repeated event
// makes no second one.
type RequestEvent struct {
	ID     string        `json:"id"`
	Chat   string        `json:"chat"`
	Type   RequestType   `json:"type"`
	Status RequestStatus `json:"status"`
	Fields RequestFields `json:"fields"`
}

// RequestQuery asks for customers' requests, newest first.
type RequestQuery struct {
	Type   RequestType   // "": any
	Status RequestStatus // "": any
	Chat   string        // "": any
	Query  string        // part of what the request says, of its notes or of the chat's number
	Day    string        // of the appointment, 2006-01-02; "": any

	From, To time.Time // made from, and before; zero: any time
	Before   Cursor
	Limit    int
}

// RequestPatch changes a request as a person works it off; a nil field stays.
type RequestPatch struct {
	Status *RequestStatus
	Notes  *string
	By     string // who does it, for the history
}
