package transcript

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"flowhq"
	"flowhq/worker/bot"
)

// book is a file of conversations.
type book struct {
	Tenants map[string]tenant `yaml:"tenants"`
	Cases   []conversation    `yaml:"cases"`
}

// keys is the same file read for its names alone, to find those that mean nothing here.
type keys struct {
	Cases []map[string]any `yaml:"cases"`
}

// conversation is one case: what is said in turn, and what must come of it.
type conversation struct {
	Name       string         `yaml:"name"`
	Tenant     string         `yaml:"tenant"`
	At         string         `yaml:"at"`
	Say        any            `yaml:"say"`
	Asks       any            `yaml:"asks"`
	Shows      any            `yaml:"shows"`
	Hides      any            `yaml:"hides"`
	Says       any            `yaml:"says"`
	Outcome    map[string]any `yaml:"outcome"`
	ThenSilent bool           `yaml:"then_silent"`
	Note       string         `yaml:"note"`
}

func knownKeys() []string {
	return []string{"name", "tenant", "at", "say", "asks", "shows", "hides", "says", "outcome", "then_silent", "note"}
}

// Conversations runs the cases of a file of conversations. A case with a key that is not known fails: what it wants
// would not be looked at.
func Conversations(text []byte) ([]Result, error) {
	var b book
	var k keys
	if err := yaml.Unmarshal(text, &b); err != nil {
		return nil, err
	}
	if err := yaml.Unmarshal(text, &k); err != nil {
		return nil, err
	}
	if len(b.Cases) == 0 {
		return nil, errors.New("there are no cases")
	}
	settings := map[string]setting{}
	for id, t := range b.Tenants {
		biz, flow, err := t.business(id)
		settings[id] = setting{flow: flow, biz: biz, err: err}
	}
	var out []Result
	for n, c := range b.Cases {
		out = append(out, runCase(c, k.Cases[n], settings))
	}
	return out, nil
}

// setting is what a tenant's conversations are held with.
type setting struct {
	flow *bot.Flow
	biz  flowhq.Business
	err  error
}

func runCase(c conversation, names map[string]any, settings map[string]setting) Result {
	r := Result{Name: c.Name}
	for _, name := range sortedKeys(names) {
		if !slices.Contains(knownKeys(), name) {
			r.Faults = append(r.Faults, fmt.Sprintf("%q is not known", name))
		}
	}
	s, ok := settings[c.Tenant]
	switch {
	case !ok:
		r.Faults = append(r.Faults, fmt.Sprintf("there is no tenant %q", c.Tenant))
	case s.err != nil:
		r.Faults = append(r.Faults, s.err.Error())
	}
	if len(r.Faults) > 0 {
		return r
	}
	chat, err := newChat(s.flow, s.biz, c.At)
	if err == nil {
		err = chat.sayAll(list(c.Say))
	}
	if err != nil {
		r.Faults = append(r.Faults, err.Error())
		return r
	}
	r.Faults = chat.check(c)
	return r
}

// list makes a list of a list, of a single value, or of nothing.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// chat is a conversation while it runs, with what a worker holds beside the bot's own state.
type chat struct {
	flow     *bot.Flow
	biz      flowhq.Business
	now      time.Time
	state    bot.State
	sent     int          // messages so far
	last     []bot.Action // of the last message
	requests []flowhq.RequestEvent
	handoff  bool      // was called at least once
	human    time.Time // until when a human has the chat
	optedOut bool
	notices  []string
}

const usualTime = "2026-03-10T09:00"

// handoffTime is how long a human keeps a chat, as in a worker's defaults.
const handoffTime = 12 * time.Hour

func newChat(flow *bot.Flow, biz flowhq.Business, at string) (*chat, error) {
	if at == "" {
		at = usualTime
	}
	at = strings.Replace(at, " ", "T", 1)
	now, err := time.ParseInLocation("2006-01-02T15:04", at[:min(len(at), len(usualTime))], biz.Settings.Location())
	if err != nil {
		return nil, fmt.Errorf("at: %q is no time like %s", at, usualTime)
	}
	return &chat{flow: flow, biz: biz, now: now}, nil
}

func (c *chat) sayAll(say []any) error {
	for _, one := range say {
		if err := c.say(one); err != nil {
			return err
		}
	}
	return nil
}

// say takes one thing that happens in a chat: a text of the customer, or a mapping with kind, wait, repeat and times,
// edit, delete, or owner.
func (c *chat) say(one any) error {
	m, ok := one.(map[string]any)
	if !ok {
		c.send(bot.Message{Kind: flowhq.KindText, Text: plain(one)})
		return nil
	}
	switch {
	case m["wait"] != nil:
		d, err := duration(plain(m["wait"]))
		if err != nil {
			return err
		}
		c.now = c.now.Add(d)
	case m["repeat"] != nil:
		n, err := strconv.Atoi(plain(m["times"]))
		if err != nil || n < 0 || n > 10_000_000 {
			return fmt.Errorf("times: %v is no count", m["times"])
		}
		c.send(bot.Message{Kind: flowhq.KindText, Text: strings.Repeat(plain(m["repeat"]), n)})
	case m["edit"] != nil || m["delete"] != nil:
		return c.revise(m)
	case m["owner"] != nil: // the owner writes in this chat from the phone
		c.human, c.last = c.now.Add(handoffTime), nil
	case m["kind"] != nil || m["text"] != nil:
		kind := flowhq.MessageKind(plain(m["kind"]))
		if m["kind"] == nil {
			kind = flowhq.KindText
		}
		text := plain(m["text"])
		if text == "" {
			text = plain(m["caption"])
		}
		c.send(bot.Message{Kind: kind, Text: text})
	default:
		return fmt.Errorf("say: %v is nothing that can be said", m)
	}
	return nil
}

// revise edits ({edit: 2, text: …}) or deletes ({delete: 2}) the message of that number, counted from 1.
func (c *chat) revise(m map[string]any) error {
	which, kind := m["edit"], flowhq.KindEdit
	if which == nil {
		which, kind = m["delete"], flowhq.KindDelete
	}
	n, err := strconv.Atoi(plain(which))
	if err != nil {
		return fmt.Errorf("%v is no number of a message", which)
	}
	c.send(bot.Message{Kind: kind, Text: plain(m["text"]), Target: messageID(n)})
	return nil
}

func messageID(n int) string { return "M" + strconv.Itoa(n) }

func (c *chat) send(m bot.Message) {
	c.sent++
	c.now = c.now.Add(time.Second)
	m.ID, m.At = messageID(c.sent), c.now
	c.last = nil
	state, actions := bot.Step(c.flow, c.biz, c.state, m, c.now)
	if c.now.Before(c.human) && !optsOut(actions) {
		return // a human has the chat: as a worker does, only STOP is followed
	}
	c.state, c.last = state, actions
	for _, a := range actions {
		switch a.Kind {
		case bot.ActionRecord:
			c.requests = append(c.requests, *a.Request)
		case bot.ActionHandoff:
			c.handoff, c.human = true, c.now.Add(handoffTime)
		case bot.ActionOptOut:
			c.optedOut = true
		case bot.ActionOptIn:
			c.optedOut = false
		case bot.ActionNotifyOwner:
			c.notices = append(c.notices, a.Text)
		}
	}
}

func optsOut(actions []bot.Action) bool {
	return slices.ContainsFunc(actions, func(a bot.Action) bool { return a.Kind == bot.ActionOptOut })
}

// plain writes a scalar of the YAML as text.
func plain(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func duration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(s)
}
