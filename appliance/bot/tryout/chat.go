package tryout

import (
	"time"

	"flowhq"
	"flowhq/appliance/bot"
)

// HandoffHours is how long a chat stays with a human in a try-out, as a worker does by default.
const HandoffHours = 12

// Setting is what a conversation is held with: a flow and the business that it speaks for.
type Setting struct {
	Flow     *bot.Flow
	Business flowhq.Business
}

// chat is one conversation, with what a worker holds beside the bot's state.
type chat struct {
	with  Setting
	state bot.State
	human time.Time // until when a human has the chat
}

// hear gives what the bot does about a message; nothing while a human has the chat.
func (c *chat) hear(m bot.Message, now time.Time) []bot.Action {
	if now.Before(c.human) {
		return []bot.Action{{Kind: bot.ActionTrace, Step: flowhq.TraceHandedOver, Cause: "a human has this chat"}}
	}
	state, actions := bot.Step(c.with.Flow, c.with.Business, c.state, m, now)
	c.state = state
	for _, a := range actions {
		if a.Kind == bot.ActionHandoff {
			c.handOver(now)
		}
	}
	return actions
}

func (c *chat) handOver(now time.Time) { c.human = now.Add(HandoffHours * time.Hour) }
