package ui_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"flowhq"
	"flowhq/appliance/fleet"
)

// What the fleet in memory does for the pages of one tenant.

func (f *fleetStub) ResetSession(_ context.Context, _, id, number string) error {
	if number == "12" {
		return flowhq.Invalid([]flowhq.FieldError{{Field: "phone_number", Message: "must not be empty"}})
	}
	return f.do("reset " + id + " to " + number)
}

func (f *fleetStub) CanInvite() bool { return f.public }

func (f *fleetStub) CreateInvite(_ context.Context, _, id string) (string, flowhq.LinkInvite, error) {
	return "https://bots.example.com/link/" + token, flowhq.LinkInvite{}, f.do("invite " + id)
}

func (f *fleetStub) Invites(_ context.Context, _ string, p flowhq.PageQuery) ([]flowhq.LinkInvite, error) {
	if f.invites != nil {
		return partOf(f.invites, p.Limit, func(i flowhq.LinkInvite) bool { return beyond(p.Before, i.CreatedAt) }), nil
	}
	at := noon()
	return []flowhq.LinkInvite{
		{ID: "i1", CreatedAt: at, ExpiresAt: time.Now().Add(time.Hour)}, {ID: "i2", CreatedAt: at, ExpiresAt: at, RevokedAt: &at},
	}, nil
}

func (f *fleetStub) RevokeInvite(_ context.Context, _, id, invite string) error {
	return f.do("revoke " + id + " " + invite)
}

const token = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"

func (f *fleetStub) Invited(ctx context.Context, t string) (flowhq.TenantDetail, flowhq.LinkInvite, error) {
	if t != token {
		return flowhq.TenantDetail{}, flowhq.LinkInvite{}, flowhq.NotFound("Link")
	}
	d, err := f.Tenant(ctx, "t3")
	return d, flowhq.LinkInvite{ID: "i1", TenantID: "t3", ExpiresAt: noon()}, err
}

func (f *fleetStub) PauseFor(_ context.Context, _, id string, p flowhq.Pause) error {
	until := ""
	if p.Until != nil {
		until = p.Until.UTC().Format(time.RFC3339)
	}
	return f.do(fmt.Sprintf("pause %s %q %s", id, p.Reason, until))
}

func (f *fleetStub) PauseOf(context.Context, string) (*flowhq.Pause, error) { return f.paused, nil }

func (f *fleetStub) UpdateTenant(_ context.Context, _, id string, p flowhq.TenantPatch) (flowhq.TenantDetail, error) {
	if *p.Name == "" {
		return flowhq.TenantDetail{}, flowhq.Invalid([]flowhq.FieldError{{Field: "name", Message: "must not be empty"}})
	}
	return flowhq.TenantDetail{}, f.do("update " + id + " " + *p.Name)
}

func customer() flowhq.Customer {
	at := noon()
	return flowhq.Customer{
		ID: "c1", Chat: "+255700000055", Number: "+255700000055", Name: "Asha", Language: flowhq.Swahili, Labels: []string{"VIP"},
		OptedOutAt: &at, FirstSeenAt: at, LastSeenAt: at,
	}
}

func (f *fleetStub) Chats(context.Context, string, flowhq.CustomerQuery) ([]flowhq.ChatSummary, error) {
	if len(f.messages) == 0 {
		return nil, nil
	}
	return []flowhq.ChatSummary{{Customer: customer(), Last: &f.messages[0]}}, nil
}

func (f *fleetStub) Customer(_ context.Context, _, chat string) (flowhq.Customer, error) {
	if chat != customer().Chat {
		return flowhq.Customer{}, flowhq.NotFound("Chat")
	}
	return customer(), nil
}

func (f *fleetStub) SearchMessages(_ context.Context, _, text string, _ flowhq.MessageQuery) ([]flowhq.Message, flowhq.Cursor, error) {
	var found []flowhq.Message
	for _, m := range f.messages {
		if strings.Contains(strings.ToLower(m.Text), strings.ToLower(text)) {
			m.Chat = customer().Chat
			found = append(found, m)
		}
	}
	return found, flowhq.Cursor{At: noon(), ID: "m0"}, nil
}

func (f *fleetStub) Send(_ context.Context, _, id, chat, text string) error {
	if strings.TrimSpace(text) == "" {
		return flowhq.Invalid([]flowhq.FieldError{{Field: "text", Message: "must not be empty"}})
	}
	return f.do("send " + id + " " + chat + " " + text)
}

func (f *fleetStub) TakeOver(_ context.Context, _, id, chat string) error {
	return f.do("take over " + id + " " + chat)
}

func (f *fleetStub) Release(_ context.Context, _, id, chat string) error {
	return f.do("release " + id + " " + chat)
}

func (f *fleetStub) SetLabels(_ context.Context, id, chat string, labels []string) ([]string, error) {
	return labels, f.do("label " + id + " " + chat + " " + strings.Join(labels, "|"))
}

func (f *fleetStub) Customers(context.Context, string, flowhq.CustomerQuery) ([]flowhq.Customer, error) {
	return []flowhq.Customer{customer()}, nil
}

func (f *fleetStub) Requests(_ context.Context, _ string, q flowhq.RequestQuery) ([]flowhq.CustomerRequest, error) {
	var out []flowhq.CustomerRequest
	for _, r := range f.records {
		if (q.Type == "" || r.Type == q.Type) && (q.Status == "" || r.Status == q.Status) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (f *fleetStub) Request(_ context.Context, _, id string) (flowhq.CustomerRequest, []flowhq.TenantEvent, error) {
	i := slices.IndexFunc(f.records, func(r flowhq.CustomerRequest) bool { return r.ID == id })
	if i < 0 {
		return flowhq.CustomerRequest{}, nil, flowhq.NotFound("Request")
	}
	return f.records[i], []flowhq.TenantEvent{{Type: flowhq.TenantEventRecord, Detail: "notes changed", CreatedAt: noon()}}, nil
}

func (f *fleetStub) UpdateRequest(ctx context.Context, id, request string, p flowhq.RequestPatch) (flowhq.CustomerRequest, error) {
	r, _, err := f.Request(ctx, id, request)
	if err != nil {
		return r, err
	}
	what := "note " + request
	if p.Status != nil {
		what = "move " + request + " " + string(*p.Status)
	}
	return r, f.do(what)
}

func (f *fleetStub) Settings(context.Context, string) (flowhq.SettingsVersion, *flowhq.SettingsVersion, error) {
	s := flowhq.Settings{Services: []flowhq.Item{{Name: "Facial", Price: 30000, Available: true}}}.Normalize()
	published := flowhq.SettingsVersion{Version: 2, State: flowhq.SettingsPublished, Settings: s, Author: "admin", CreatedAt: noon()}
	return published, f.draft, nil
}

func (f *fleetStub) SettingsVersions(ctx context.Context, id string, q flowhq.VersionQuery) ([]flowhq.SettingsVersion, error) {
	if f.versions != nil {
		return partOf(f.versions, q.Limit, func(v flowhq.SettingsVersion) bool { return q.Below == 0 || v.Version < q.Below }), nil
	}
	published, _, err := f.Settings(ctx, id)
	return []flowhq.SettingsVersion{published, {Version: 1, State: flowhq.SettingsOld, Author: "admin", CreatedAt: noon()}}, err
}

func (f *fleetStub) SaveDraft(_ context.Context, _, id string, s flowhq.Settings, flow string) (flowhq.SettingsVersion, error) {
	s = s.Normalize()
	if err := flowhq.Invalid(s.Check()); err != nil {
		return flowhq.SettingsVersion{}, err
	}
	if flow == "bad" {
		return flowhq.SettingsVersion{}, flowhq.Invalid([]flowhq.FieldError{{Field: "flow_yaml", Message: "line 3, column 5: is odd"}})
	}
	f.saved = s
	return flowhq.SettingsVersion{}, f.do("draft " + id)
}

func (f *fleetStub) DiscardDraft(_ context.Context, id string) error { return f.do("discard " + id) }

func (f *fleetStub) PublishDraft(_ context.Context, _, id string) (flowhq.SettingsVersion, error) {
	return flowhq.SettingsVersion{}, f.do("publish " + id)
}

func (f *fleetStub) Rollback(_ context.Context, _, id string, version int) (flowhq.SettingsVersion, error) {
	return flowhq.SettingsVersion{}, f.do(fmt.Sprint("roll back ", id, " to ", version))
}

func (f *fleetStub) Limits() flowhq.Limits { return flowhq.Limits{RepliesPerMinute: 10} }

func (f *fleetStub) TenantLimits(context.Context, string) (flowhq.Limits, error) {
	return f.Limits(), nil
}

func (f *fleetStub) Flows(ctx context.Context, id string) (flowhq.Flows, error) {
	published, draft, err := f.Settings(ctx, id)
	return flowhq.Flows{Published: published, Draft: draft, Default: "flow: 1\n", Common: "common: yes\n"}, err
}

func (f *fleetStub) CheckFlow(_ context.Context, _, flow string) ([]flowhq.FlowProblem, error) {
	if flow == "bad" {
		return []flowhq.FlowProblem{{Line: 3, Column: 5, Message: "is odd"}}, nil
	}
	return nil, nil
}

func (f *fleetStub) TryFlow(_ context.Context, _ string, w fleet.Trial, t flowhq.Tryout) (flowhq.TryAnswer, error) {
	if w.FlowYAML != nil && *w.FlowYAML == "bad" {
		return flowhq.TryAnswer{}, flowhq.Invalid([]flowhq.FieldError{{Field: "flow_yaml", Message: "line 3, column 5: is odd"}})
	}
	said := t.Messages[0].Text
	return flowhq.TryAnswer{
		State: []byte(`{"n":` + fmt.Sprint(len(t.State)) + `}`),
		Turns: []flowhq.TryTurn{{Text: said, Acts: []flowhq.TryAct{{Kind: "reply", Text: "Karibu! " + said}, {Kind: "handoff"}, {Kind: "trace", Text: "hidden"}}}},
	}, nil
}

func (f *fleetStub) ReplayFlow(context.Context, string, fleet.Trial, string, int) (flowhq.ReplayAnswer, error) {
	return flowhq.ReplayAnswer{Messages: 7, Changed: 1, Changes: []flowhq.ReplayChange{{Text: "bei?", Now: "before", Draft: "after"}}}, nil
}

func (f *fleetStub) Samples(context.Context, string) ([]flowhq.ProcessSample, error) {
	return []flowhq.ProcessSample{{At: noon(), Memory: 9 << 20, CPU: 1.5}, {At: noon().Add(time.Minute), Memory: 10 << 20, CPU: 2}}, nil
}

func (f *fleetStub) Environment(context.Context, string) ([]flowhq.EnvVar, error) {
	return []flowhq.EnvVar{{Name: "FLOWHQ_WORKER_DIR", Value: "/var/lib"}, {Name: "FLOWHQ_WORKER_TOKEN", Secret: true}}, nil
}

func (f *fleetStub) FollowLog(_ context.Context, _ string, w io.Writer, _ int, _ bool) error {
	_, err := io.WriteString(w, "first line\n<b>second</b> line\n")
	return err
}

func (f *fleetStub) SearchLog(_ context.Context, _, text string, _ int) (flowhq.LogPage, error) {
	if len(text) > 200 {
		return flowhq.LogPage{}, flowhq.Invalid([]flowhq.FieldError{{Field: "q", Message: "is longer than 200 characters"}})
	}
	return flowhq.LogPage{Lines: []flowhq.LogLine{{File: "t1.log", Text: "found <" + text + ">"}}, Cut: true}, nil
}
