package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"flowhq"
)

// stages split the way of an answer, in microseconds: the log's decisions carry the worker's times, to the millisecond.
type stages struct {
	taken   spread // from the customer's sending until the worker has it decrypted
	decided spread // until it is journalled, decided and handed to WhatsApp
	shown   spread // until it is in the customer's inbox: encrypted, sent, and read there
}

// asked is one message with its times by the clock of this machine.
type asked struct {
	at, answered time.Time
}

// split reads the decisions about the messages that customers wrote, and compares.
func (b *bench) split(ctx context.Context, all map[string]asked) (s stages, err error) {
	var taken, decided, shown []int
	var each strings.Builder
	each.WriteString("sent,business,taken_us,decided_us,shown_us\n")
	for _, biz := range b.businesses {
		var log []struct {
			ID    string              `json:"wa_message_id"`
			Trace []flowhq.TraceEntry `json:"trace"`
		}
		path := fmt.Sprintf("/admin/tenants/%s/logs?trace=1&limit=%d", biz.id, flowhq.MaxLimit)
		if err := b.app.Admin(ctx, http.MethodGet, path, nil, &log); err != nil {
			return s, err
		}
		for _, m := range log {
			a, ours := all[m.ID]
			received, sent := stepAt(m.Trace, flowhq.TraceReceived), stepAt(m.Trace, flowhq.TraceSent)
			if !ours || received.IsZero() || sent.IsZero() {
				continue
			}
			t, d, s := micros(received.Sub(a.at)), micros(sent.Sub(received)), micros(a.answered.Sub(sent))
			taken, decided, shown = append(taken, t), append(decided, d), append(shown, s)
			fmt.Fprintf(&each, "%s,%s,%d,%d,%d\n", a.at.UTC().Format(time.RFC3339Nano), biz.number, t, d, s)
		}
	}
	if len(taken) == 0 {
		return s, fmt.Errorf("none of %d messages has its decisions in the log", len(all))
	}
	if b.each != "" {
		if err := os.WriteFile(b.each, []byte(each.String()), 0o644); err != nil {
			return s, err
		}
	}
	return stages{newSpread(taken), newSpread(decided), newSpread(shown)}, nil
}

func micros(d time.Duration) int { return int(max(d, 0).Microseconds()) }

func stepAt(trace []flowhq.TraceEntry, step string) time.Time {
	for _, e := range trace {
		if e.Step == step {
			return e.At
		}
	}
	return time.Time{}
}
