package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"flowhq"
)

// Bounds of flows and of trying them out.
const (
	maxFlow       = 256 << 10 // bytes of a tenant's own flow
	maxTryout     = 200       // messages of one try-out call
	maxTranscript = 512 << 10 // bytes
	maxReplay     = 20_000    // messages of a log
	defaultReplay = 1000
)

// Flows gives the texts that an editor of a tenant's flow begins with.
func (s *Service) Flows(ctx context.Context, id string) (flowhq.Flows, error) {
	t, err := s.store.Tenant(ctx, id)
	if err != nil {
		return flowhq.Flows{}, err
	}
	published, draft, err := s.Settings(ctx, id)
	if err != nil {
		return flowhq.Flows{}, err
	}
	biz := conversation(t, published).Business
	out := flowhq.Flows{Template: biz.Template, Language: biz.Language, Published: published, Draft: draft}
	out.Default, out.Common = s.flows.Texts(biz.Template, biz.Language)
	return out, nil
}

// CheckFlow tells all that is wrong with a flow, in the order of the text; none: it can be saved and published.
func (s *Service) CheckFlow(ctx context.Context, id, flowYAML string) ([]flowhq.FlowProblem, error) {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return s.flowProblems(flowYAML), nil
}

func (s *Service) flowProblems(flowYAML string) []flowhq.FlowProblem {
	switch {
	case flowYAML == "":
		return nil
	case len(flowYAML) > maxFlow:
		return []flowhq.FlowProblem{{Line: 1, Column: 1, Message: fmt.Sprintf("the flow is longer than %d bytes", maxFlow)}}
	}
	return s.flows.Check(flowYAML)
}

// mustLoad refuses a flow that does not load: what was saved by another version of the program may not.
func (s *Service) mustLoad(flowYAML string) error {
	var f form
	f.flow(s.flowProblems(flowYAML))
	return f.err()
}

// flow refuses a flow with problems: all of them in one sentence, each with its place.
func (f *form) flow(problems []flowhq.FlowProblem) {
	if len(problems) == 0 {
		return
	}
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Message)
	}
	f.refuse("flow_yaml", "%s", strings.Join(lines, "\n"))
}

// Conversation gives what a tenant's customers are answered with, and what they would be with the draft; nil without one.
func (s *Service) Conversation(ctx context.Context, id string) (inForce flowhq.Conversation, draft *flowhq.Conversation, err error) {
	t, err := s.store.Tenant(ctx, id)
	if err != nil {
		return inForce, nil, err
	}
	published, next, err := s.Settings(ctx, id)
	if err != nil {
		return inForce, nil, err
	}
	inForce = conversation(t, published)
	if next != nil {
		c := conversation(t, *next)
		draft = &c
	}
	return inForce, draft, nil
}

func conversation(t flowhq.TenantDetail, v flowhq.SettingsVersion) flowhq.Conversation {
	biz := flowhq.Business{TenantID: t.ID, Name: t.Name, Template: flowhq.TemplateBooking, Language: flowhq.Swahili, Settings: v.Settings}
	if t.Config != nil {
		biz.Name, biz.Template, biz.Language = t.Config.BusinessName, t.Config.TemplateType, t.Config.Language
	}
	return flowhq.Conversation{Business: biz, Version: v.Version, FlowYAML: v.FlowYAML}
}

// Trial says what is tried out: the draft (the version in force where there is none), or the version in force; flowYAML,
// when it is not nil, takes the place of its flow. Now is when: "2006-01-02T15:04" in the zone of what is tried out, or with
// an offset (RFC 3339); "" is the present.
type Trial struct {
	InForce  bool
	FlowYAML *string
	Now      string
}

// trial gives what is tried out and what is in force.
func (s *Service) trial(ctx context.Context, id string, w Trial) (inForce, tried flowhq.Conversation, err error) {
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
		err = s.mustLoad(tried.FlowYAML)
	}
	return inForce, tried, err
}

// TryFlow goes on with a conversation that no customer sees. It changes nothing: the caller keeps the state.
func (s *Service) TryFlow(ctx context.Context, id string, w Trial, t flowhq.Tryout) (flowhq.TryAnswer, error) {
	if len(t.Messages) > maxTryout {
		return flowhq.TryAnswer{}, flowhq.Invalid([]flowhq.FieldError{{Field: "messages", Message: fmt.Sprintf("must be %d at most", maxTryout)}})
	}
	_, tried, err := s.trial(ctx, id, w)
	if err != nil {
		return flowhq.TryAnswer{}, err
	}
	t.With = tried
	if t.Now, err = s.moment(w.Now, tried.Business.Settings.Location()); err != nil {
		return flowhq.TryAnswer{}, err
	}
	return s.flows.Try(t)
}

// ReplayFlow tells what a draft would have answered otherwise: to the messages of a transcript, or to the tenant's newest
// ones (limit; 0: 1,000).
func (s *Service) ReplayFlow(ctx context.Context, id string, w Trial, transcript string, limit int) (flowhq.ReplayAnswer, error) {
	var f form
	if limit < 0 || limit > maxReplay {
		f.refuse("limit", "must be 1 to %d", maxReplay)
	}
	if len(transcript) > maxTranscript {
		f.refuse("transcript", "is longer than %d bytes", maxTranscript)
	}
	if err := f.err(); err != nil {
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
	return s.flows.Replay(r)
}

// RecentMessages gives a tenant's newest messages, oldest first, read in pages.
func (s *Service) RecentMessages(ctx context.Context, id string, limit int) ([]flowhq.Message, error) {
	q := flowhq.MessageQuery{}
	var all []flowhq.Message
	for len(all) < limit {
		q.Limit = min(flowhq.MaxLimit, limit-len(all))
		rows, err := s.Messages(ctx, id, q)
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
func (s *Service) moment(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return s.now().In(zone), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.ParseInLocation("2006-01-02T15:04", text, zone)
	}
	if err != nil || at.Year() < 2000 || at.Year() > 9000 {
		return at, flowhq.Invalid([]flowhq.FieldError{{Field: "now", Message: "must be a time like 2026-03-10T09:00, in the tenant's zone"}})
	}
	return at.In(zone), nil
}
