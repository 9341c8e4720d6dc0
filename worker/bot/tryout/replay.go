package tryout

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"flowhq"
	"flowhq/worker/bot"
)

// Replay takes what customers wrote before through the flow in force and through a draft, and gives every message that
// the draft answers otherwise, with both answers. Messages may be of several chats and in any order; of those that went
// out, only the owner's own count: they hand the chat over.
func Replay(inForce, draft Setting, log []flowhq.Message) flowhq.ReplayAnswer {
	log = slices.Clone(log)
	slices.SortStableFunc(log, func(a, b flowhq.Message) int { return a.CreatedAt.Compare(b.CreatedAt) })
	p := &replay{inForce: inForce, draft: draft, chats: map[string]*pair{},
		sum: flowhq.ReplayAnswer{Changes: []flowhq.ReplayChange{}}}
	for _, m := range log {
		p.take(m)
	}
	return p.sum
}

// Print writes for a person what a replay came to; times are in the zone of the draft's business.
func Print(w io.Writer, r flowhq.ReplayAnswer, biz flowhq.Business) error {
	var b strings.Builder
	for _, c := range r.Changes {
		fmt.Fprintf(&b, "%s %s\ncustomer: %s\n  now:   %s\n  draft: %s\n\n",
			c.At.In(biz.Settings.Location()).Format(TimeForm), harmless(c.Chat),
			indent(c.Text), strings.ReplaceAll(harmless(c.Now), "\n", "\n         "),
			strings.ReplaceAll(harmless(c.Draft), "\n", "\n         "))
	}
	if more := r.Changed - len(r.Changes); more > 0 {
		fmt.Fprintf(&b, "… and %d more\n", more)
	}
	fmt.Fprintf(&b, "%d chats, %d messages, %d answered otherwise\n", r.Chats, r.Messages, r.Changed)
	_, err := io.WriteString(w, b.String())
	return err
}

type pair struct{ now, then *Chat }

type replay struct {
	inForce, draft Setting
	chats          map[string]*pair
	sum            flowhq.ReplayAnswer
}

func (p *replay) take(m flowhq.Message) {
	key := chatOf(m)
	c := p.chats[key]
	if c == nil {
		c = &pair{now: NewChat(p.inForce), then: NewChat(p.draft)}
		p.chats[key] = c
		p.sum.Chats++
	}
	if m.Direction == flowhq.DirectionOut {
		if m.Author == flowhq.AuthorOwner {
			c.now.handOver(m.CreatedAt)
			c.then.handOver(m.CreatedAt)
		}
		return
	}
	p.sum.Messages++
	kind := m.Kind
	if kind == "" {
		kind = flowhq.KindText
	}
	heard := bot.Message{ID: m.WAMessageID, Kind: kind, Text: m.Text, At: m.CreatedAt, Target: m.Target}
	before, after := outcome(c.now.hear(heard, m.CreatedAt)), outcome(c.then.hear(heard, m.CreatedAt))
	if before == after {
		return
	}
	p.sum.Changed++
	if len(p.sum.Changes) < flowhq.MaxReplayChanges {
		p.sum.Changes = append(p.sum.Changes, flowhq.ReplayChange{Chat: key, At: m.CreatedAt.UTC(), Text: m.Text,
			Now: before, Draft: after})
	}
}

func chatOf(m flowhq.Message) string {
	switch {
	case m.Chat != "":
		return m.Chat
	case m.Direction == flowhq.DirectionOut:
		return m.ToNumber
	}
	return m.FromNumber
}

// outcome writes what a message led to, without the decisions behind it.
func outcome(actions []bot.Action) string {
	var lines []string
	for _, a := range actions {
		if line := strings.TrimPrefix(describe(a, false), "bot: "); line != "" {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if len(lines) == 0 {
		return "(silence)"
	}
	return strings.Join(lines, "\n")
}
