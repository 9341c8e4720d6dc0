package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"flowhq"
)

// codeRequest is one call of LinkCode on its way to the connection that can answer it.
type codeRequest struct {
	phone  string
	answer chan codeAnswer // with room for one
}

type codeAnswer struct {
	code flowhq.LinkCode
	err  error
}

func (r *codeRequest) fail(err error) { r.answer <- codeAnswer{err: err} }

// LinkCode asks WhatsApp for a pairing code that the owner types into the phone with that number, instead of scanning a
// QR code. It works while codes are shown, and makes a new connection where none is there or its time is nearly over.
// ErrLinked when a device is linked; the context bounds the waiting.
func (c *Client) LinkCode(ctx context.Context, phone string) (flowhq.LinkCode, error) {
	if err := c.begin(); err != nil {
		return flowhq.LinkCode{}, err
	}
	defer c.end()
	if !c.Self().IsZero() {
		return flowhq.LinkCode{}, ErrLinked
	}
	request := codeRequest{phone: phone, answer: make(chan codeAnswer, 1)}
	select {
	case c.codes <- request:
	case <-ctx.Done():
		return flowhq.LinkCode{}, fmt.Errorf("%w: %w", ErrOffline, ctx.Err())
	case <-c.gone:
		return flowhq.LinkCode{}, ErrClosed
	}
	select {
	case a := <-request.answer:
		return a.code, a.err
	case <-ctx.Done():
		return flowhq.LinkCode{}, fmt.Errorf("%w: %w", ErrOffline, ctx.Err())
	case <-c.gone:
		return flowhq.LinkCode{}, ErrClosed
	}
}

// pairing is one round of codes, on a connection without a device.
type pairing struct {
	*connection
	codes       []string // still to be shown
	shown       int
	next        *time.Timer // runs out the shown code
	restriction *time.Timer // for the first code, and for the restart after pairing
	end         time.Time   // of the round
	paired      bool
	asked       *codeRequest // waits for the first code: before it, WhatsApp knows nothing of the connection
}

// pair shows one round of codes and stays until a device is linked or the round is over. A request for a link code that
// came too late for the round is left in asked.
func (n *connection) pair(ctx context.Context, asked **codeRequest) ending {
	c := n.client
	if p := c.status.now().Phase; p != flowhq.PhaseQR && p != flowhq.PhaseLoggedOut {
		c.status.set(phase{is: flowhq.PhaseStarting, detail: c.status.now().Detail})
	}
	if err := n.connect(ctx); err != nil {
		return ending{how: lost, detail: err.Error()}
	}
	p := &pairing{connection: n, next: stopped(), restriction: time.NewTimer(c.cfg.Timing.Connect), asked: *asked}
	*asked = nil
	end := p.run(ctx)
	p.next.Stop()
	p.restriction.Stop()
	n.close(n.silent() >= c.cfg.Silence)
	if p.asked != nil {
		*asked = p.asked
	}
	return end
}

func (p *pairing) run(ctx context.Context) ending {
	for {
		select {
		case <-ctx.Done():
			return ending{}
		case <-p.restriction.C:
			if p.paired { // no restart came: log in all the same
				return ending{how: paired}
			}
			return ending{how: lost, detail: "WhatsApp sent no code."}
		case <-p.next.C:
			if !p.show() {
				return ending{how: unseen}
			}
		case request := <-p.client.codes:
			if end, over := p.request(&request); over {
				return end
			}
		case <-p.client.wake: // codes are shown already
		case <-p.signals.ready:
			for _, signal := range p.signals.take() {
				if end, over := p.signal(signal); over {
					return end
				}
			}
		}
	}
}

// signal handles one event; over says that it was the last.
func (p *pairing) signal(signal any) (end ending, over bool) {
	switch e := signal.(type) {
	case *events.QR:
		p.start(e.Codes)
	case *events.PairSuccess:
		p.paired = true
		p.next.Stop()
		p.restriction.Reset(restartLimit)
		p.client.log.Info("device linked", "device", e.ID.String())
		p.client.status.set(phase{is: flowhq.PhaseConnecting})
	case *events.ManualLoginReconnect:
		return ending{how: paired}, true
	case *events.PairError:
		return ending{how: lost, detail: "Linking failed: " + e.Error.Error()}, true
	case *events.QRScannedWithoutMultidevice:
		p.explain("The phone's WhatsApp is too old to link devices. Update it and scan again.")
	case *events.PairPasskeyRequest:
		p.explain("WhatsApp asks the phone for a passkey, which Flow HQ cannot give. Link with a pairing code instead.")
	case *events.PairPasskeyConfirmation:
		p.do(func() { _ = p.wa.SendPasskeyConfirmation(p.ctx) })
	case *events.Disconnected:
		return p.closed(), true
	default:
		return p.ended(signal)
	}
	return ending{}, false
}

// closed tells what a closed connection means: a pairing that went through, a round that nobody used, or a loss.
func (p *pairing) closed() ending {
	end := p.whyClosed()
	if end.how == again {
		p.awaitPaired()
	}
	switch {
	case p.paired && (end.how == lost || end.how == again):
		return ending{how: paired}
	case end.how == lost && p.shown > 1:
		return ending{how: unseen}
	}
	return end
}

// awaitPaired waits for whatsmeow to store the device, when the connection closed right behind the order to connect
// again, which WhatsApp gives once it has the confirmation of the pairing.
func (p *pairing) awaitPaired() {
	restriction := time.NewTimer(restartLimit)
	defer restriction.Stop()
	for !p.paired {
		select {
		case <-restriction.C:
			return
		case <-p.signals.ready:
			for _, signal := range p.signals.take() {
				switch signal.(type) {
				case *events.PairSuccess, *events.PairError:
					p.signal(signal)
					return
				}
			}
		}
	}
}

// start begins to show a set of codes.
func (p *pairing) start(codes []string) {
	if len(codes) == 0 || p.paired {
		return
	}
	t := p.client.cfg.Timing
	p.codes = codes
	p.end = time.Now().Add(time.Duration(len(codes)) * t.QRNext)
	if len(codes) == 6 { // as WhatsApp's own clients: the first of six is shown longer
		p.end = p.end.Add(t.QRFirst - t.QRNext)
	}
	p.restriction.Stop()
	p.show()
	if p.asked != nil {
		p.fetch(p.asked)
		p.asked = nil
	}
}

// show shows the next code; false when there is none left.
func (p *pairing) show() bool {
	if len(p.codes) == 0 {
		return false
	}
	t := p.client.cfg.Timing
	span := t.QRNext
	if len(p.codes) == 6 {
		span = t.QRFirst
	}
	code := p.codes[0]
	p.codes = p.codes[1:]
	p.shown++
	p.next.Reset(span)
	p.client.status.set(phase{is: flowhq.PhaseQR, code: code, codeUntil: p.client.cfg.Now().Add(span)})
	return true
}

// explain shows a sentence beside the present code.
func (p *pairing) explain(detail string) {
	now := p.client.status.now()
	change := phase{is: now.Phase, detail: detail, code: now.QRCode}
	if now.QRExpires != nil {
		change.codeUntil = *now.QRExpires
	}
	p.client.status.set(change)
}

// request answers a request for a link code: now, with the first code, or in a new round when this one is half over. A
// link code is valid as long as the connection.
func (p *pairing) request(r *codeRequest) (end ending, over bool) {
	t := p.client.cfg.Timing
	switch {
	case p.paired:
		r.fail(ErrLinked)
	case p.shown == 0:
		if p.asked != nil {
			p.asked.fail(errors.New("whatsapp: a later request for a link code took its place"))
		}
		p.asked = r
	case time.Until(p.end) < (t.QRFirst+5*t.QRNext)/2:
		p.asked = r
		return ending{how: again}, true
	default:
		p.fetch(r)
	}
	return ending{}, false
}

// The name under which a link code is asked for; WhatsApp accepts names of common browsers only.
const codeClientName = "Chrome (Linux)"

// fetch gets a link code from WhatsApp and answers the request.
func (p *pairing) fetch(r *codeRequest) {
	end := p.client.cfg.Now().Add(time.Until(p.end))
	if !p.enter() {
		r.fail(ErrOffline)
		return
	}
	go func() {
		defer p.work.Done()
		ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
		defer cancel()
		code, err := p.wa.PairPhone(
			ctx, strings.TrimPrefix(r.phone, "+"), true, whatsmeow.PairClientChrome, codeClientName,
		)
		if err != nil {
			r.fail(linkCodeError(err))
			return
		}
		r.answer <- codeAnswer{code: flowhq.LinkCode{Code: code, ExpiresAt: end}}
	}()
}

// linkCodeError tells a number that WhatsApp will not link from a failure that may pass.
func linkCodeError(err error) error {
	var refused *whatsmeow.IQError
	if errors.As(err, &refused) || errors.Is(err, whatsmeow.ErrPhoneNumberTooShort) ||
		errors.Is(err, whatsmeow.ErrPhoneNumberIsNotInternational) {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return fmt.Errorf("%w: %w", ErrOffline, err)
}

// Logout unlinks the device at WhatsApp and forgets its keys; new codes follow. ErrOffline when WhatsApp cannot be
// told: the device then stays linked.
func (c *Client) Logout(ctx context.Context) error {
	if err := c.begin(); err != nil {
		return err
	}
	defer c.end()
	n := c.conn.Load()
	switch {
	case n == nil && c.Self().IsZero():
		return ErrNotLinked
	case n == nil:
		return ErrOffline
	}
	if err := n.unlink(ctx); err != nil {
		return fmt.Errorf("%w: unlinking: %w", ErrOffline, err)
	}
	return nil
}

// unlink asks WhatsApp to remove this device and leaves the rest to the connection's loop. whatsmeow's own Logout would
// disconnect under it.
func (n *connection) unlink(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	defer context.AfterFunc(n.ctx, cancel)()
	in := n.internals()
	id := in.GenerateRequestID()
	reply := in.WaitResponse(id)
	err := in.SendNode(ctx, waBinary.Node{
		Tag: "iq", Attrs: waBinary.Attrs{"id": id, "xmlns": "md", "type": "set", "to": types.ServerJID},
		Content: []waBinary.Node{{Tag: "remove-companion-device", Attrs: waBinary.Attrs{
			"jid": n.wa.Store.GetJID(), "reason": "user_initiated",
		}}},
	})
	if err != nil {
		in.CancelResponse(id, reply)
		return err
	}
	select {
	case node := <-reply:
		if node == nil || node.Tag != "iq" || node.Attrs["type"] != "result" {
			return fmt.Errorf("answer %s", outline(node))
		}
	case <-ctx.Done():
		in.CancelResponse(id, reply)
		return ctx.Err()
	}
	n.signals.put(unlinked{})
	return nil
}
