package fleet

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"flowhq"
)

// Messages gives a part of a tenant's message log, newest first.
func (s *Service) Messages(ctx context.Context, id string, q flowhq.MessageQuery) ([]flowhq.Message, error) {
	var err error
	if q.Limit, err = page(q.Limit); err != nil {
		return nil, err
	}
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return s.store.Messages(ctx, id, q)
}

// Events gives a part of a tenant's time line, newest first.
func (s *Service) Events(ctx context.Context, id string, q flowhq.EventQuery) ([]flowhq.TenantEvent, error) {
	var err error
	if q.Limit, err = page(q.Limit); err != nil {
		return nil, err
	}
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return s.store.TenantEvents(ctx, id, q)
}

// Process tells what the process manager knows of a tenant's worker; one that never ran is "stopped".
func (s *Service) Process(ctx context.Context, id string) (flowhq.Process, error) {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return flowhq.Process{}, err
	}
	if p, ok := s.processes.Process(id); ok {
		s.mu.Lock()
		p.Ignored = maps.Clone(s.worker(id).leftOut)
		s.mu.Unlock()
		return p, nil
	}
	return flowhq.Process{Name: flowhq.ProcessName(id), State: "stopped"}, nil
}

// Customers lists who wrote to a tenant, last seen first.
func (s *Service) Customers(ctx context.Context, id string, q flowhq.CustomerQuery) ([]flowhq.Customer, error) {
	var err error
	if q.Limit, err = page(q.Limit); err != nil {
		return nil, err
	}
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	rows, err := s.store.Customers(ctx, id, q)
	for i := range rows {
		s.handedBack(&rows[i])
	}
	return rows, err
}

// handedBack takes a hand-over as ended whose time is over: the worker says so itself only with the chat's next message.
func (s *Service) handedBack(c *flowhq.Customer) {
	if c.HandoffEnds != nil && !s.now().Before(*c.HandoffEnds) {
		c.HandedOver, c.HandoffEnds = nil, nil
	}
}

// Requests lists what customers booked, ordered or reported, newest first.
func (s *Service) Requests(ctx context.Context, id string, q flowhq.RequestQuery) ([]flowhq.CustomerRequest, error) {
	var err error
	if q.Limit, err = page(q.Limit); err != nil {
		return nil, err
	}
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return s.store.Requests(ctx, id, q)
}

// UpdateRequest works a customer's request off.
func (s *Service) UpdateRequest(ctx context.Context, id, request string, p flowhq.RequestPatch) (flowhq.CustomerRequest, error) {
	var f form
	if p.Status != nil {
		switch *p.Status {
		case flowhq.RequestNew, flowhq.RequestConfirmed, flowhq.RequestDone, flowhq.RequestCancelled, flowhq.RequestNoShow:
		default:
			f.refuse("status", "must be one of NEW, CONFIRMED, DONE, CANCELLED, NO_SHOW")
		}
	}
	checked(&p.Notes, func(v string) string { return f.text("notes", v, maxNotes) })
	if err := f.err(); err != nil {
		return flowhq.CustomerRequest{}, err
	}
	r, err := s.store.UpdateRequest(ctx, id, request, p)
	if err != nil {
		return flowhq.CustomerRequest{}, err
	}
	s.changed(flowhq.ChangeRequest, id, request)
	return r, nil
}

// Send sends a text to a chat in the tenant's name. It returns when the worker has journalled it; the message log shows it.
// Somebody who has not written first is CodeForbidden: unasked messages are what numbers are banned for.
func (s *Service) Send(ctx context.Context, by, id, chat, text string) error {
	return s.send(ctx, by, id, chat, text, s.links.Send)
}

// SendFirst is Send for an admin who allows that this person has not written first. chat may be any phone number.
func (s *Service) SendFirst(ctx context.Context, by, id, chat, text string) error {
	if !strings.HasPrefix(chat, "lid:") {
		var f form
		if chat = f.phone("chat", chat); f.err() != nil {
			return f.err()
		}
	}
	return s.send(ctx, by, id, chat, text, func(ctx context.Context, tenantID, message, chat, text string) error {
		err := s.links.SendFirst(ctx, tenantID, message, chat, text)
		if err == nil {
			s.note(ctx, id, flowhq.TenantEventAdmin, "A first message to "+chat+" was allowed by "+by)
		}
		return err
	})
}

func (s *Service) send(ctx context.Context, by, id, chat, text string, send func(ctx context.Context, tenantID, message, chat, text string) error) error {
	var f form
	chat = strings.TrimSpace(chat)
	if chat == "" {
		f.refuse("chat", "must not be empty")
	}
	switch {
	case strings.TrimSpace(text) == "":
		f.refuse("text", "must not be empty")
	case utf8.RuneCountInString(text) > maxMessage || !utf8.ValidString(text):
		f.refuse("text", "is longer than %d characters", maxMessage)
	}
	if err := f.err(); err != nil {
		return err
	}
	message, err := uuid.NewV7()
	if err != nil {
		return err
	}
	return s.toWorker(ctx, id, func(ctx context.Context) error {
		s.log.Info("an admin sends a message", "tenant", id, "chat", chat, "by", by)
		return send(ctx, id, message.String(), chat, text)
	})
}

// TakeOver hands a chat to a human: the bot is silent in it until it is released or its time is over.
func (s *Service) TakeOver(ctx context.Context, by, id, chat string) error {
	return s.toWorker(ctx, id, func(ctx context.Context) error {
		s.log.Info("a chat is taken over", "tenant", id, "chat", chat, "by", by)
		if err := s.links.TakeOver(ctx, id, chat); err != nil {
			return err
		}
		s.awaitChat(ctx, id, chat, true)
		return nil
	})
}

// Release hands a chat back to the bot.
func (s *Service) Release(ctx context.Context, by, id, chat string) error {
	return s.toWorker(ctx, id, func(ctx context.Context) error {
		s.log.Info("a chat is handed back to the bot", "tenant", id, "chat", chat, "by", by)
		if err := s.links.Release(ctx, id, chat); err != nil {
			return err
		}
		s.awaitChat(ctx, id, chat, false)
		return nil
	})
}

// Whoever changed a chat reads it right away; the worker's event needs a moment to the store. After settling the change stands all the
// same, it is only not seen yet.
const (
	settling     = time.Second
	settledEvery = 20 * time.Millisecond
)

// awaitChat waits until the store shows whether a human has a chat.
func (s *Service) awaitChat(ctx context.Context, id, chat string, human bool) {
	ctx, cancel := context.WithTimeout(ctx, settling)
	defer cancel()
	for ctx.Err() == nil {
		c, err := s.store.Customer(ctx, id, chat)
		if err != nil || (c.HandedOver != nil) == human {
			return
		}
		pause(ctx, settledEvery)
	}
}

// OptIn takes a customer's opting out back, for one who asked for that by another way than START.
func (s *Service) OptIn(ctx context.Context, by, id, chat string) error {
	err := s.toWorker(ctx, id, func(ctx context.Context) error {
		s.log.Info("a customer is opted in", "tenant", id, "chat", chat, "by", by)
		return s.links.OptIn(ctx, id, chat)
	})
	if err == nil {
		s.note(ctx, id, flowhq.TenantEventAdmin, fmt.Sprintf("%s was opted in by %s", chat, by))
	}
	return err
}

func (s *Service) toWorker(ctx context.Context, id string, call func(context.Context) error) error {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return err
	}
	if err := s.reachable(id); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return call(ctx)
}
