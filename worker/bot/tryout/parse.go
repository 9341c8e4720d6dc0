package tryout

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"flowhq"
)

// ParseTranscript reads a transcript from text: one message a line, "customer: …", "owner: …" or "bot: …" (a line
// without one of these is the customer's), each with an optional time (2026-03-10T09:00) before it; without one a
// message comes ten seconds after the one before. An empty line begins another chat, # a comment.
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
		m := flowhq.Message{Chat: fmt.Sprintf("chat %d", number), WAMessageID: fmt.Sprintf("line %d", n), CreatedAt: at,
			Kind: flowhq.KindText}
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
