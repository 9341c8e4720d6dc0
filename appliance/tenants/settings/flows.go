package settings

import (
	"context"
	"slices"
	"time"

	"flowhq"
	"flowhq/appliance/form"
	"flowhq/locale/key"
)

// Bounds of flows and of trying them out.
const (
	maxFlow       = 256 << 10 // bytes of a tenant's own flow
	maxTryout     = 200       // messages of one try-out call
	maxTranscript = 512 << 10 // bytes
	maxReplay     = 20_000    // messages of a log
	defaultReplay = 1000
)

// Bot is the bot as settings need it: what flows say, checked and tried out. It keeps nothing.
type Bot interface {
	// Check reads a flow and tells all that is wrong with it, in the order of the text; none: it can be used.
	Check(flowYAML string) []flowhq.FlowProblem
	// Texts gives the YAML of a template's own flow, and what every flow of its language says.
	Texts(t flowhq.TemplateType, l flowhq.Language) (own, common string)
	// Try goes on with a conversation. A flow that does not load is CodeInvalid on flow_yaml, a state that no answer
	// gave on state.
	Try(flowhq.Tryout) (flowhq.TryAnswer, error)
	// Replay compares what a flow in force and a draft answer. A flow that does not load is CodeInvalid on flow_yaml.
	Replay(flowhq.Replay) (flowhq.ReplayAnswer, error)
}

// MessageStore gives the messages that a replay answers again.
type MessageStore interface {
	// Messages gives a part of the log, newest first.
	Messages(ctx context.Context, tenantID string, q flowhq.MessageQuery) ([]flowhq.Message, error)
}

// Flows checks flows and tries them out. It changes nothing and is safe for use by many goroutines.
type Flows struct {
	settings *Settings
	messages MessageStore
	now      func() time.Time
}

// NewFlows makes Flows on the settings.
func NewFlows(s *Settings, messages MessageStore, now func() time.Time) *Flows {
	return &Flows{settings: s, messages: messages, now: now}
}

// Flows gives the texts that an editor of a tenant's flow begins with.
func (s *Flows) Flows(ctx context.Context, id string) (flowhq.Flows, error) {
	t, err := s.settings.store.Tenant(ctx, id)
	if err != nil {
		return flowhq.Flows{}, err
	}
	published, draft, err := s.settings.Settings(ctx, id)
	if err != nil {
		return flowhq.Flows{}, err
	}
	biz := flowhq.ConversationOf(t, published).Business
	out := flowhq.Flows{Template: biz.Template, Language: biz.Language, Published: published, Draft: draft}
	out.Default, out.Common = s.settings.bot.Texts(biz.Template, biz.Language)
	return out, nil
}

// CheckFlow tells all that is wrong with a flow, in the order of the text; none: it can be saved and published.
func (s *Flows) CheckFlow(ctx context.Context, id, flowYAML string) ([]flowhq.FlowProblem, error) {
	if _, err := s.settings.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return flowProblems(s.settings.bot, flowYAML), nil
}

func flowProblems(bot Bot, flowYAML string) []flowhq.FlowProblem {
	switch {
	case flowYAML == "":
		return nil
	case len(flowYAML) > maxFlow:
		return []flowhq.FlowProblem{{Line: 1, Column: 1, Text: flowhq.Say(key.FlowTooLong, "limit", maxFlow)}}
	}
	return bot.Check(flowYAML)
}

// mustLoad refuses a flow that does not load: what was saved by another version of the program may not.
func mustLoad(bot Bot, flowYAML string) error {
	var f form.Form
	refuseFlow(&f, flowProblems(bot, flowYAML))
	return f.Err()
}

// refuseFlow refuses a flow with problems: all of them in one sentence, each with its place.
func refuseFlow(f *form.Form, problems []flowhq.FlowProblem) {
	if len(problems) > 0 {
		f.RefuseText("flow_yaml", flowhq.FlowProblemsText(problems))
	}
}

// Conversation gives what a tenant's customers are answered with, and what they would be with the draft; nil without
// one.
func (s *Flows) Conversation(ctx context.Context,
	id string) (inForce flowhq.Conversation, draft *flowhq.Conversation, err error) {
	t, err := s.settings.store.Tenant(ctx, id)
	if err != nil {
		return inForce, nil, err
	}
	published, next, err := s.settings.Settings(ctx, id)
	if err != nil {
		return inForce, nil, err
	}
	inForce = flowhq.ConversationOf(t, published)
	if next != nil {
		c := flowhq.ConversationOf(t, *next)
		draft = &c
	}
	return inForce, draft, nil
}

// Trial says what is tried out: the draft (the version in force where there is none), or the version in force;
// flowYAML, when it is not nil, takes the place of its flow. Now is when: "2006-01-02T15:04" in the zone of what is
// tried out, or with an offset (RFC 3339); "" is the present.
type Trial struct {
	InForce  bool
	FlowYAML *string
	Now      string
}

// trial gives what is tried out and what is in force.
func (s *Flows) trial(ctx context.Context, id string, w Trial) (inForce, tried flowhq.Conversation, err error) {
	inForce, draft, err := s.Conversation(ctx, id)
	if err != nil {
		return inForce, tried, err
	}
	tried = inForce
	if draft != nil && !w.InForce {
		tried = *draft
	}
	if w.FlowYAML != nil {
		tried.FlowYAML = *w.FlowYAML
		err = mustLoad(s.settings.bot, tried.FlowYAML)
	}
	return inForce, tried, err
}

// TryFlow goes on with a conversation that no customer sees. It changes nothing: the caller keeps the state.
func (s *Flows) TryFlow(ctx context.Context, id string, w Trial, t flowhq.Tryout) (flowhq.TryAnswer, error) {
	if len(t.Messages) > maxTryout {
		return flowhq.TryAnswer{}, flowhq.Invalid([]flowhq.FieldError{
			flowhq.Wrong("messages", key.FieldAtMost, "limit", maxTryout)})
	}
	_, tried, err := s.trial(ctx, id, w)
	if err != nil {
		return flowhq.TryAnswer{}, err
	}
	t.With = tried
	if t.Now, err = s.moment(w.Now, tried.Business.Settings.Location()); err != nil {
		return flowhq.TryAnswer{}, err
	}
	return s.settings.bot.Try(t)
}

// ReplayFlow tells what a draft would have answered otherwise: to the messages of a transcript, or to the tenant's
// newest ones (limit; 0: 1,000).
func (s *Flows) ReplayFlow(ctx context.Context, id string, w Trial, transcript string,
	limit int) (flowhq.ReplayAnswer, error) {
	var f form.Form
	if limit < 0 || limit > maxReplay {
		f.Refuse("limit", key.FieldOneTo, "limit", maxReplay)
	}
	if len(transcript) > maxTranscript {
		f.Refuse("transcript", key.FieldTooManyBytes, "limit", maxTranscript)
	}
	if err := f.Err(); err != nil {
		return flowhq.ReplayAnswer{}, err
	}
	inForce, tried, err := s.trial(ctx, id, w)
	if err != nil {
		return flowhq.ReplayAnswer{}, err
	}
	r := flowhq.Replay{InForce: inForce, Draft: tried, Transcript: transcript}
	if r.Now, err = s.moment(w.Now, tried.Business.Settings.Location()); err != nil {
		return flowhq.ReplayAnswer{}, err
	}
	if transcript == "" {
		if limit == 0 {
			limit = defaultReplay
		}
		if r.Log, err = s.RecentMessages(ctx, id, limit); err != nil {
			return flowhq.ReplayAnswer{}, err
		}
	}
	return s.settings.bot.Replay(r)
}

// RecentMessages gives a tenant's newest messages, oldest first, read in pages.
func (s *Flows) RecentMessages(ctx context.Context, id string, limit int) ([]flowhq.Message, error) {
	if _, err := s.settings.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	q := flowhq.MessageQuery{}
	var all []flowhq.Message
	for len(all) < limit {
		q.Limit = min(flowhq.MaxLimit, limit-len(all))
		rows, err := s.messages.Messages(ctx, id, q)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if len(rows) < q.Limit {
			break
		}
		last := rows[len(rows)-1]
		q.Before = flowhq.Cursor{At: last.CreatedAt, ID: last.ID}
	}
	slices.Reverse(all)
	return all, nil
}

// moment reads a time in a zone, or one with an offset; "" is the present.
func (s *Flows) moment(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return s.now().In(zone), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.ParseInLocation("2006-01-02T15:04", text, zone)
	}
	if err != nil || at.Year() < 2000 || at.Year() > 9000 {
		return at, flowhq.Invalid([]flowhq.FieldError{flowhq.Wrong("now", key.FieldLocalTime)})
	}
	return at.In(zone), nil
}
