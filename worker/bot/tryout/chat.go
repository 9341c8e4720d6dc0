package tryout

import (
	"encoding/json"
	"strconv"
	"time"

	"flowhq"
	"flowhq/worker/bot"
)

// HandoffHours is how long a chat stays with a human in a try-out, as a worker does by default.
const HandoffHours = 12

// Setting is what a conversation is held with: a flow and the business that it speaks for.
type Setting struct {
	Flow     *bot.Flow
	Business flowhq.Business
}

// Use loads the flow of a conversation; the error is of type bot.Problems.
func Use(c flowhq.Conversation) (Setting, error) {
	s := Setting{Business: c.Business}
	if c.FlowYAML == "" {
		s.Flow = bot.Default(c.Business.Template, c.Business.Language).WithVersion(c.Version)
		return s, nil
	}
	flow, err := bot.Load([]byte(c.FlowYAML))
	if err != nil {
		return s, err
	}
	s.Flow = flow.WithVersion(c.Version)
	return s, nil
}

// Chat is one conversation, with what a worker holds beside the bot's state.
type Chat struct {
	with Setting
	held held
}

// held is what a chat remembers; its JSON form is what Save gives.
type held struct {
	State bot.State `json:"state,omitzero"`
	Human time.Time `json:"human_until,omitzero"` // until when a human has the chat
	Sent  int       `json:"sent,omitempty"`       // messages so far; the last one's id
}

// NewChat begins a chat.
func NewChat(with Setting) *Chat { return &Chat{with: with} }

// Resume goes on with a chat that Save gave; nil begins one.
func Resume(with Setting, saved []byte) (*Chat, error) {
	c := NewChat(with)
	if len(saved) == 0 {
		return c, nil
	}
	return c, json.Unmarshal(saved, &c.held)
}

// Save gives what a chat remembers, for Resume.
func (c *Chat) Save() ([]byte, error) { return json.Marshal(c.held) }

// Say gives the id of a message and what the bot does about it. The id is counted from 1; m needs none.
func (c *Chat) Say(m bot.Message, now time.Time) (id string, actions []bot.Action) {
	c.held.Sent++
	m.ID, m.At = strconv.Itoa(c.held.Sent), now
	return m.ID, c.hear(m, now)
}

// HasHuman tells whether a human has the chat.
func (c *Chat) HasHuman(now time.Time) bool { return now.Before(c.held.Human) }

// Release gives the chat back to the bot.
func (c *Chat) Release() { c.held.Human = time.Time{} }

// hear gives what the bot does about a message; nothing while a human has the chat.
func (c *Chat) hear(m bot.Message, now time.Time) []bot.Action {
	if c.HasHuman(now) {
		return []bot.Action{{Kind: bot.ActionTrace, Step: flowhq.TraceHandedOver, Cause: "a human has this chat"}}
	}
	state, actions := bot.Step(c.with.Flow, c.with.Business, c.held.State, m, now)
	c.held.State = state
	for _, a := range actions {
		if a.Kind == bot.ActionHandoff {
			c.handOver(now)
		}
	}
	return actions
}

func (c *Chat) handOver(now time.Time) { c.held.Human = now.Add(HandoffHours * time.Hour) }
