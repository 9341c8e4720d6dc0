package limit_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"flowhq/worker/limit"
)

var start = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func at(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }

// answer lets a chat write and asks for a reply; a Send is noted as replied, a notice as given.
func answer(l *limit.Limiter, chat limit.Chat, now time.Time) limit.Decision {
	l.Heard(chat, now)
	return ask(l, chat, now)
}

func ask(l *limit.Limiter, chat limit.Chat, now time.Time) limit.Decision {
	v := l.Ask(chat, now)
	switch {
	case v.Action == limit.Send:
		l.Replied(chat, now)
	case v.Notice:
		l.Noticed(chat, v.Cause, now)
	}
	return v
}

func TestOneChatFloods(t *testing.T) {
	l := limit.New(limit.Config{PerMinute: 10})
	for i := range 10 {
		if v := answer(l, 1, at(float64(i))); v.Action != limit.Send {
			t.Fatalf("reply %d: %+v", i, v)
		}
	}
	v := answer(l, 1, at(11))
	if v.Action != limit.Suppress || !v.Notice || v.Cause != limit.CauseTenant {
		t.Errorf("the first over the limit: %+v", v)
	}
	for i := range 5 {
		if v := answer(l, 1, at(12+float64(i))); v.Action != limit.Suppress || v.Notice {
			t.Errorf("further ones: %+v", v)
		}
	}
	v = answer(l, 2, at(20))
	if v.Action != limit.Wait || !v.Until.Equal(at(61)) {
		t.Errorf("a patient chat: %+v, want a wait until the second reply is a minute old (the notice took a place)", v)
	}
	if v := ask(l, 2, at(61)); v.Action != limit.Send {
		t.Errorf("after the wait: %+v", v)
	}
	if v := answer(l, 1, at(130)); v.Action != limit.Send {
		t.Errorf("once the minute is over the busy chat is answered again: %+v", v)
	}
}

func TestManyChatsOnceEachWaitInOrder(t *testing.T) {
	l := limit.New(limit.Config{PerMinute: 3})
	for c := range limit.Chat(3) {
		answer(l, c, at(float64(c)*5))
	}
	for c := limit.Chat(10); c < 13; c++ {
		v := answer(l, c, at(20+float64(c-10)))
		if want := at(60 + 5*float64(c-10)); v.Action != limit.Wait || !v.Until.Equal(want) {
			t.Errorf("chat %d: %+v, want a wait until %s", c, v, want)
		}
	}
	if v := ask(l, 11, at(60)); v.Action != limit.Wait {
		t.Errorf("the second overtook the first: %+v", v)
	}
	if v := answer(l, 99, at(60)); v.Action != limit.Wait {
		t.Errorf("a newcomer overtook those who wait: %+v", v)
	}
	if v := ask(l, 10, at(60)); v.Action != limit.Send {
		t.Errorf("the first in line: %+v", v)
	}
}

func TestNobodyWaitsLongerThanAMinute(t *testing.T) {
	l := limit.New(limit.Config{PerMinute: 1})
	answer(l, 1, at(0))
	for c := limit.Chat(2); c < 6; c++ {
		answer(l, c, at(1))
	}
	if v := ask(l, 5, at(60.9)); v.Action != limit.Wait {
		t.Errorf("%+v", v)
	}
	if v := ask(l, 5, at(61)); v.Action != limit.Send || v.Cause != limit.CauseWaited {
		t.Errorf("after a minute: %+v", v)
	}
}

func TestContactCap(t *testing.T) {
	l := limit.New(limit.Config{PerMinute: 1000, PerContact: 20, Window: 10 * time.Minute})
	for i := range 20 {
		if v := answer(l, 1, at(float64(i*20))); v.Action != limit.Send {
			t.Fatalf("reply %d: %+v", i, v)
		}
	}
	if v := answer(l, 1, at(401)); v.Action != limit.Suppress || !v.Notice || v.Cause != limit.CauseContact {
		t.Errorf("the 21st: %+v", v)
	}
	if v := answer(l, 1, at(402)); v.Action != limit.Suppress || v.Notice {
		t.Errorf("the 22nd: %+v", v)
	}
	if v := answer(l, 2, at(402)); v.Action != limit.Send {
		t.Errorf("somebody else: %+v", v)
	}
	if v := answer(l, 1, at(600)); v.Action != limit.Send {
		t.Errorf("the first has left the window: %+v", v)
	}
	if v := answer(l, 1, at(601)); v.Action != limit.Suppress || v.Notice {
		t.Errorf("told within this window already: %+v", v)
	}
}

func TestOff(t *testing.T) {
	l := limit.New(limit.Config{})
	for i := range 1000 {
		if v := answer(l, 1, at(float64(i)/100)); v.Action != limit.Send {
			t.Fatalf("%+v", v)
		}
	}
}

func TestMergeFollowsThePerson(t *testing.T) {
	l := limit.New(limit.Config{PerMinute: 100, PerContact: 4, Window: time.Minute})
	for i := range 2 {
		answer(l, 1, at(float64(i)))
		answer(l, 2, at(float64(i)))
	}
	l.Merge(2, 1)
	if v := answer(l, 1, at(3)); v.Action != limit.Suppress || !v.Notice {
		t.Errorf("both halves count: %+v", v)
	}
	if v := answer(l, 2, at(3)); v.Action != limit.Send {
		t.Errorf("the old name is free: %+v", v)
	}
}

// TestProperties drives random traffic and holds what the contract promises: never more than the bound in any sliding
// minute but for notices and for those who waited a whole minute; a chat that wrote once is never suppressed; nobody
// waits more than a minute; one notice a minute and chat.
func TestProperties(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		c := limit.Config{
			PerMinute: 1 + rnd.IntN(10), PerContact: rnd.IntN(8), Window: time.Duration(1+rnd.IntN(10)) * time.Minute,
		}
		traffic(t, seed, rnd, c)
	}
}

// pending is a reply that waits.
type pending struct{ since, until time.Time }

// judge follows what a limiter decides and fails the test when it breaks a promise.
type judge struct {
	t       *testing.T
	seed    uint64
	config  limit.Config
	limiter *limit.Limiter
	waits   map[limit.Chat]pending
	contact map[limit.Chat][]time.Time
	heard   map[limit.Chat][]time.Time
	notices map[limit.Chat]map[limit.Cause]time.Time
	regular []time.Time
}

func (j *judge) decided(chat limit.Chat, v limit.Decision, now, since time.Time) {
	j.t.Helper()
	delete(j.waits, chat)
	switch v.Action {
	case limit.Send:
		j.sent(chat, v, now, since)
	case limit.Suppress:
		j.suppressed(chat, v, now)
	case limit.Wait:
		if !v.Until.After(now) || v.Until.Sub(since) > limit.Minute {
			j.t.Fatalf("seed %d: wait from %s until %s at %s", j.seed, since, v.Until, now)
		}
		j.waits[chat] = pending{since, v.Until}
	}
}

func (j *judge) sent(chat limit.Chat, v limit.Decision, now, since time.Time) {
	j.t.Helper()
	if v.Cause == limit.CauseNone {
		j.regular = append(j.regular, now)
	} else if now.Sub(since) < limit.Minute {
		j.t.Fatalf("seed %d: went over the bound after %s", j.seed, now.Sub(since))
	}
	j.contact[chat] = append(j.contact[chat], now)
	if n := within(j.contact[chat], now, j.config.Window); j.config.PerContact > 0 && n > j.config.PerContact {
		j.t.Fatalf("seed %d: %d replies to one chat", j.seed, n)
	}
	if n := within(j.regular, now, limit.Minute); n > j.config.PerMinute {
		j.t.Fatalf("seed %d: %d replies in a minute of %d", j.seed, n, j.config.PerMinute)
	}
}

func (j *judge) suppressed(chat limit.Chat, v limit.Decision, now time.Time) {
	j.t.Helper()
	if v.Cause == limit.CauseTenant && within(j.heard[chat], now, 2*limit.Minute) < 2 {
		j.t.Fatalf("seed %d: a chat that wrote once was suppressed", j.seed)
	}
	if !v.Notice {
		return
	}
	if j.notices[chat] == nil {
		j.notices[chat] = map[limit.Cause]time.Time{}
	}
	if last, ok := j.notices[chat][v.Cause]; ok && now.Sub(last) < limit.Minute {
		j.t.Fatalf("seed %d: two notices within a minute", j.seed)
	}
	j.notices[chat][v.Cause] = now
}

// due gives the chat whose wait ended first, up to now; false when there is none.
func (j *judge) due(now time.Time) (next limit.Chat, ok bool) {
	for chat, p := range j.waits {
		if !p.until.After(now) && (!ok || p.until.Before(j.waits[next].until)) {
			next, ok = chat, true
		}
	}
	return next, ok
}

func traffic(t *testing.T, seed uint64, rnd *rand.Rand, c limit.Config) {
	t.Helper()
	j := &judge{
		t: t, seed: seed, config: c, limiter: limit.New(c), waits: map[limit.Chat]pending{},
		contact: map[limit.Chat][]time.Time{}, heard: map[limit.Chat][]time.Time{},
		notices: map[limit.Chat]map[limit.Cause]time.Time{},
	}
	now := start
	for range 600 {
		now = now.Add(time.Duration(rnd.IntN(4000)) * time.Millisecond)
		for next, ok := j.due(now); ok; next, ok = j.due(now) {
			p := j.waits[next]
			j.decided(next, ask(j.limiter, next, p.until), p.until, p.since)
		}
		chat := limit.Chat(rnd.IntN(12))
		if rnd.IntN(3) == 0 {
			chat = 0
		}
		if _, busy := j.waits[chat]; busy {
			continue // one message after the other in a chat
		}
		j.heard[chat] = append(j.heard[chat], now)
		j.decided(chat, answer(j.limiter, chat, now), now, now)
	}
}

func within(times []time.Time, now time.Time, d time.Duration) int {
	n := 0
	for _, t := range times {
		if now.Sub(t) < d && !t.After(now) {
			n++
		}
	}
	return n
}
