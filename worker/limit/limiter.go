// Package limit decides whether a reply may go out now. It is a pure state object: facts and the present time go in, a
// decision comes out. It does not read a clock, start anything or write to a disk.
//
// It imports the standard library alone and must stay so.
package limit

import (
	"cmp"
	"slices"
	"time"
)

// Minute is the sliding window of the tenant's limit, and the longest time that a reply waits.
const Minute = time.Minute

// Config bounds replies. The zero value of a bound switches it off.
type Config struct {
	PerMinute  int           // replies of the tenant in a sliding minute
	PerContact int           // replies to one chat in Window
	Window     time.Duration // sliding
}

// Action is what to do with a reply.
type Action int

// The actions.
const (
	Send     Action = iota // now
	Wait                   // ask again at Until
	Suppress               // never; the message stays unanswered
)

// Decision is the answer to Ask.
type Decision struct {
	Action Action
	Until  time.Time // of Wait: when to ask again
	Notice bool      // of Suppress: tell the chat once to slow down
	Cause  Cause     // why it is not Send, or why it was sent although the minute is full
}

// Cause says which bound applied.
type Cause string

// The causes.
const (
	CauseNone    Cause = ""
	CauseTenant  Cause = "tenant"  // the tenant's replies of this minute are used up
	CauseContact Cause = "contact" // the chat's replies of its window are used up
	CauseWaited  Cause = "patient" // waited a whole minute and goes over the bound
)

// Chat is a chat, by a number that the caller chooses.
type Chat int64

// Limiter holds what was heard and answered. The rule:
//
//	the chat used up its own window          → Suppress, with a notice once in a window
//	the minute has room, nobody waits longer → Send
//	the minute is full, and this is the chat
//	that wrote most in it (more than once),
//	or it was told so in this minute         → Suppress, with a notice once in a minute
//	any other chat                           → Wait for room, in the order of asking, a minute at most; then Send
//
// Times must not run backwards, small corrections of a clock apart. A Limiter is not safe for concurrent use.
type Limiter struct {
	config  Config
	replies []time.Time               // of all chats, within Minute
	heard   []entry                   // messages that came in, within Minute
	contact map[Chat][]time.Time      // replies, within Window
	noticed map[Chat]map[Cause]notice // last notices
	waiting []waiter                  // by the time they began to wait
}

type entry struct {
	chat Chat
	at   time.Time
}

type notice struct{ at time.Time }

type waiter struct {
	chat  Chat
	since time.Time
}

// New makes a limiter that has heard and answered nothing.
func New(c Config) *Limiter {
	return &Limiter{config: c, contact: make(map[Chat][]time.Time), noticed: make(map[Chat]map[Cause]notice)}
}

// Configure changes the bounds; what was heard and answered stays.
func (l *Limiter) Configure(c Config) { l.config = c }

// Heard notes that a chat wrote.
func (l *Limiter) Heard(chat Chat, now time.Time) { l.heard = append(l.heard, entry{chat, now}) }

// Replied notes a reply to a chat, which does not wait any more.
func (l *Limiter) Replied(chat Chat, now time.Time) {
	l.Leave(chat)
	l.replies = append(l.replies, now)
	l.contact[chat] = append(l.contact[chat], now)
}

// Noticed notes that a chat was told to slow down. A notice takes a place in the minute like any message.
func (l *Limiter) Noticed(chat Chat, cause Cause, now time.Time) {
	l.replies = append(l.replies, now)
	if l.noticed[chat] == nil {
		l.noticed[chat] = make(map[Cause]notice)
	}
	l.noticed[chat][cause] = notice{now}
}

// Leave takes a chat out of those that wait.
func (l *Limiter) Leave(chat Chat) {
	l.waiting = slices.DeleteFunc(l.waiting, func(w waiter) bool { return w.chat == chat })
}

// Merge makes what was noted of one chat count for another: they are one person.
func (l *Limiter) Merge(from, into Chat) {
	l.Leave(from)
	for i := range l.heard {
		if l.heard[i].chat == from {
			l.heard[i].chat = into
		}
	}
	if times := append(l.contact[into], l.contact[from]...); len(times) > 0 {
		slices.SortFunc(times, time.Time.Compare)
		l.contact[into] = times
	}
	for cause, n := range l.noticed[from] {
		if l.noticed[into] == nil {
			l.noticed[into] = make(map[Cause]notice)
		}
		if n.at.After(l.noticed[into][cause].at) {
			l.noticed[into][cause] = n
		}
	}
	delete(l.contact, from)
	delete(l.noticed, from)
}

// Ask decides about a reply to chat. After Send the caller sends and calls Replied; after Wait it asks again at Until
// or earlier, or calls Leave; after Suppress with Notice it sends the notice and calls Noticed.
func (l *Limiter) Ask(chat Chat, now time.Time) Decision {
	l.forget(now)
	if l.overContact(chat) {
		l.Leave(chat)
		return Decision{Action: Suppress, Cause: CauseContact, Notice: l.noticeDue(chat, CauseContact, now)}
	}
	if l.config.PerMinute <= 0 {
		return Decision{Action: Send}
	}
	free := l.config.PerMinute - len(l.replies)
	ahead := l.ahead(chat)
	if ahead < free {
		return Decision{Action: Send}
	}
	if l.wroteMost(chat, now) {
		l.Leave(chat)
		return Decision{Action: Suppress, Cause: CauseTenant, Notice: l.noticeDue(chat, CauseTenant, now)}
	}
	since := l.queue(chat, now)
	limit := since.Add(Minute)
	if !now.Before(limit) {
		return Decision{Action: Send, Cause: CauseWaited}
	}
	until := limit
	// This chat has its turn when so many replies are older than a minute.
	if i := len(l.replies) - l.config.PerMinute + ahead; i >= 0 && i < len(l.replies) {
		if free := l.replies[i].Add(Minute); free.Before(until) {
			until = free
		}
	}
	return Decision{Action: Wait, Cause: CauseTenant, Until: until}
}

func (l *Limiter) overContact(chat Chat) bool {
	return l.config.PerContact > 0 && len(l.contact[chat]) >= l.config.PerContact
}

// wroteMost tells whether chat wrote most in this minute, or got a notice about that in it.
func (l *Limiter) wroteMost(chat Chat, now time.Time) bool {
	if n, ok := l.noticed[chat][CauseTenant]; ok && now.Sub(n.at) < Minute {
		return true
	}
	most, ok := l.busiest()
	return ok && most == chat
}

// busiest gives the chat that wrote most in this minute, and more than once. Of equals it is the one that got there
// first.
func (l *Limiter) busiest() (Chat, bool) {
	count := make(map[Chat]int)
	var best Chat
	most := 1
	for _, h := range l.heard {
		count[h.chat]++
		if count[h.chat] > most {
			best, most = h.chat, count[h.chat]
		}
	}
	return best, most > 1
}

func (l *Limiter) noticeDue(chat Chat, cause Cause, now time.Time) bool {
	n, ok := l.noticed[chat][cause]
	return !ok || now.Sub(n.at) >= l.window(cause)
}

func (l *Limiter) window(cause Cause) time.Duration {
	if cause == CauseContact {
		return l.config.Window
	}
	return Minute
}

// ahead counts the chats that have waited longer than chat; all of them when chat does not wait yet.
func (l *Limiter) ahead(chat Chat) int {
	if i := slices.IndexFunc(l.waiting, func(w waiter) bool { return w.chat == chat }); i >= 0 {
		return i
	}
	return len(l.waiting)
}

// queue lets chat wait and tells since when it does.
func (l *Limiter) queue(chat Chat, now time.Time) time.Time {
	if i := slices.IndexFunc(l.waiting, func(w waiter) bool { return w.chat == chat }); i >= 0 {
		return l.waiting[i].since
	}
	l.waiting = append(l.waiting, waiter{chat, now})
	return now
}

// forget drops what is older than its window, so that memory stays as small as the traffic of the windows.
func (l *Limiter) forget(now time.Time) {
	minute := now.Add(-Minute)
	l.replies = after(l.replies, minute)
	l.heard = slices.DeleteFunc(l.heard, func(e entry) bool { return !e.at.After(minute) })
	window := now.Add(-l.config.Window)
	for chat, times := range l.contact {
		if times = after(times, window); len(times) == 0 {
			delete(l.contact, chat)
		} else {
			l.contact[chat] = times
		}
	}
	for chat, causes := range l.noticed {
		for cause, n := range causes {
			if now.Sub(n.at) >= l.window(cause) {
				delete(causes, cause)
			}
		}
		if len(causes) == 0 {
			delete(l.noticed, chat)
		}
	}
}

// after drops the times up to and with edge.
func after(times []time.Time, edge time.Time) []time.Time {
	return slices.DeleteFunc(times, func(t time.Time) bool { return cmp.Compare(t.UnixNano(), edge.UnixNano()) <= 0 })
}
