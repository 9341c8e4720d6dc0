package bot

import (
	"time"

	"flowhq"
)

// chat is what one step knows of the chat: the message, and the state that becomes the next one.
type chat struct {
	flow     *Flow
	business *flowhq.Business
	msg      Message
	now      time.Time // in the business's zone
	state    State
}

func (c *chat) task() *task { return c.flow.task(c.state.Task) }

// said is the moment from which days are counted: when the message was written, if that is known and close.
func (c *chat) said() time.Time {
	at := c.msg.At
	if at.IsZero() || at.After(c.now) || c.now.Sub(at) > 24*time.Hour {
		return c.now
	}
	return at.In(c.now.Location())
}

func (c *chat) parseDay(date string) (time.Time, bool) {
	day, err := time.ParseInLocation(time.DateOnly, date, c.now.Location())
	return day, err == nil
}
