package worker

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"flowhq"
	"flowhq/worker/bot"
	"flowhq/worker/journal"
	"flowhq/worker/message"
)

// botLoader reads flows of package bot.
type botLoader struct{}

func (botLoader) load(version int64, f journal.Flow) (flow, error) {
	if f.YAML == "" {
		return botFlow{bot.Default(f.Template, f.Language).WithVersion(int(version))}, nil
	}
	loaded, err := bot.Load([]byte(f.YAML))
	if err != nil {
		return nil, err
	}
	return botFlow{loaded.WithVersion(int(version))}, nil
}

type botFlow struct{ *bot.Flow }

func (f botFlow) step(biz flowhq.Business, c *journal.Chat, m *message.Incoming, now time.Time) (outcome, error) {
	var before bot.State
	if len(c.State) > 0 {
		if err := json.Unmarshal(c.State, &before); err != nil {
			before = bot.State{} // a state of another version of the product: the chat starts over
		}
	}
	before.OptedOut = c.OptedOut // an admin may have opted the customer in
	at := m.SentAt
	if !m.Late {
		at = m.ReceivedAt
	}
	after, actions := bot.Step(f.Flow, biz, before, bot.Message{
		ID: m.ID, Kind: m.Kind, Text: m.Text, Name: m.Name, At: at, Target: m.Target,
	}, now)
	out := outcome{resting: !after.InStep(), language: after.Language}
	var err error
	if out.state, err = json.Marshal(after); err != nil {
		return out, fmt.Errorf("state: %w", err)
	}
	for _, a := range actions {
		out.take(a)
	}
	return out, nil
}

// take adds an action of the conversation to what follows from the message.
func (o *outcome) take(a bot.Action) {
	switch a.Kind {
	case bot.ActionReply:
		o.replies = append(o.replies, a.Text)
		if said := told(a); said != "" {
			o.traces = append(o.traces, traceStep{flowhq.TraceStep, said})
		}
	case bot.ActionRecord:
		if a.Request != nil {
			o.requests = append(o.requests, *a.Request)
			o.traces = append(
				o.traces, traceStep{flowhq.TraceStep, "Recorded: " + strings.ToLower(string(a.Request.Type)) + "."},
			)
		}
	case bot.ActionHandoff:
		o.handoff = journal.HandoffFlow
		if a.Reason == bot.HandoverAsked {
			o.handoff = journal.HandoffCustomer
		}
		o.traces = append(o.traces, traceStep{flowhq.TraceStep, "Handed to a human: " + a.Cause + "."})
	case bot.ActionOptOut:
		o.optOut = true
		o.traces = append(o.traces, traceStep{flowhq.TraceStep, "No more messages: " + a.Cause + "."})
	case bot.ActionOptIn:
		o.optIn = true
		o.traces = append(o.traces, traceStep{flowhq.TraceStep, "Messages again: " + a.Cause + "."})
	case bot.ActionNotifyOwner:
		o.notices = append(o.notices, a.Text)
	case bot.ActionTrace:
		o.traces = append(o.traces, traceStep{a.Step, a.Cause})
	}
}

// told says what a reply is about, for the trace.
func told(a bot.Action) string {
	var parts []string
	if a.Step != "" {
		parts = append(parts, "at "+a.Step)
	}
	if a.Asks != "" {
		parts = append(parts, "asks for "+strings.ReplaceAll(a.Asks, "_", " "))
	}
	if a.Says != "" {
		parts = append(parts, "says "+strings.ReplaceAll(a.Says, "_", " "))
	}
	if len(parts) == 0 {
		return "Answered."
	}
	return "Answered: " + strings.Join(parts, ", ") + "."
}
