package flowhq

import "time"

// Bounds of a list's length.
const (
	DefaultLimit = 50
	MaxLimit     = 1000
)

// TenantFilter narrows the list of tenants. The zero value lists all, newest first.
type TenantFilter struct {
	Query  string       // part of name, business name or number, case folded
	Status TenantStatus // "": any
	Before Cursor       // for paging
	Limit  int          // 0: all
}

// Cursor is a place in a list that is sorted by time and id, newest first; the zero value is its start.
type Cursor struct {
	At time.Time
	ID string
}

// IsZero tells whether the cursor stands at the start.
func (c Cursor) IsZero() bool { return c.ID == "" && c.At.IsZero() }

// Part asks for a part of a list that is sorted by time and id, newest first. The zero value is all of it.
type Part struct {
	Before Cursor
	Limit  int // 0: all
}

// SetupQuery asks for a part of the setup requests, newest first.
type SetupQuery struct {
	Part
	Decided bool // without those that wait
}

// VersionQuery asks for a part of a tenant's versions of the settings, newest first. The zero value is all of them.
type VersionQuery struct {
	Below int // versions below this number; 0: from the newest
	Limit int // 0: all
}

// AdminSessionQuery asks for signed-in browsers, last seen first. The zero value is all, those that ended too.
type AdminSessionQuery struct {
	Part                // Before by LastSeenAt
	Alive     time.Time // only those that end after; zero: any
	SeenSince time.Time // only those last seen after; zero: any
}

// MessageQuery asks for a part of a tenant's message log, newest first.
type MessageQuery struct {
	Before Cursor
	Limit  int    // 1 to MaxLimit
	Chat   string // "": all chats
	Trace  bool   // with the decisions behind each message
}

// EventQuery asks for a part of a tenant's time line, newest first.
type EventQuery struct {
	Type   string // one of the TenantEvent types; "": any
	Before Cursor
	Limit  int // 1 to MaxLimit
}

// CustomerQuery asks for a tenant's customers, last seen first.
type CustomerQuery struct {
	Query      string // part of name or number
	Label      string // "": any
	OptedOut   bool   // only those who want no messages
	HandedOver bool   // only those whose chat a human has now
	Before     Cursor // by LastSeenAt
	Limit      int
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
