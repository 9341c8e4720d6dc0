package conversations

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"flowhq"
	"flowhq/appliance/form"
	"flowhq/locale/key"
)

// maxMessage is the length of one text that an admin sends, in characters; WhatsApp takes more, phones show less.
const maxMessage = 4096

// Send sends a text to a chat in the tenant's name. It returns when the worker has journalled it; the message log
// shows it. Somebody who has not written first is CodeForbidden: unasked messages are what numbers are banned for.
func (s *Chats) Send(ctx context.Context, by, id, chat, text string) error {
	return s.send(ctx, by, id, chat, text, s.links.Send)
}

// SendFirst is Send for an admin who allows that this person has not written first. chat may be any phone number.
func (s *Chats) SendFirst(ctx context.Context, by, id, chat, text string) error {
	if !strings.HasPrefix(chat, "lid:") {
		var f form.Form
		if chat = f.Phone("chat", chat); f.Err() != nil {
			return f.Err()
		}
	}
	return s.send(ctx, by, id, chat, text, func(ctx context.Context, tenantID, message, chat, text string) error {
		err := s.links.SendFirst(ctx, tenantID, message, chat, text)
		if err == nil {
			s.workers.Note(ctx, id, flowhq.TenantEventAdmin, "A first message to "+chat+" was allowed by "+by)
		}
		return err
	})
}

func (s *Chats) send(ctx context.Context, by, id, chat, text string,
	send func(ctx context.Context, tenantID, message, chat, text string) error) error {
	var f form.Form
	chat = strings.TrimSpace(chat)
	if chat == "" {
		f.Refuse("chat", key.FieldEmpty)
	}
	switch {
	case strings.TrimSpace(text) == "":
		f.Refuse("text", key.FieldEmpty)
	case utf8.RuneCountInString(text) > maxMessage || !utf8.ValidString(text):
		f.Refuse("text", key.FieldTooLong, "limit", maxMessage)
	}
	if err := f.Err(); err != nil {
		return err
	}
	message, err := uuid.NewV7()
	if err != nil {
		return err
	}
	return s.workers.Call(ctx, id, func(ctx context.Context) error {
		s.log.Info("an admin sends a message", "tenant", id, "chat", chat, "by", by)
		return send(ctx, id, message.String(), chat, text)
	})
}

// TakeOver hands a chat to a human: the bot is silent in it until it is released or its time is over. It returns when
// the worker has done so and the store shows it.
func (s *Chats) TakeOver(ctx context.Context, by, id, chat string) error {
	return s.workers.Call(ctx, id, func(ctx context.Context) error {
		s.log.Info("a chat is taken over", "tenant", id, "chat", chat, "by", by)
		return s.links.TakeOver(ctx, id, chat)
	})
}

// Release hands a chat back to the bot, as TakeOver.
func (s *Chats) Release(ctx context.Context, by, id, chat string) error {
	return s.workers.Call(ctx, id, func(ctx context.Context) error {
		s.log.Info("a chat is handed back to the bot", "tenant", id, "chat", chat, "by", by)
		return s.links.Release(ctx, id, chat)
	})
}

// OptIn takes a customer's opting out back, for one who asked for that by another way than START.
func (s *Chats) OptIn(ctx context.Context, by, id, chat string) error {
	err := s.workers.Call(ctx, id, func(ctx context.Context) error {
		s.log.Info("a customer is opted in", "tenant", id, "chat", chat, "by", by)
		return s.links.OptIn(ctx, id, chat)
	})
	if err == nil {
		s.workers.Note(ctx, id, flowhq.TenantEventAdmin, fmt.Sprintf("%s was opted in by %s", chat, by))
	}
	return err
}
