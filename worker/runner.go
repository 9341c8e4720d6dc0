package worker

import (
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"

	"flowhq/worker/journal"
	"flowhq/worker/message"
)

// runner deals with one chat's work, strictly in order. It has a goroutine only while there is some.
type runner struct {
	chat    int64                      // changes when the chat is merged into another; guarded by engine.mu
	again   bool                       // new work came; guarded by engine.mu
	begun   bool                       // it has begun something: when the process stops, it begins nothing more
	limited bool                       // the trace says already that the present message waits for the limit
	retry   backoff.ExponentialBackOff // between attempts whose outcome is not known
}

// progress says how a piece of work ended.
type progress int

const (
	done    progress = iota // there may be more
	idle                    // nothing to do
	blocked                 // something to do, but not now
)

// schedule makes sure that a runner deals with a chat.
func (e *engine) schedule(chat int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.parked, chat)
	if r := e.running[chat]; r != nil {
		r.again = true
		return
	}
	if e.stopping {
		return
	}
	e.idleTrim.busy()
	r := &runner{chat: chat, retry: backoff.ExponentialBackOff{
		InitialInterval: firstRetry, MaxInterval: lastRetry, Multiplier: 2,
	}}
	e.running[chat] = r
	e.runners.Go(func() { e.run(r) })
}

// scheduleParked schedules the chats that could not go on before.
func (e *engine) scheduleParked() {
	if !e.ready() {
		return
	}
	e.mu.Lock()
	chats := make([]int64, 0, len(e.parked))
	for c := range e.parked {
		chats = append(chats, c)
	}
	e.mu.Unlock()
	for _, c := range chats {
		e.schedule(c)
	}
}

// resume schedules what an earlier process left unfinished.
func (e *engine) resume() error {
	var chats []int64
	missed := 0
	err := e.j.Read(func(tx *journal.Tx) (err error) {
		if chats, err = tx.ChatsWithWork(); err == nil {
			missed, err = tx.CountMissed()
		}
		return err
	})
	if err != nil {
		return err
	}
	e.mu.Lock()
	for _, c := range chats {
		e.parked[c] = struct{}{}
	}
	e.mu.Unlock()
	if missed > 0 {
		e.scheduleMissed()
	}
	e.scheduleParked()
	return nil
}

func (e *engine) run(r *runner) {
	for {
		p := e.work(r)
		e.mu.Lock()
		switch {
		case p == done:
		case p == idle && r.again:
			r.again = false
		case p == blocked:
			e.parked[r.chat] = struct{}{}
			fallthrough
		default:
			if e.running[r.chat] == r {
				delete(e.running, r.chat)
			}
			e.mu.Unlock()
			return
		}
		e.mu.Unlock()
	}
}

// chatsMerged moves the work of a chat that was merged to the chat that it is now.
func (e *engine) chatsMerged(merges []journal.Merge) {
	for _, m := range merges {
		if m.Absorbed == 0 {
			continue
		}
		e.limits.Lock()
		e.limits.Merge(limitChat(m.Absorbed), limitChat(m.Into))
		e.limits.Unlock()
		e.mu.Lock()
		if r := e.running[m.Absorbed]; r != nil && e.running[m.Into] == nil {
			r.chat = m.Into
			e.running[m.Into] = r
			delete(e.running, m.Absorbed)
		}
		delete(e.parked, m.Absorbed)
		e.mu.Unlock()
		e.schedule(m.Into)
	}
}

// work does one thing for the runner's chat: it sends the oldest message that is not sent, else it decides about the
// oldest that came in.
func (e *engine) work(r *runner) progress {
	e.mu.Lock()
	chat, stopping := r.chat, e.stopping
	e.mu.Unlock()
	if !e.ready() || e.forced.Err() != nil {
		return blocked
	}
	var out *journal.Outgoing
	var in *message.Incoming
	err := e.j.Read(func(tx *journal.Tx) (err error) {
		if out, err = tx.NextOutgoing(chat); err != nil || out != nil || chat == journal.OwnerChat {
			return err
		}
		in, err = tx.NextIncoming(chat)
		return err
	})
	switch {
	case err != nil:
		return e.retryLater("the journal cannot be read", err)
	case out != nil:
		r.begun = true
		return (&delivery{e, out, r}).send()
	case in == nil || stopping && r.begun:
		return idle
	}
	return e.decide(r, in)
}

// retryLater logs an error that has nothing to do with the message itself; the chat goes on later.
func (e *engine) retryLater(what string, err error) progress {
	if journal.Failed(err) {
		e.setFault(true, err)
	}
	e.log.Error(what, "error", err)
	return blocked
}

// wait waits for d. It returns early, with false, when the process is to stop.
func (e *engine) wait(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-e.draining.Done():
		return false
	}
}

// errStopping leaves a message with WhatsApp, which brings it again.
var errStopping = errors.New("the worker is stopping")

// stop refuses new messages, gives the runners at most limit to finish, and returns when all have ended. kill is called
// after limit and must end what they do.
func (e *engine) stop(limit time.Duration, kill func()) {
	e.mu.Lock()
	e.stopping = true
	if e.missedTimer != nil {
		e.missedTimer.Stop()
	}
	e.mu.Unlock()
	e.drain()
	end := time.AfterFunc(limit, kill)
	defer end.Stop()
	e.runners.Wait()
}
