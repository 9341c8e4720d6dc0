package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"flowhq/worker/message"
)

// outgoing is a send in progress.
type outgoing struct {
	id       string
	to       types.JID
	lockHold *lockHold
	timer    *time.Timer   // ends the send; reset when it is written
	ack      time.Duration // for that
	onWire   atomic.Bool
	reached  atomic.Bool // a device of the recipient is among the addressees
}

// written is called when the message is about to be written: everything is encrypted and stored by then.
func (o *outgoing) written(node *waBinary.Node) {
	o.lockHold.release()
	for _, part := range node.GetChildren() {
		if part.Tag != "participants" {
			continue
		}
		for _, to := range part.GetChildren() {
			if jid, ok := to.Attrs["jid"].(types.JID); ok && jid.User == o.to.User {
				o.reached.Store(true)
			}
		}
	}
	o.onWire.Store(true)
	o.timer.Reset(o.ack + o.ack/2) // whatsmeow's own limit is ack; this ends what it does after a lost connection
}

// Send sends a text under an id that the caller has chosen (NewMessageID) and kept. It returns WhatsApp's time of the
// message. One send is under way at a time; ctx bounds the waiting for the ones before.
//
// Errors, by errors.Is: ErrOffline (there is no connection, nothing was sent; a later report of CONNECTED says when to
// try again), ErrUnknown (no acknowledgement within Timing.Ack, or a failure that may pass: repeat with the same id),
// ErrRestricted (WhatsApp refuses, or the pause after a refusal lasts), ErrRefused (repeating does not help).
func (c *Client) Send(ctx context.Context, id string, to message.Person, text string) (time.Time, error) {
	if err := c.begin(); err != nil {
		return time.Time{}, err
	}
	defer c.end()
	if id == "" || to.IsZero() {
		return time.Time{}, fmt.Errorf("%w: a send needs an id and a recipient", ErrRefused)
	}
	select {
	case c.sending <- struct{}{}:
		defer func() { <-c.sending }()
	case <-ctx.Done():
		return time.Time{}, fmt.Errorf("%w: waiting for other sends: %w", c.passing(c.conn.Load()), ctx.Err())
	}
	if at, ok := c.acks.known(id); ok { // its acknowledgement came after all
		return at, nil
	}
	n := c.conn.Load()
	if n == nil || !n.wa.IsConnected() {
		return time.Time{}, ErrOffline
	}
	if until, detail := c.restriction.now(c.cfg.Now()); !until.IsZero() {
		return time.Time{}, fmt.Errorf("%w, until %s: %s", ErrRestricted, until.Format(time.RFC3339), detail)
	}
	return n.send(ctx, id, to, text)
}

func (n *connection) send(ctx context.Context, id string, to message.Person, text string) (time.Time, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(n.ctx, cancel)()
	timing := n.client.cfg.Timing
	out := &outgoing{
		id: id, lockHold: &lockHold{sessionLock: n.client.sessionLock}, ack: timing.Ack,
		timer: time.AfterFunc(timing.Prepare, cancel),
	}
	defer out.timer.Stop()
	defer out.lockHold.release()
	jid, err := n.recipientJID(ctx, to)
	if err != nil {
		return time.Time{}, err
	}
	out.to = jid
	n.sending.Store(out)
	defer n.sending.Store(nil)
	resp, err := n.wa.SendMessage(
		withLockHold(ctx, out.lockHold), jid, textMessage(text),
		whatsmeow.SendRequestExtra{ID: id, Timeout: timing.Ack},
	)
	return n.outcome(out, resp.Timestamp, err)
}

// textMessage is a text as it is sent. A repeated one must be the same.
func textMessage(text string) *waE2E.Message {
	return &waE2E.Message{Conversation: proto.String(text)}
}

// recipientJID finds the form in which WhatsApp wants a recipient: the LID. For a number that is not known yet WhatsApp
// is asked; ErrRefused when the number has no WhatsApp.
func (n *connection) recipientJID(ctx context.Context, to message.Person) (types.JID, error) {
	if to.PN != "" && to.LID != "" {
		n.wa.StoreLIDPNMapping(ctx, lidJID(to), pnJID(to))
	}
	to = complete(ctx, n.device.LIDs, to)
	if to.LID != "" {
		return lidJID(to), nil
	}
	info, err := n.wa.GetUserInfo(ctx, []types.JID{pnJID(to)})
	if err != nil {
		return types.EmptyJID, fmt.Errorf("%w: asking for the recipient's address: %w", n.client.passing(n), err)
	}
	lid := info[pnJID(to)].LID
	if lid.IsEmpty() {
		return types.EmptyJID, fmt.Errorf("%w: %s has no WhatsApp", ErrRefused, to.PN)
	}
	return lid.ToNonAD(), nil
}

// outcome turns what SendMessage returned into a time or one of the package's errors.
func (n *connection) outcome(out *outgoing, at time.Time, err error) (time.Time, error) {
	c := n.client
	var code int
	switch {
	case err == nil && !out.reached.Load():
		return time.Time{}, fmt.Errorf("%w: it could not be encrypted for any device of the recipient", ErrUnknown)
	case err == nil:
		c.restriction.lift()
		return at, nil
	case errors.Is(err, whatsmeow.ErrServerReturnedError):
		code = serverCode(err)
	case out.onWire.Load():
		c.acks.miss(out.id)
		return time.Time{}, fmt.Errorf("%w: %w", ErrUnknown, err)
	default:
		return time.Time{}, fmt.Errorf("%w: %w", c.passing(n), err)
	}
	switch {
	case code == 463 || code == 429:
		if until, _ := c.restriction.now(c.cfg.Now()); until.IsZero() { // else WhatsApp has said meanwhile when it ends
			c.restrict(code)
		}
		n.signals.put(restrictionChanged{})
		return time.Time{}, fmt.Errorf("%w: code %d", ErrRestricted, code)
	case code >= 500 || code == 408:
		return time.Time{}, fmt.Errorf("%w: code %d", ErrUnknown, code)
	default:
		return time.Time{}, fmt.Errorf("%w: code %d", ErrRefused, code)
	}
}

// passing is the error for a failure that may pass: ErrOffline where the connection is gone, since a new one will be
// reported, else ErrUnknown.
func (c *Client) passing(n *connection) error {
	if n == nil || c.conn.Load() != n || !n.wa.IsConnected() {
		return ErrOffline
	}
	return ErrUnknown
}

// serverCode reads the code out of whatsmeow's error, which has it as its last word only.
func serverCode(err error) int {
	words := strings.Fields(err.Error())
	code, _ := strconv.Atoi(words[len(words)-1])
	return code
}

// Typing shows the recipient that something is being written, or that it is not any more. WhatsApp ends it by itself
// after some 25 s.
func (c *Client) Typing(ctx context.Context, to message.Person, on bool) error {
	return c.brief(ctx, func(ctx context.Context, n *connection) error {
		jid, err := n.recipientJID(ctx, to)
		if err != nil {
			return err
		}
		state := types.ChatPresencePaused
		if on {
			state = types.ChatPresenceComposing
		}
		return n.wa.SendChatPresence(ctx, jid, state, types.ChatPresenceMediaText)
	})
}

// MarkRead shows the sender that messages were read, as far as the account's privacy settings allow. ids are of one
// sender.
func (c *Client) MarkRead(ctx context.Context, from message.Person, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return c.brief(ctx, func(ctx context.Context, n *connection) error {
		for chat, part := range c.receiptChats.split(ids, from) {
			if err := n.wa.MarkRead(ctx, part, c.cfg.Now(), chat, types.EmptyJID); err != nil {
				return err
			}
		}
		return nil
	})
}

// brief runs a short exchange with WhatsApp, 10 s at most.
func (c *Client) brief(ctx context.Context, exchange func(context.Context, *connection) error) error {
	if err := c.begin(); err != nil {
		return err
	}
	defer c.end()
	n := c.conn.Load()
	if n == nil {
		return ErrOffline
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	defer context.AfterFunc(n.ctx, cancel)()
	if err := exchange(ctx, n); err != nil {
		if errors.Is(err, ErrRefused) {
			return err
		}
		return fmt.Errorf("%w: %w", ErrOffline, err)
	}
	return nil
}

// messageForRetry gives whatsmeow what was sent under an id, for a device that could not decrypt it. It is given to the
// person it was written to and to the account's own devices, to nobody else.
func (n *connection) messageForRetry(requester, chat types.JID, id types.MessageID) *waE2E.Message {
	to, text, ok := n.client.cfg.Sent(id)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(n.ctx, 5*time.Second)
	defer cancel()
	to = complete(ctx, n.device.LIDs, to)
	asks := personOf(requester)
	if !to.Same(personOf(chat)) || !asks.Same(to) && !asks.Same(n.client.Self()) {
		n.client.log.Warn("repetition refused: asked for by somebody else", "wa_message_id", id)
		return nil
	}
	return textMessage(text)
}
