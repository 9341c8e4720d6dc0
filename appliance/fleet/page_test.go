package fleet

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"flowhq"
)

func TestAPauseWithADateEndsByItself(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	until := w.clock.Now().Add(24 * time.Hour)
	w.wantCode(w.PauseFor(w.ctx, "admin", id, flowhq.Pause{Until: new(w.clock.Now())}), flowhq.CodeInvalid)
	w.must(w.PauseFor(w.ctx, "admin", id, flowhq.Pause{Reason: "not paid", Until: &until}))
	w.must(w.Pause(w.ctx, "admin", id)) // says nothing new, so the date stays
	p, err := w.PauseOf(w.ctx, id)
	w.must(err)
	if p == nil || p.Reason != "not paid" || !p.Until.Equal(until) {
		t.Fatalf("the pause is %+v", p)
	}
	w.clock.pass(23 * time.Hour)
	w.resumeDue(w.ctx)
	if w.get(id).Status != flowhq.TenantPaused {
		t.Error("it ended too early")
	}
	w.clock.pass(time.Hour)
	w.resumeDue(w.ctx)
	if got := w.get(id); got.Status != flowhq.TenantActive || !w.processes.Running(id) {
		t.Errorf("it is %s, running %v", got.Status, w.processes.Running(id))
	}
	if p, _ := w.PauseOf(w.ctx, id); p != nil {
		t.Errorf("there is still a pause: %+v", p)
	}
}

func TestInvites(t *testing.T) {
	w := newWorld(t)
	id := w.tenant().ID
	_, _, err := w.CreateInvite(w.ctx, "admin", id)
	w.wantCode(err, flowhq.CodeConflict)
	w.publicURL = "https://bots.example.com"
	address, made, err := w.CreateInvite(w.ctx, "admin", id)
	w.must(err)
	token, ok := strings.CutPrefix(address, "https://bots.example.com/link/")
	if !ok || len(token) != 43 {
		t.Fatalf("the address is %q", address)
	}
	found, _, err := w.Invited(w.ctx, token)
	w.must(err)
	if found.ID != id {
		t.Error("it leads to another tenant")
	}
	for _, wrong := range []string{"", "x", strings.Repeat("A", 43), token + "A"} {
		_, _, err := w.Invited(w.ctx, wrong)
		w.wantCode(err, flowhq.CodeNotFound)
	}
	w.clock.pass(inviteLife)
	_, _, err = w.Invited(w.ctx, token)
	w.wantCode(err, flowhq.CodeNotFound)

	address, made, err = w.CreateInvite(w.ctx, "admin", id)
	w.must(err)
	w.wantCode(w.RevokeInvite(w.ctx, "admin", w.tenant().ID, made.ID), flowhq.CodeNotFound)
	w.must(w.RevokeInvite(w.ctx, "admin", id, made.ID))
	_, _, err = w.Invited(w.ctx, strings.TrimPrefix(address, "https://bots.example.com/link/"))
	w.wantCode(err, flowhq.CodeNotFound)
	for _, e := range w.events(id, flowhq.TenantEventAdmin) {
		if strings.Contains(e, token) {
			t.Error("the time line holds the token")
		}
	}
}

func TestResetSession(t *testing.T) {
	w := newWorld(t)
	id, other := w.linked(), w.tenant()
	var removed []string
	w.removeDevice = func(id string) error { removed = append(removed, id); return nil }
	w.wantCode(w.ResetSession(w.ctx, "admin", id, other.PhoneNumber), flowhq.CodeInvalid)
	if len(removed) > 0 || !w.processes.Running(id) {
		t.Fatal("a refused reset has done something")
	}
	w.links.took()
	w.must(w.ResetSession(w.ctx, "admin", id, "+255 711 000 999"))
	got := w.get(id)
	if got.PhoneNumber != "+255711000999" || got.Session.Linked() || got.Status != flowhq.TenantQRPending || !w.processes.Running(id) {
		t.Errorf("after the reset: %s, linked %v, %s", got.PhoneNumber, got.Session.Linked(), got.Status)
	}
	if !slices.Equal(removed, []string{id}) || !slices.Contains(w.links.took(), "logout") {
		t.Errorf("removed %v", removed)
	}
	w.removeDevice = func(string) error { return errors.New("read-only file system") }
	w.wantCode(w.ResetSession(w.ctx, "admin", id, ""), flowhq.CodeUnavailable)
	if w.processes.Running(id) {
		t.Error("a worker runs on keys that should be gone")
	}
}

func TestSeries(t *testing.T) {
	var s series
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	p := flowhq.Process{PID: 7, MemoryRSS: 9 << 20, Uptime: time.Minute, CPU: 6 * time.Second}
	s.add(p, at)
	p.CPU += 3 * time.Second
	s.add(p, at.Add(time.Minute))
	p.PID, p.CPU, p.Uptime = 8, time.Second, 10*time.Second // a new process
	s.add(p, at.Add(2*time.Minute))
	got := s.samples()
	if len(got) != 3 || got[0].CPU != 10 || got[1].CPU != 5 || got[2].CPU != 10 || got[1].Memory != 9<<20 {
		t.Errorf("%+v", got)
	}
	for i := 3; i < 3000; i++ {
		p.CPU += time.Millisecond
		p.MemoryRSS = int64(i) << 10
		s.add(p, at.Add(time.Duration(i)*time.Minute))
	}
	got = s.samples()
	if len(s.recent.points) != recentKept || len(s.coarse.points) != coarseKept || len(got) > recentKept+coarseKept {
		t.Errorf("%d and %d points are kept, %d given", len(s.recent.points), len(s.coarse.points), len(got))
	}
	if !slices.IsSortedFunc(got, func(a, b flowhq.ProcessSample) int { return a.At.Compare(b.At) }) || got[len(got)-1].Memory != 2999<<10 {
		t.Error("the series is out of order")
	}
	if span := got[len(got)-1].At.Sub(got[0].At); span < 23*time.Hour || span > 25*time.Hour {
		t.Errorf("it spans %s", span)
	}
}

func TestLabelsAreTidied(t *testing.T) {
	w := newWorld(t)
	id := w.tenant().ID
	when := w.clock.Now()
	_, err := w.ApplyEvents(w.ctx, id, "j", []flowhq.WorkerEvent{{Seq: 1, At: when, Kind: flowhq.EventChat, Chat: &flowhq.ChatEvent{Chat: "+1"}}})
	w.must(err)
	kept, err := w.SetLabels(w.ctx, id, "+1", []string{" VIP ", "vip", "", "from  Mwanza"})
	w.must(err)
	if !slices.Equal(kept, []string{"VIP", "from Mwanza"}) {
		t.Errorf("kept %q", kept)
	}
	_, err = w.SetLabels(w.ctx, id, "+1", []string{strings.Repeat("x", 41)})
	w.wantCode(err, flowhq.CodeInvalid)
	_, err = w.SetLabels(w.ctx, id, "+2", nil)
	w.wantCode(err, flowhq.CodeNotFound)
}

func TestSearchingMessagesGoesOn(t *testing.T) {
	w := newWorld(t)
	id := w.tenant().ID
	var events []flowhq.WorkerEvent
	for i := range 30 {
		text := "habari"
		if i%10 == 0 {
			text = "BEI gani?"
		}
		events = append(events, flowhq.WorkerEvent{Seq: int64(i + 1), At: w.clock.Now().Add(time.Duration(i) * time.Second), Kind: flowhq.EventMessage,
			Message: &flowhq.MessageEvent{WAMessageID: string(rune('A' + i)), Chat: "+1", Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer, Kind: flowhq.KindText, From: "+1", Text: text}})
	}
	_, err := w.ApplyEvents(w.ctx, id, "j", events)
	w.must(err)
	found, next, err := w.SearchMessages(w.ctx, id, " bei ", flowhq.MessageQuery{Limit: 2})
	w.must(err)
	if len(found) != 2 || next.IsZero() {
		t.Fatalf("%d found, next %v", len(found), next)
	}
	found, next, err = w.SearchMessages(w.ctx, id, "bei", flowhq.MessageQuery{Limit: 2, Before: next})
	w.must(err)
	if len(found) != 1 || !next.IsZero() {
		t.Errorf("%d found further on, next %v", len(found), next)
	}
}

func TestATenantsOwnLimits(t *testing.T) {
	w := newWorld(t)
	id := w.linked()
	five, none := 5, 0
	own := flowhq.Settings{Limits: &flowhq.OwnLimits{RepliesPerMinute: &five, ContactReplies: &none}}
	_, err := w.SaveDraft(w.ctx, "admin", id, own, "")
	w.must(err)
	_, err = w.PublishDraft(w.ctx, "admin", id)
	w.must(err)
	told := w.links.configs[len(w.links.configs)-1].Limits
	if told.RepliesPerMinute != 5 || told.ContactReplies != 0 || told.Handoff != w.Limits().Handoff {
		t.Errorf("the worker was told %+v", told)
	}
	shown, err := w.TenantLimits(w.ctx, id)
	w.must(err)
	if shown != told {
		t.Errorf("the page shows %+v", shown)
	}
	far := flowhq.MaxReplies + 1
	own.Limits.RepliesPerMinute = &far
	_, err = w.SaveDraft(w.ctx, "admin", id, own, "")
	w.wantCode(err, flowhq.CodeInvalid)
	w.must(w.DiscardDraft(w.ctx, id))
	_, err = w.PublishDraft(w.ctx, "admin", id)
	w.wantCode(err, flowhq.CodeConflict)
}
