package tryout

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"flowhq"
	"flowhq/appliance/bot"
)

// Summary counts what a replay did.
type Summary struct {
	Chats    int
	Messages int // from customers
	Changed  int // messages that the draft answers otherwise
}

// Replay takes what customers wrote before through the flow in force and through a draft, and writes to w every message
// that the draft answers otherwise, with both answers. Messages may be of several chats and in any order; of those that
// went out, only the owner's own count: they hand the chat over.
func Replay(w io.Writer, inForce, draft Setting, log []flowhq.Message) (Summary, error) {
	log = slices.Clone(log)
	slices.SortStableFunc(log, func(a, b flowhq.Message) int { return a.CreatedAt.Compare(b.CreatedAt) })
	p := &replay{w: w, inForce: inForce, draft: draft, chats: map[string]*pair{}}
	for _, m := range log {
		p.take(m)
		if p.err != nil {
			return p.sum, p.err
		}
	}
	p.printf("%d chats, %d messages, %d answered otherwise\n", p.sum.Chats, p.sum.Messages, p.sum.Changed)
	return p.sum, p.err
}

type pair struct{ now, then chat }

type replay struct {
	w              io.Writer
	inForce, draft Setting
	chats          map[string]*pair
	sum            Summary
	err            error
}

func (p *replay) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *replay) take(m flowhq.Message) {
	key := chatOf(m)
	c := p.chats[key]
	if c == nil {
		c = &pair{now: chat{with: p.inForce}, then: chat{with: p.draft}}
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
	heard := bot.Message{ID: m.WAMessageID, Kind: kind, Text: m.Text, At: m.CreatedAt}
	before, after := outcome(c.now.hear(heard, m.CreatedAt)), outcome(c.then.hear(heard, m.CreatedAt))
	if before == after {
		return
	}
	p.sum.Changed++
	p.printf("%s %s\ncustomer: %s\n  now:   %s\n  draft: %s\n\n", m.CreatedAt.In(p.draft.Business.Settings.Location()).Format(TimeForm), key,
		indent(m.Text), strings.ReplaceAll(before, "\n", "\n         "), strings.ReplaceAll(after, "\n", "\n         "))
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

// ParseTranscript reads a transcript from text: one message a line, "customer: …", "owner: …" or "bot: …" (a line without
// one of these is the customer's), each with an optional time (2026-03-10T09:00) before it; without one a message comes ten
// seconds after the one before. An empty line begins another chat, # a comment.
func ParseTranscript(r io.Reader, biz flowhq.Business, begin time.Time) ([]flowhq.Message, error) {
	var out []flowhq.Message
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), 4<<20)
	at, number, fresh := begin, 1, true
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "#") {
			continue
		}
		if line == "" {
			if !fresh {
				number, fresh = number+1, true
			}
			continue
		}
		fresh = false
		at = at.Add(10 * time.Second)
		if head, rest, ok := strings.Cut(line, " "); ok && len(head) == len(TimeForm) {
			if said, err := ParseNow(head, biz); err == nil {
				at, line = said, strings.TrimSpace(rest)
			}
		}
		m := flowhq.Message{Chat: fmt.Sprintf("chat %d", number), WAMessageID: fmt.Sprintf("line %d", n), CreatedAt: at, Kind: flowhq.KindText}
		m.Direction, m.Author, m.Text = whose(line)
		out = append(out, m)
	}
	return out, lines.Err()
}

func whose(line string) (flowhq.MessageDirection, flowhq.Author, string) {
	who, text, ok := strings.Cut(line, ":")
	if ok {
		switch strings.ToLower(strings.TrimSpace(who)) {
		case "customer", "mteja":
			return flowhq.DirectionIn, flowhq.AuthorCustomer, strings.TrimSpace(text)
		case "owner":
			return flowhq.DirectionOut, flowhq.AuthorOwner, strings.TrimSpace(text)
		case "bot":
			return flowhq.DirectionOut, flowhq.AuthorBot, strings.TrimSpace(text)
		}
	}
	return flowhq.DirectionIn, flowhq.AuthorCustomer, line
}
