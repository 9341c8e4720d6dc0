package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/conversations"
)

// How many log rows come where no limit is asked for: the predecessor's numbers.
const (
	adminLogs  = 200
	portalLogs = 50
)

// messageView is a row of message_logs, with the decisions behind it where they were asked for.
type messageView struct {
	ID          string                  `json:"id"`
	TenantID    string                  `json:"tenant_id"`
	Direction   flowhq.MessageDirection `json:"direction"`
	FromNumber  string                  `json:"from_number"`
	ToNumber    string                  `json:"to_number"`
	MessageText string                  `json:"message_text"`
	WAMessageID *string                 `json:"wa_message_id"`
	Chat        *string                 `json:"chat"`
	Author      *flowhq.Author          `json:"author"`
	Kind        *flowhq.MessageKind     `json:"kind"`
	CreatedAt   stamp                   `json:"created_at"`
	Trace       *[]traceView            `json:"trace,omitempty"` // nil where it was not asked for
}

type traceView struct {
	At     stamp  `json:"at"`
	Step   string `json:"step"`
	Detail string `json:"detail"`
}

func viewMessage(m *flowhq.Message) messageView {
	return messageView{
		ID: m.ID, TenantID: m.TenantID, Direction: m.Direction, FromNumber: m.FromNumber, ToNumber: m.ToNumber,
		MessageText: m.Text,
		WAMessageID: orNull(m.WAMessageID), Chat: orNull(m.Chat), Author: orNull(m.Author), Kind: orNull(m.Kind),
		CreatedAt: stamp(m.CreatedAt),
	}
}

// viewTraced is viewMessage with the decisions made about it.
func viewTraced(m *flowhq.Message) messageView {
	v := viewMessage(m)
	trace := list(m.Trace, func(e *flowhq.TraceEntry) traceView {
		return traceView{At: stamp(e.At), Step: e.Step, Detail: e.Detail}
	})
	v.Trace = &trace
	return v
}

// listMessages shows a tenant's log, newest first; chat narrows it, trace=1 adds the decisions.
func listMessages(chats *conversations.Chats, of target, def int) call {
	return func(c *gin.Context) error {
		limit, before, err := page(c, def)
		if err != nil {
			return err
		}
		id, err := of(c)
		if err != nil {
			return err
		}
		q := flowhq.MessageQuery{Before: before, Limit: limit, Chat: c.Query("chat"), Trace: c.Query("trace") == "1"}
		rows, err := chats.Messages(c.Request.Context(), id, q)
		if err != nil {
			return err
		}
		linkNext(c, limit, len(rows), func() flowhq.Cursor {
			last := rows[len(rows)-1]
			return flowhq.Cursor{At: last.CreatedAt, ID: last.ID}
		})
		view := viewMessage
		if q.Trace {
			view = viewTraced
		}
		c.JSON(http.StatusOK, list(rows, view))
		return nil
	}
}

// onChat makes a call of taking over or releasing a chat.
func onChat(do func(ctx context.Context, by, id, chat string) error, of target, success string) call {
	return func(c *gin.Context) error {
		id, err := of(c)
		if err != nil {
			return err
		}
		if err := do(c.Request.Context(), access.By(c), id, c.Param("chat")); err != nil {
			return err
		}
		done(c, success)
		return nil
	}
}

// sendMessage sends a text to a chat as the business.
func sendMessage(chats *conversations.Chats) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		in, err := readInput(c)
		if err != nil {
			return err
		}
		text, send := in.text("text"), chats.Send
		if in.flag("allow_first") {
			send = chats.SendFirst
		}
		if err := in.err(); err != nil {
			return err
		}
		if err := send(c.Request.Context(), access.By(c), id, c.Param("chat"), text); err != nil {
			return err
		}
		done(c, "Message sent")
		return nil
	}
}
