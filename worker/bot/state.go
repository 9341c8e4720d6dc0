package bot

import (
	"maps"
	"slices"
	"time"

	"flowhq"
)

// Message is what a customer sent, or did to a message sent before.
type Message struct {
	ID     string
	Kind   flowhq.MessageKind
	Text   string // of an edit: the new text
	Name   string // the customer's own name for himself; not believed, only a fallback in notices
	At     time.Time
	Target string // id of the message that was edited or deleted
}

// State is what is remembered of one chat. Its zero value is a new chat, its JSON form what is stored. Its size is
// bounded whatever the customer writes.
type State struct {
	// FlowVersion is the version of the flow that the step in hand began with; it means something while InStep.
	FlowVersion int             `json:"flow_version,omitempty"`
	Language    flowhq.Language `json:"language,omitempty"` // that the customer writes in
	Task        string          `json:"task,omitempty"`
	Ask         string          `json:"ask,omitempty"` // the fact asked for, or askConfirmation, or askChange
	Facts       Facts           `json:"facts,omitzero"`
	Offer       *Offer          `json:"offer,omitempty"`
	// service or product talked about last, while no task is in hand
	Topic     string `json:"topic,omitempty"`
	TopicAsks string `json:"topic_asks,omitempty"`
	// how the customer asked for it, when that says more: "viatu vya size 42"
	TopicSaid   string    `json:"topic_said,omitempty"`
	Misses      int       `json:"misses,omitempty"` // times in a row that nothing was understood
	Turns       int       `json:"turns,omitempty"`  // replies so far, for wordings that take turns
	LastAt      time.Time `json:"last_at,omitzero"`
	ClosedUntil string    `json:"closed_until,omitempty"` // the closed period that the customer was told of, by its end
	OptedOut    bool      `json:"opted_out,omitempty"`
	Name        string    `json:"name,omitempty"` // given with an earlier request
	// Recorded are the ids of the messages that the last record was made of: edits of them go to the business.
	Recorded []string `json:"recorded,omitempty"`
	Before   *Earlier `json:"before,omitempty"`
}

// The things asked for that are no facts.
const (
	askConfirmation = "confirmation"
	askWhatToChange = "change"
)

// Facts are what was said so far for the task in hand.
type Facts struct {
	Service  string             `json:"service,omitempty"`
	Items    []flowhq.OrderItem `json:"items,omitempty"` // a quantity of 0 must be asked for
	Date     string             `json:"date,omitempty"`
	Time     string             `json:"time,omitempty"`
	Part     int                `json:"part,omitempty"`     // part of the day said without an hour
	Readings []int              `json:"readings,omitempty"` // minutes of the day among which the customer must choose
	Name     string             `json:"name,omitempty"`
	Delivery string             `json:"delivery,omitempty"`
	Detail   string             `json:"detail,omitempty"`
	Opening  string             `json:"opening,omitempty"` // what a task began with and that is part of the detail
	More     map[string]string  `json:"more,omitempty"`    // facts of a business's own
	From     map[string]string  `json:"from,omitempty"`    // by fact: the id of the message that said it
}

// Offer is a day and an hour that the bot proposed; a yes takes it.
type Offer struct {
	Date string `json:"date"`
	Time string `json:"time,omitempty"`
}

// Earlier is the state before the last message, for the case that it is edited or deleted.
type Earlier struct {
	ID    string `json:"id"`
	State State  `json:"state"`
}

// InStep tells whether the chat is in the middle of a task: it then finishes on the flow it began with.
func (s State) InStep() bool { return s.Task != "" }

// clone gives a state that shares nothing changeable with s.
func (s State) clone() State {
	s.Facts.Items = slices.Clone(s.Facts.Items)
	s.Facts.Readings = slices.Clone(s.Facts.Readings)
	s.Facts.More = maps.Clone(s.Facts.More)
	s.Facts.From = maps.Clone(s.Facts.From)
	s.Recorded = slices.Clone(s.Recorded)
	if s.Offer != nil {
		offer := *s.Offer
		s.Offer = &offer
	}
	return s
}

// tidy makes nothing of what is empty, so that a state is the same before and after it was stored.
func (s *State) tidy() {
	f := &s.Facts
	if len(f.From) == 0 {
		f.From = nil
	}
	if len(f.More) == 0 {
		f.More = nil
	}
	if len(f.Items) == 0 {
		f.Items = nil
	}
	if len(f.Readings) == 0 {
		f.Readings = nil
	}
	if len(s.Recorded) == 0 {
		s.Recorded = nil
	}
}

// leaveTask forgets the task in hand.
func (s *State) leaveTask() {
	s.Task, s.Ask, s.Facts, s.Offer, s.FlowVersion = "", "", Facts{}, nil, 0
	s.Topic, s.TopicAsks, s.TopicSaid = "", "", ""
}

// ActionKind says what is to be done.
type ActionKind string

// The kinds of actions.
const (
	ActionReply       ActionKind = "reply"        // send Text to the customer; Asks and Says tell what it is about
	ActionRecord      ActionKind = "record"       // keep Request
	ActionHandoff     ActionKind = "handoff"      // a human takes the chat; Reason says why, Cause says it in words
	ActionOptOut      ActionKind = "opt_out"      // the customer wants no more messages
	ActionOptIn       ActionKind = "opt_in"       // the customer is back
	ActionNotifyOwner ActionKind = "notify_owner" // send Text to the owner
	ActionTrace       ActionKind = "trace"        // Step and Cause are a decision to write down
)

// Action is one thing that Step wants done, in order.
type Action struct {
	Kind    ActionKind           `json:"kind"`
	Text    string               `json:"text,omitempty"`
	Request *flowhq.RequestEvent `json:"request,omitempty"` // ID and Chat are left to the worker
	Reason  HandoverReason       `json:"reason,omitempty"`  // of a hand-over
	Cause   string               `json:"cause,omitempty"`
	Step    string               `json:"step,omitempty"` // for the trace
	// what a reply asks for: menu, service, product, quantity, date, time, name …; several joined by _or_
	Asks string `json:"asks,omitempty"`
	// what a reply tells: closed, closed_now, past, opted_out, handed_over; several joined by a comma
	Says string `json:"says,omitempty"`
}

// RecordOf tells which kind of request a chat is in the middle of; "" when it is in none.
func (f *Flow) RecordOf(s State) flowhq.RequestType {
	if t := f.task(s.Task); t != nil && s.InStep() {
		return t.record
	}
	return ""
}
