package flowhq

import "time"

// ChatSummary is one line of a list of chats.
type ChatSummary struct {
	Customer
	Last *Message // the newest message; nil when the log has none any more
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
