package flowhq

import (
	"encoding/json"
	"time"
)

// FlowProblem is one thing that is wrong in a flow's YAML, in words for the one who writes it. Line and Column count from 1.
type FlowProblem struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// Conversation is what a tenant's customers are answered with: the facts of the business and its flow.
type Conversation struct {
	Business Business `json:"business"`
	Version  int      `json:"version"`   // of the settings; 0 for a template's own
	FlowYAML string   `json:"flow_yaml"` // "": the template's own flow
}

// Flows are the texts that an editor of a tenant's flow begins with. Own and common texts are YAML.
type Flows struct {
	Template  TemplateType
	Language  Language
	Published SettingsVersion
	Draft     *SettingsVersion
	Default   string // the template's own flow
	Common    string // what every flow of the language says unless it says otherwise
}

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
