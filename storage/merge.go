package storage

import (
	"encoding/json"
	"fmt"
	"slices"

	"flowhq"
	"flowhq/storage/internal/db"
)

// merge makes one customer of two chats that turned out to be the same person: what belongs to the chat From goes to
// the chat Into, and whatever comes under the old key later is written under the new one.
func (b *batch) merge(m flowhq.IdentityMerge, when db.Time) error {
	from := m.From
	into, err := b.chat(m.Into)
	if err != nil || from == "" || into == "" || from == into {
		return err
	}
	if known, err := b.chat(from); err != nil || known == into {
		return err
	}
	if err := b.mergeCustomers(from, into); err != nil {
		return err
	}
	steps := []func() error{
		func() error {
			return b.t.DropRepeatedMessages(b.t.ctx,
				db.DropRepeatedMessagesParams{TenantID: b.tenantID, FromChat: from, IntoChat: into})
		},
		func() error {
			return b.t.MoveMessages(b.t.ctx, db.MoveMessagesParams{TenantID: b.tenantID, FromChat: from,
				IntoChat: into})
		},
		func() error {
			return b.t.RedirectMerges(b.t.ctx, db.RedirectMergesParams{TenantID: b.tenantID, FromChat: from,
				IntoChat: into})
		},
		func() error {
			return b.t.InsertMerge(b.t.ctx, db.InsertMergeParams{TenantID: b.tenantID, FromChat: from, IntoChat: into,
				CreatedAt: when})
		},
		func() error {
			return b.t.addEvent(b.tenantID, flowhq.TenantEventMerge, fmt.Sprintf("%s is %s", from, into),
				flowhq.IdentityMerge{From: from, Into: into})
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	clear(b.merged)
	clear(b.known)
	return nil
}

func (b *batch) mergeCustomers(from, into string) error {
	old, err := b.lookUp(from)
	if err != nil || old == nil {
		return err
	}
	there, err := b.lookUp(into)
	if err != nil {
		return err
	}
	c := *old
	if there == nil {
		c.Chat, c.Number = into, numberOf(into)
	} else if c, err = joined(*there, *old); err != nil {
		return err
	}
	if err := b.t.MoveRequests(b.t.ctx, db.MoveRequestsParams{TenantID: b.tenantID, FromID: old.ID, IntoID: c.ID,
		IntoChat: into}); err != nil {
		return err
	}
	if c.ID != old.ID {
		if err := b.t.DeleteCustomer(b.t.ctx, old.ID); err != nil {
			return err
		}
	}
	return b.t.SaveCustomer(b.t.ctx, saved(c))
}

// joined adds to c what only old knows. Who opted out stays so.
func joined(c, old db.Customer) (db.Customer, error) {
	if c.Name == "" {
		c.Name = old.Name
	}
	if c.Language == "" {
		c.Language = old.Language
	}
	if c.OptedOutAt.IsZero() {
		c.OptedOutAt = old.OptedOutAt
	}
	if c.HandedOverAt.IsZero() {
		c.HandedOverAt, c.HandoffCause, c.HandoffEndsAt = old.HandedOverAt, old.HandoffCause, old.HandoffEndsAt
	}
	if old.FirstSeenAt.Before(c.FirstSeenAt.Time) {
		c.FirstSeenAt = old.FirstSeenAt
	}
	c.LastSeenAt = later(c.LastSeenAt, old.LastSeenAt)
	if len(old.LabelsJson) == 0 {
		return c, nil
	}
	var labels, more []string
	if err := json.Unmarshal(old.LabelsJson, &more); err != nil {
		return c, fmt.Errorf("labels of customer %s: %w", old.ID, err)
	}
	if len(c.LabelsJson) > 0 {
		if err := json.Unmarshal(c.LabelsJson, &labels); err != nil {
			return c, fmt.Errorf("labels of customer %s: %w", c.ID, err)
		}
	}
	for _, l := range more {
		if !slices.Contains(labels, l) {
			labels = append(labels, l)
		}
	}
	raw, err := json.Marshal(labels)
	c.LabelsJson = raw
	return c, err
}

func saved(c db.Customer) db.SaveCustomerParams {
	return db.SaveCustomerParams{
		ID: c.ID, Chat: c.Chat, Number: c.Number, Name: c.Name, Language: c.Language, LabelsJson: c.LabelsJson,
		OptedOutAt:   c.OptedOutAt,
		HandedOverAt: c.HandedOverAt, HandoffCause: c.HandoffCause, HandoffEndsAt: c.HandoffEndsAt,
		FirstSeenAt: c.FirstSeenAt, LastSeenAt: c.LastSeenAt,
	}
}
