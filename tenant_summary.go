package flowhq

import "time"

// TenantSummary is what a list shows of a tenant. Config, session and worker rows that are missing leave their fields
// empty.
type TenantSummary struct {
	ID           string
	Name         string
	BusinessName string
	PhoneNumber  string
	Template     TemplateType
	Language     Language
	Status       TenantStatus
	Phase        Phase
	Linked       bool
	SeenAt       *time.Time // the worker's heartbeat
	HeardAt      *time.Time // WhatsApp last heard from
	Worker       WorkerStatus
	DesiredState DesiredState
	LastError    string
	CreatedAt    time.Time

	// Figures of the day, and of the process.
	Received     int     // messages of customers today
	Sent         int     // messages to customers today
	Hours        [24]int // messages of customers in each of the last 24 hours, the running one last
	OpenRequests int     // bookings, orders and tickets that wait for somebody
	Memory       int64   // bytes; 0: not running
	MemoryMax    int64   // bytes; 0: no limit
	Restarts     int
}

// SummaryOrder names an order of a list of tenants.
type SummaryOrder string

// The orders. Each puts first what one would look for: the gravest, the busiest, the longest silent.
const (
	OrderUrgency  SummaryOrder = "urgency"
	OrderName     SummaryOrder = "name"
	OrderNewest   SummaryOrder = "newest"
	OrderMessages SummaryOrder = "messages"
	OrderRequests SummaryOrder = "requests"
	OrderHeard    SummaryOrder = "heard"
	OrderMemory   SummaryOrder = "memory"
)

// SummaryOrders lists all orders; the first is the usual one.
func SummaryOrders() []SummaryOrder {
	return []SummaryOrder{OrderUrgency, OrderName, OrderNewest, OrderMessages, OrderRequests, OrderHeard, OrderMemory}
}

// BoardQuery asks for a part of the list of tenants with the figures of the day.
type BoardQuery struct {
	Query  string       // part of name, business name or number, case folded
	Status TenantStatus // "": any
	Order  SummaryOrder // "": OrderUrgency
	Back   bool         // the other way round
	Page   int          // from 1; one beyond the end is the last
	Length int          // lines of a page, 1 to MaxLimit; 0: 50
}

// Board is a part of the list of tenants.
type Board struct {
	Summaries []TenantSummary
	All       int                  // tenants there are
	Found     int                  // those that the query matches, whatever their status
	Counts    map[TenantStatus]int // of those, by status
	Page      int
	Pages     int // at least 1
	Length    int
}
