package flowhq

import "time"

// Replay asks what a draft would have answered otherwise to what customers wrote before.
type Replay struct {
	InForce, Draft Conversation
	Log            []Message // in any order
	Transcript     string    // used instead of Log when it is not empty: one message a line
	Now            time.Time // when a transcript begins that names no time
}

// ReplayAnswer is what a draft would have answered otherwise.
type ReplayAnswer struct {
	Chats    int
	Messages int // from customers
	Changed  int
	Changes  []ReplayChange // the first MaxReplayChanges of them
}

// MaxReplayChanges bounds the changes that a replay lists; all are counted.
const MaxReplayChanges = 200

// ReplayChange is one message that the draft answers otherwise, with both answers as a person reads them.
type ReplayChange struct {
	Chat  string
	At    time.Time
	Text  string
	Now   string
	Draft string
}
