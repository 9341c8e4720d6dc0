package appliance

import (
	"context"
	"net/http"

	"flowhq"
)

// maxLogRead is how many messages one call gives.
const maxLogRead = 20_000

// TalkView is what `flowhq try` needs of a tenant: what customers are answered with, and what they would be with the
// draft.
type TalkView struct {
	InForce flowhq.Conversation  `json:"in_force"`
	Draft   *flowhq.Conversation `json:"draft"`
}

func (c *control) talk(r *http.Request) (any, error) {
	t, err := c.find(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return nil, err
	}
	v := TalkView{}
	v.InForce, v.Draft, err = c.services.Flows.Conversation(r.Context(), t.ID)
	return v, err
}

// messages gives a tenant's newest messages, oldest first.
func (c *control) messages(r *http.Request) (any, error) {
	limit, err := number(r, "limit", flowhq.MaxLimit)
	if err != nil {
		return nil, err
	}
	if limit > maxLogRead {
		return nil, flowhq.Errorf(flowhq.CodeInvalid, "limit must be %d at most.", maxLogRead)
	}
	t, err := c.find(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return nil, err
	}
	return c.services.Flows.RecentMessages(r.Context(), t.ID, limit)
}

// actOnChat hands a chat to a human or back to the bot.
func (c *control) actOnChat(r *http.Request) (any, error) {
	do, ok := map[string]func(ctx context.Context, by, id, chat string) error{
		"take-over": c.services.Chats.TakeOver, "release": c.services.Chats.Release,
	}[r.PathValue("action")]
	if !ok {
		return nil, flowhq.Errorf(flowhq.CodeNotFound, "There is no action %q.", r.PathValue("action"))
	}
	t, err := c.find(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return nil, err
	}
	return struct{}{}, do(r.Context(), byConsole, t.ID, r.PathValue("chat"))
}
