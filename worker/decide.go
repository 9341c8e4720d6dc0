package worker

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/limit"
	"flowhq/worker/message"
)

// decide deals with the oldest message that waits in a chat, in one transaction: the journal has the answer and all
// that follows from it, or nothing.
func (e *engine) decide(r *runner, m *message.Incoming) progress {
	d := decision{engine: e, runner: r, message: m}
	err := e.write(func(tx *journal.Tx) (err error) {
		d.tx, d.config, d.now = tx, e.config.Load(), time.Now()
		if d.chat, err = tx.ChatOf(m); err != nil {
			return err
		}
		return d.make()
	})
	switch {
	case err != nil && journal.Failed(err):
		return e.retryLater("a message could not be dealt with", err)
	case err != nil:
		return e.skipFailed(m, err)
	case d.wait > 0:
		if !e.wait(d.wait) {
			e.limits.Lock()
			e.limits.Leave(limitChat(d.chat.ID))
			e.limits.Unlock()
			return idle // stays in the journal for the next process
		}
		return done
	}
	r.begun, r.limited = true, false
	if d.read {
		e.markRead(d.chat, d.message)
	}
	d.follow()
	return done
}

// follow starts what a decision leads to, once the decision is in the journal.
func (d *decision) follow() {
	if d.owner {
		d.schedule(journal.OwnerChat)
	}
	if d.missed {
		d.scheduleMissed()
	}
}

// skipFailed removes a message that cannot be dealt with, so that the next one can.
func (e *engine) skipFailed(m *message.Incoming, cause error) progress {
	e.log.Error("a message failed", "id", m.ID, "error", cause)
	err := e.write(func(tx *journal.Tx) error {
		c, err := tx.ChatOf(m)
		if err == nil {
			err = trace(
				tx, m.ID, c.Key(), time.Now(), flowhq.TraceFailed, "Not answered, because of a fault: "+cause.Error(),
			)
		}
		if err == nil {
			err = tx.RemoveIncoming(m)
		}
		return err
	})
	if err != nil {
		return e.retryLater("a failed message could not be put aside", err)
	}
	return done
}

// decision is what is done about one message, while it is made.
type decision struct {
	*engine
	runner *runner
	tx     *journal.Tx
	config *flowhq.WorkerConfig
	now    time.Time

	message *message.Incoming
	chat    *journal.Chat // written back at the end
	wait    time.Duration // the limiter said so; nothing else was done
	missed  bool          // goes on the owner's list
	owner   bool          // something waits for the owner
	read    bool          // to be marked as read
}

func (d *decision) make() error {
	limits := d.config.Limits
	if age := d.age(); age > limits.CatchUp {
		return d.tooOld(age)
	}
	if d.chat.HandoffCause != "" && !d.chat.HandedOver(d.now) {
		if err := d.handBack(); err != nil {
			return err
		}
	}
	out, version, err := d.step()
	if err != nil {
		d.log.Error("the conversation failed", "id", d.message.ID, "error", err)
		return d.finish(d.trace(flowhq.TraceFailed, "Not answered, because the conversation failed: "+err.Error()))
	}
	switch {
	case d.chat.OptedOut && !out.optIn:
		return d.finish(d.trace(flowhq.TraceOptedOut, "Not answered: the customer asked for no more messages."))
	case d.chat.HandedOver(d.now) && !out.optOut && !out.optIn:
		return d.finish(d.trace(flowhq.TraceHandedOver, "Not answered by the bot: a human has this chat until "+
			d.chat.HandoffEnds.In(d.config.Business.Settings.Location()).Format("2 January 15:04")+"."))
	}
	if len(out.replies) > 0 {
		if goOn, err := d.limit(out); err != nil || !goOn {
			return err
		}
	}
	return d.finish(d.apply(out, version))
}

// age tells how long the customer has waited: by WhatsApp's clock when the message was delivered late, else from when
// it came in here, so that a wrong clock of this machine does not make everything too old.
func (d *decision) age() time.Duration {
	if d.message.Late {
		return d.now.Sub(d.message.SentAt)
	}
	return d.now.Sub(d.message.ReceivedAt)
}

// finish takes the message out of the queue and writes the chat back.
func (d *decision) finish(err error) error {
	if err != nil {
		return err
	}
	if err := d.tx.RemoveIncoming(d.message); err != nil {
		return err
	}
	d.read = d.config.Limits.ReadReceipts
	if d.chat.WaitTold {
		incoming, _, err := d.tx.CountWaiting(d.chat.ID)
		if err != nil {
			return err
		}
		d.chat.WaitTold = incoming > 0
	}
	return d.tx.SaveChat(d.chat)
}

func (d *decision) trace(step, detail string) error {
	return trace(d.tx, d.message.ID, d.chat.Key(), d.now, step, detail)
}

func (d *decision) tooOld(age time.Duration) error {
	d.missed = true
	err := d.trace(
		flowhq.TraceTooOld,
		fmt.Sprintf("Too old to answer: it was sent %s ago. The owner gets a list.", durationText(age)),
	)
	if err == nil {
		err = d.tx.AddMissed(
			journal.Missed{Chat: d.chat.ID, Name: d.chat.Name, Text: excerpt(d.message.Text), SentAt: d.message.SentAt},
		)
	}
	return d.finish(err)
}

func (d *decision) handBack() error {
	d.chat.EndHandoff()
	return chatChanged(d.tx, d.chat, d.now)
}

// step asks the conversation. A chat that is in the middle of a flow goes on with the version that it began with. A
// panic is an error.
func (d *decision) step() (out outcome, version int64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	version = int64(d.config.Version)
	if d.chat.Flow != 0 {
		version = d.chat.Flow
	}
	f, err := d.flows.of(d.tx, d.config, version)
	if err != nil && d.chat.Flow != 0 { // its version of the flow is gone: start over
		d.chat.State, version = nil, int64(d.config.Version)
		f, err = d.flows.of(d.tx, d.config, version)
	}
	if err != nil {
		return out, version, err
	}
	out, err = f.step(d.config.Business, d.chat, d.message, d.now)
	return out, version, err
}

// limit asks whether a reply may go out. goOn is false when it may not, or not yet.
func (d *decision) limit(out outcome) (goOn bool, err error) {
	d.limits.Lock()
	defer d.limits.Unlock()
	chat := limitChat(d.chat.ID)
	v := d.limits.Ask(chat, d.now)
	if v.Action == limit.Suppress && out.optOut {
		v.Action = limit.Send // "stop" is heard at any time, and confirmed
	}
	switch v.Action {
	case limit.Wait:
		d.wait = max(v.Until.Sub(d.now), time.Millisecond)
		if d.runner.limited {
			return false, nil
		}
		d.runner.limited = true
		return false, d.trace(
			flowhq.TraceLimited,
			fmt.Sprintf("Waits %s: the limit of %d replies in a minute is reached.",
				durationText(d.wait), d.config.Limits.RepliesPerMinute),
		)
	case limit.Suppress:
		return false, d.finish(d.suppress(v))
	}
	d.limits.Replied(chat, d.now)
	if v.Cause == limit.CauseWaited {
		return true, d.trace(flowhq.TraceLimited, "Waited a minute for the limit and goes out now.")
	}
	return true, nil
}

func (d *decision) suppress(v limit.Decision) error {
	detail := fmt.Sprintf(
		"Not answered: %d replies in this minute, and this chat wrote most.", d.config.Limits.RepliesPerMinute,
	)
	cause := journal.CauseSlow
	if v.Cause == limit.CauseContact {
		detail = fmt.Sprintf(
			"Not answered: this chat had %d replies in %s.", d.config.Limits.ContactReplies,
			durationText(d.config.Limits.ContactWindow),
		)
		cause = journal.CauseEnough
	}
	if err := d.trace(flowhq.TraceSuppressed, detail); err != nil || !v.Notice {
		return err
	}
	d.limits.Noticed(limitChat(d.chat.ID), v.Cause, d.now)
	return d.post(d.texts().slow, cause)
}

// post journals a text to the chat, with its id.
func (d *decision) post(text string, cause journal.Cause) error {
	id := d.dev.NewMessageID()
	_, err := d.tx.EnqueueOutgoing(journal.Outgoing{
		ID: id, ChatID: d.chat.ID, Text: text, Author: flowhq.AuthorBot, Cause: cause,
		Answers: d.message.ID, Asked: excerpt(d.message.Text), AskedAt: d.message.SentAt, CreatedAt: d.now,
	})
	if err == nil {
		err = d.trace(flowhq.TraceReplyID, id)
	}
	return err
}

// apply writes down what the conversation wants.
func (d *decision) apply(out outcome, version int64) error {
	d.chat.State, d.chat.Flow = out.state, version
	if out.resting {
		d.chat.Flow = 0
	}
	changed := d.applyToChat(out)
	for _, t := range out.traces {
		if err := d.trace(t.step, t.detail); err != nil {
			return err
		}
	}
	if err := d.record(out.requests); err != nil {
		return err
	}
	if changed {
		if err := chatChanged(d.tx, d.chat, d.now); err != nil {
			return err
		}
	}
	if err := d.notifyOwner(out.notices); err != nil {
		return err
	}
	if len(out.replies) == 0 {
		return nil
	}
	return d.post(strings.Join(out.replies, "\n\n"), journal.CauseReply)
}

// applyToChat sets what the appliance knows of a chat; true when it has to be told.
func (d *decision) applyToChat(out outcome) (changed bool) {
	c := d.chat
	if out.language != "" && out.language != c.Language {
		c.Language, changed = out.language, true
	}
	if out.optOut != out.optIn && out.optOut != c.OptedOut {
		c.OptedOut, changed = out.optOut, true
	}
	if out.handoff != "" {
		c.HandoffCause, c.HandoffEnds, c.HandoffText = out.handoff, d.now.Add(d.config.Limits.Handoff), ""
		changed = true
	}
	return changed
}

// notifyOwner journals notices to the owner, with the customer's number: a tap on it is enough to write or to call.
func (d *decision) notifyOwner(notices []string) error {
	for _, n := range notices {
		if d.chat.PN != "" {
			n += "\n📞 " + d.chat.PN
		}
		if err := d.tellOwner(d.tx, n, d.message.ID, d.now); err != nil {
			return err
		}
		d.owner = true
	}
	return nil
}

func (d *decision) record(requests []flowhq.RequestEvent) error {
	for _, r := range requests {
		if r.ID == "" {
			r.ID = uuid.Must(uuid.NewV7()).String()
		}
		if r.Status == "" {
			r.Status = flowhq.RequestNew
		}
		r.Chat = d.chat.Key()
		if err := d.tx.Event(flowhq.WorkerEvent{At: d.now, Kind: flowhq.EventRequest, Request: &r}); err != nil {
			return err
		}
	}
	return nil
}
