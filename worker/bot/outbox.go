package bot

import (
	"slices"
	"strings"
	"time"

	"flowhq"
)

// outbox collects what is to be done, in order.
type outbox struct {
	*composer
	asks *asker
	acts []Action
	says []string // what the next reply tells beside its text, see Action.Says
}

// endsWithReply tells whether the last thing to be done is a reply.
func (o *outbox) endsWithReply() bool {
	return len(o.acts) > 0 && o.acts[len(o.acts)-1].Kind == ActionReply
}

// paragraphs joins texts with an empty line between them; empty ones are left out.
func paragraphs(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, "\n\n")
}

// reply sends a text, with what must be said of closed hours before it.
func (o *outbox) reply(text, asks string) {
	if notice := o.closedNotice(); notice != "" {
		text = paragraphs(notice, text)
	}
	o.send(text, asks)
}

func (o *outbox) send(text, asks string) {
	if strings.TrimSpace(text) == "" {
		text = o.menuText() // a flow whose every line was left out must not answer with nothing
	}
	text = strings.ToValidUTF8(text, "")
	step := o.state.Task
	if o.state.Ask != "" {
		step += "/" + o.state.Ask
	}
	o.acts = append(o.acts, Action{Kind: ActionReply, Text: shortenAtLine(text, MaxReply), Asks: asks,
		Says: strings.Join(o.says, ","), Step: step})
	o.state.Turns = (o.state.Turns + 1) % 1000
}

func (o *outbox) trace(step, cause string) {
	o.acts = append(o.acts, Action{Kind: ActionTrace, Step: step, Cause: cause})
}

func (o *outbox) notify(text string) {
	if text != "" {
		o.acts = append(o.acts, Action{Kind: ActionNotifyOwner, Text: shortenAtLine(text, MaxReply)})
	}
}

// closedNotice says, once in every closed period, that the business is closed now.
func (o *outbox) closedNotice() string {
	hours := o.business.Settings.Hours
	if hours == nil || hours.OpenAt(o.now) {
		o.state.ClosedUntil = ""
		return ""
	}
	opens, ok := hours.NextOpen(o.now)
	until := "unknown"
	if ok {
		until = opens.UTC().Format(time.RFC3339)
	}
	if o.state.ClosedUntil == until {
		return ""
	}
	o.state.ClosedUntil = until
	o.says = append(o.says, "closed_now")
	o.trace(flowhq.TraceClosed, "the business is closed; said once until it opens")
	if !ok {
		return o.render("closed_now_unknown", nil)
	}
	return o.render("closed_now", func(name string) string {
		if name == "opens" {
			return o.asks.momentText(opens)
		}
		return ""
	})
}

// answer says one of the flow's texts, counts as understood and leads back to the menu.
func (o *outbox) answer(key string) {
	o.state.Misses = 0
	o.reply(o.render(key, nil), "menu")
}

// repeat asks a question whose answer was not understood once more.
func (o *outbox) repeat(question, asks string) {
	text := o.renderText(o.flow.texts["not_understood_question"], o.state.Misses-1, func(name string) string {
		if name == "question" {
			return question
		}
		return ""
	})
	o.reply(text, asks)
}
