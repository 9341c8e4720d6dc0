package flowhq

import "time"

// Overview is what a person sees first: what needs somebody now, and how the day goes.
type Overview struct {
	Tenants       int
	Counts        map[TenantStatus]int
	Needing       []TenantSummary // those that need somebody, the gravest first, at most NeedingShown
	NeedingAll    int             // how many there are
	SetupRequests int             // that wait for a decision
	OpenRequests  int             // of customers, over all tenants
	Alarms        []Alarm

	Received int // messages of customers today
	Sent     int // messages to customers today
	Before   int // messages of customers until this time yesterday
	Hours    [24]int
	Response time.Duration // how long customers wait for an answer, on average of today; 0: nothing was measured

	Workers  int   // that run
	Memory   int64 // bytes that they use together
	Capacity int   // about so many more workers fit; -1: not known
	Host     HostState
	Since    time.Time // the appliance's start
}

// NeedingShown is how many tenants an overview names.
const NeedingShown = 12
