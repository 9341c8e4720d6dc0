package flowhq

import (
	"encoding/json"
	"time"
)

// Tryout is a piece of a conversation that nobody has with a customer: what is said to the bot, and when.
type Tryout struct {
	With     Conversation
	State    json.RawMessage // as the last answer gave it; nil: a new chat
	Now      time.Time       // when the first message is written; those that follow come a second after each other
	Messages []TryMessage
	Release  bool // the bot takes the chat back from the human first
}

// TryMessage is one message of a try-out; a Wait alone lets time pass.
type TryMessage struct {
	Kind   MessageKind // "": text
	Text   string
	Target string // id of the message that is edited or deleted
	Wait   time.Duration
}

// TryAnswer is what comes of a try-out.
type TryAnswer struct {
	Turns []TryTurn
	State json.RawMessage
	Now   time.Time // after the last message
	Human bool      // a human has the chat: the bot is silent
}

// TryTurn is one message of a try-out and all that the bot does about it.
type TryTurn struct {
	ID   string
	At   time.Time
	Kind MessageKind
	Text string
	Acts []TryAct
}

// TryAct is one thing that the bot does: reply, record, handoff, opt_out, opt_in, notify_owner or trace.
type TryAct struct {
	Kind    string        `json:"kind"`
	Text    string        `json:"text,omitempty"`
	Asks    string        `json:"asks,omitempty"` // what a reply asks for: menu, service, date …
	Says    string        `json:"says,omitempty"` // what it tells: closed, past …
	Step    string        `json:"step,omitempty"`
	Cause   string        `json:"cause,omitempty"`
	Request *RequestEvent `json:"request,omitempty"`
}
