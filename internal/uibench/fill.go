package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"flowhq"
	"flowhq/storage"
)

// fill makes businesses as a busy box has them: most of them linked, some waiting, failing or paused, each with
// messages in the last day and some with requests.
func fill(ctx context.Context, dsn string, tenants int) (err error) {
	s, err := storage.Open(ctx, dsn, storage.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for i := range tenants {
		if err := fillOne(ctx, s, i); err != nil {
			return err
		}
	}
	return nil
}

func fillOne(ctx context.Context, s *storage.Store, i int) error {
	name := fmt.Sprintf("%s %d", []string{"Neema Salon", "Duka la Asha", "FastNet", "Mama Lishe",
		"Juma Electronics"}[i%5], i)
	t, err := s.CreateTenant(ctx, flowhq.NewTenant{
		Name: name, BusinessName: name, PhoneNumber: fmt.Sprintf("+2557%08d", i),
		TemplateType: flowhq.TemplateTypes()[i%3], Language: flowhq.Swahili,
	}, flowhq.Settings{}.Normalize(), "bench")
	if err != nil {
		return err
	}
	now := time.Now()
	report := flowhq.SessionReport{Phase: flowhq.PhaseConnected, LinkedJID: fmt.Sprintf("2557%08d:1@s.whatsapp.net", i),
		HeardAt: &now, Since: now}
	occurrence := flowhq.TriggerConnected
	switch i % 20 {
	case 0:
		report, occurrence = flowhq.SessionReport{Phase: flowhq.PhaseLoggedOut, Since: now}, flowhq.TriggerFailed
	case 1:
		report, occurrence = flowhq.SessionReport{Phase: flowhq.PhaseNobody, Since: now}, flowhq.TriggerStartedUnlinked
	case 2:
		occurrence = flowhq.TriggerPaused
	}
	if err := s.SaveSession(ctx, t.ID, report, ""); err != nil {
		return err
	}
	if occurrence == flowhq.TriggerFailed {
		if err := s.SetWorkerStatus(ctx, t.ID, flowhq.WorkerStopped, flowhq.Remedy(flowhq.PhaseLoggedOut)); err != nil {
			return err
		}
	}
	if _, _, err := s.Transition(ctx, t.ID, occurrence, "bench"); err != nil {
		return err
	}
	_, err = s.ApplyEvents(ctx, t.ID, "bench", dayOf(i, now))
	return err
}

// dayOf makes a day of messages: a question and its answer in most hours, more of them in the evening.
func dayOf(i int, now time.Time) []flowhq.WorkerEvent {
	var events []flowhq.WorkerEvent
	add := func(e flowhq.WorkerEvent) {
		e.Seq = int64(len(events) + 1)
		events = append(events, e)
	}
	for hour := range 24 {
		for n := range (i + hour) % 4 {
			at := now.Add(-time.Duration(24-hour)*time.Hour + time.Duration(n)*time.Minute)
			chat := fmt.Sprintf("+2557%08d", 5_000_000+i*10+n)
			id := fmt.Sprintf("%d-%d-%d", i, hour, n)
			add(flowhq.WorkerEvent{At: at, Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
				WAMessageID: id, Chat: chat, Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer, From: chat,
				Text: "Habari", SentAt: at,
			}})
			add(flowhq.WorkerEvent{At: at.Add(4 * time.Second), Kind: flowhq.EventMessage,
				Message: &flowhq.MessageEvent{
					WAMessageID: id + "a", Chat: chat, Direction: flowhq.DirectionOut, Author: flowhq.AuthorBot,
					To: chat, Text: "Karibu", SentAt: at,
				}})
		}
	}
	if i%3 == 0 {
		add(flowhq.WorkerEvent{At: now, Kind: flowhq.EventRequest, Request: &flowhq.RequestEvent{
			ID: fmt.Sprint("r", i), Chat: fmt.Sprintf("+2557%08d", 5_000_000+i*10), Type: flowhq.RequestOrder,
			Status: flowhq.RequestNew,
		}})
	}
	return events
}
