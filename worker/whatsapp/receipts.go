package whatsapp

import (
	"sync"

	"go.mau.fi/whatsmeow/types"

	"flowhq/worker/message"
)

// receiptChats remembers in which form the sender of a message was addressed: a read receipt must use the same.
type receiptChats struct {
	mu    sync.Mutex
	of    map[string]types.JID
	order []string
}

const maxChats = 512

func (c *receiptChats) note(id string, chat types.JID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]types.JID{}
	}
	if _, ok := c.of[id]; ok {
		return
	}
	if len(c.order) >= maxChats {
		delete(c.of, c.order[0])
		c.order = c.order[1:]
	}
	c.of[id] = chat
	c.order = append(c.order, id)
}

// split sorts ids by chat; those that are not remembered go to the sender's LID, else to the number.
func (c *receiptChats) split(ids []string, from message.Person) map[types.JID][]types.MessageID {
	fallback := lidJID(from)
	if fallback.IsEmpty() {
		fallback = pnJID(from)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	parts := map[types.JID][]types.MessageID{}
	for _, id := range ids {
		chat, ok := c.of[id]
		if !ok {
			chat = fallback
		}
		parts[chat] = append(parts[chat], id)
	}
	return parts
}
