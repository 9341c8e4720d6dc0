package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// connection is one connection to WhatsApp, from dialling to its end. Each one has a whatsmeow client of its own, so
// that an event cannot be taken for one of another connection: whatsmeow's events do not say to which connection they
// belong, and Connected and Disconnected may come in the wrong order.
type connection struct {
	client     *Client
	device     *store.Device
	wa         *whatsmeow.Client
	ctx        context.Context // what whatsmeow does for this connection ends with it
	cancel     context.CancelFunc
	signals    *signalQueue
	http       *http.Transport
	socket     atomic.Pointer[net.Conn] // the latest one made; the websocket's, since nothing is downloaded
	handshaken chan struct{}            // closed when the handshake is over or has failed
	seen       frameTally               // stanzas that came

	born    time.Time
	heard   atomic.Int64                  // nanoseconds after born
	login   atomic.Int64                  // WhatsApp's clock at the login, Unix seconds; 0 before
	refusal atomic.Pointer[waBinary.Node] // a stanza that ends the connection, as it came from the wire
	sending atomic.Pointer[outgoing]      // the send in progress
	name    atomic.Pointer[string]        // the account's own, as far as it is known
	quiet   atomic.Bool                   // what whatsmeow still logs is not written: the end is known
	broken  atomic.Bool                   // a message could not be taken in: no later one is taken in either

	mu     sync.Mutex
	closed bool
	work   sync.WaitGroup
}

// intakeError is the signal that a message could not be taken in.
type intakeError struct{ err error }

func newConnection(c *Client) *connection {
	n := &connection{client: c, signals: newSignalQueue(), born: time.Now(), handshaken: make(chan struct{})}
	n.http = transport(c.cfg.Simulator, func(conn net.Conn) { n.socket.Store(&conn) })
	return n
}

// connect dials and shakes hands. Only a connection for which it returned nil needs close.
func (n *connection) connect(ctx context.Context) error {
	n.ctx, n.cancel = context.WithCancel(context.WithoutCancel(ctx)) // close ends it, after what must come before
	n.equip(n.device)
	n.noteName()
	n.wa = n.newClient()
	result := make(chan error, 1)
	go func() { // whatsmeow waits for the handshake without looking at the context, 20 s at most
		defer close(n.handshaken)
		result <- n.wa.ConnectContext(n.ctx)
	}()
	restriction := time.NewTimer(n.client.cfg.Timing.Connect)
	defer restriction.Stop()
	var err error
	select {
	case err = <-result:
	case <-restriction.C:
		err = errors.New("no answer in time")
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		if wire := n.socket.Load(); wire != nil {
			_ = (*wire).Close()
		}
		n.cancel()
		n.quiet.Store(true)
		return fmt.Errorf("WhatsApp cannot be reached: %w", err)
	}
	return nil
}

// newClient sets whatsmeow up.
//
// The account is never shown as online: while a linked device is, the owner's phone gets no notifications. Delivery
// receipts are sent as an active device would, so that customers see two ticks even while the phone is off; receipts do
// not touch notifications.
func (n *connection) newClient() *whatsmeow.Client {
	wa := whatsmeow.NewClient(n.device, newLogger(n.client.log, &n.quiet, n.received, n.sent))
	direct(wa, endingTransport{n.http, n.handshaken, &n.seen})
	wa.EnableAutoReconnect = false // Run reconnects
	wa.DisableLoginAutoReconnect = true
	wa.SynchronousAck = true
	wa.EnableDecryptedEventBuffer = true
	wa.ManualHistorySyncDownload = true
	wa.BackgroundEventCtx = n.ctx
	wa.GetMessageForRetry = n.messageForRetry
	wa.SetMaxParallelRetryReceiptHandling(2)
	wa.SetForceActiveDeliveryReceipts(true)
	wa.AddEventHandlerWithSuccessStatus(n.handle)
	return wa
}

// close ends the connection and waits for the work that is done for it, but not for a peer that is dead.
func (n *connection) close(dead bool) {
	n.client.conn.CompareAndSwap(n, nil)
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	idle := make(chan struct{})
	go func() {
		n.work.Wait()
		close(idle)
	}()
	if !dead { // a message in hand may finish, and its receipt go out
		select {
		case <-idle:
		case <-time.After(2 * time.Second):
		}
	}
	n.hangUp(dead)
	n.quiet.Store(true)
	n.cancel()
	n.http.CloseIdleConnections()
	<-idle
}

// hangUpLimit is how long WhatsApp may take to end a connection that we have ended.
const hangUpLimit = 500 * time.Millisecond

// hangUp closes the socket: first its sending half, so that all that was written arrives, then the whole when WhatsApp
// does not close its half. whatsmeow notices that and cleans up. Its own Disconnect stops reading frames first: a frame
// that comes at that moment leaks a goroutine, and when the server closes at the same time there is a data race.
func (n *connection) hangUp(dead bool) {
	// Requests that wait for an answer end at once, and do not wait for another connection.
	n.internals().ExpectDisconnect()
	if wire := n.socket.Load(); wire != nil {
		if half, ok := (*wire).(interface{ CloseWrite() error }); ok && !dead && half.CloseWrite() == nil {
			n.untilClosed()
		}
		_ = (*wire).Close()
		n.untilClosed()
	}
	if n.wa.IsConnected() {
		n.wa.Disconnect()
	}
}

// untilClosed waits until whatsmeow has noticed that the connection ended.
func (n *connection) untilClosed() {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(hangUpLimit); n.wa.IsConnected() && time.Now().Before(end); <-tick.C {
	}
}

// internals gives calls of whatsmeow that it does not export otherwise, such as sending a stanza of one's own.
func (n *connection) internals() *whatsmeow.DangerousInternalClient {
	return n.wa.DangerousInternals() //nolint:staticcheck // marked as deprecated to warn; there is no other way
}

// enter marks the beginning of work for the connection; it is refused once the connection is closing.
func (n *connection) enter() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return false
	}
	n.work.Add(1)
	return true
}

// do runs work beside the connection's loop.
func (n *connection) do(work func()) {
	if !n.enter() {
		return
	}
	go func() {
		defer n.work.Done()
		work()
	}()
}

// received is called with every stanza that comes.
func (n *connection) received(node *waBinary.Node) {
	n.heard.Store(int64(time.Since(n.born)))
	n.client.status.hear()
	switch node.Tag {
	case "ack":
		if node.Attrs["class"] == "message" && node.Attrs["error"] == nil {
			id, _ := node.Attrs["id"].(string)
			n.client.acks.came(id, unixTime(node.Attrs["t"]))
		}
	case "success":
		if at := unixTime(node.Attrs["t"]); !at.IsZero() {
			n.login.Store(at.Unix())
		}
	case "failure", "stream:error":
		n.refusal.Store(node)
	}
	n.seen.add()
}

// sent is called with every stanza just before it is written.
//
// When a message cannot be decrypted, whatsmeow asks the account's phone for it, in the same queue in which messages
// come in, and waits up to 75 s for the server's acknowledgement. Nobody needs that one, so it is answered here at
// once.
func (n *connection) sent(node *waBinary.Node) {
	if node.Tag != "message" {
		return
	}
	id, _ := node.Attrs["id"].(string)
	if out := n.sending.Load(); out != nil && out.id == id {
		out.written(node)
	} else if node.Attrs["category"] == "peer" {
		n.internals().ReceiveResponse(n.ctx, &waBinary.Node{Tag: "ack", Attrs: waBinary.Attrs{"id": id}})
	}
}

// unixTime reads an attribute that holds Unix seconds; the zero time when it does not.
func unixTime(attr any) time.Time {
	text, _ := attr.(string)
	s, err := strconv.ParseInt(text, 10, 64)
	if err != nil || s <= 0 {
		return time.Time{}
	}
	return time.Unix(s, 0)
}

// before tells whether something was sent before this login, by WhatsApp's clock.
func (n *connection) before(at time.Time) bool {
	login := n.login.Load()
	return login != 0 && at.Unix() < login
}

// silent tells for how long nothing came from WhatsApp.
func (n *connection) silent() time.Duration {
	return time.Since(n.born) - time.Duration(n.heard.Load())
}

// ping asks WhatsApp for a sign of life; whatever comes back counts.
func (n *connection) ping() {
	n.do(func() {
		ctx, cancel := context.WithTimeout(n.ctx, n.client.cfg.Silence)
		defer cancel()
		in := n.internals()
		_ = in.SendNode(ctx, waBinary.Node{Tag: "iq", Attrs: waBinary.Attrs{
			"id": in.GenerateRequestID(), "xmlns": "w:p", "type": "get", "to": types.ServerJID,
		}})
	})
}

// sendAway tells WhatsApp, under the account's name, that nobody uses this device. Without a presence, customers who
// have not saved the number do not see the name.
func (n *connection) sendAway() {
	n.do(func() {
		ctx, cancel := context.WithTimeout(n.ctx, 10*time.Second)
		defer cancel()
		name := n.name.Load()
		if name == nil || *name == "" {
			return
		}
		err := n.internals().SendNode(ctx, waBinary.Node{
			Tag: "presence", Attrs: waBinary.Attrs{"type": string(types.PresenceUnavailable), "name": *name},
		})
		if err != nil {
			n.client.log.Debug("sending presence", "err", err)
		}
	})
}

// noteName reads the account's name at a time when whatsmeow does not write it: before it connects, and in the
// goroutine that has just written. whatsmeow's own SendPresence reads it while that one writes.
func (n *connection) noteName() {
	name := n.device.PushName
	n.name.Store(&name)
}

// handle is called with every event, by many goroutines of whatsmeow. false keeps whatsmeow from confirming the message
// of the event to the server.
func (n *connection) handle(event any) bool {
	if !n.enter() {
		return false
	}
	defer n.work.Done()
	switch e := event.(type) {
	case *events.Message:
		return n.message(e)
	case *events.UndecryptableMessage:
		n.client.undecryptable.Add(1)
		n.client.log.Warn("message not decrypted, its sender is asked to repeat it", "wa_message_id", e.Info.ID,
			"from", personOf(e.Info.Sender, e.Info.SenderAlt).String(), "unavailable", e.IsUnavailable)
	case *events.PushNameSetting, *events.AppStateSyncComplete:
		n.noteName()
		n.signals.put(e)
	case *events.QR, *events.PairSuccess, *events.PairError, *events.QRScannedWithoutMultidevice,
		*events.PairPasskeyRequest, *events.PairPasskeyConfirmation, *events.PairPasskeyError,
		*events.ManualLoginReconnect, *events.Connected, *events.Disconnected, *events.LoggedOut,
		*events.StreamReplaced, *events.TemporaryBan, *events.ClientOutdated, *events.ConnectFailure,
		*events.StreamError, *events.NotifyAccountReachoutTimelock:
		n.signals.put(e)
	}
	return true
}

// message takes one message in. A panic on the way counts as a failure: whatsmeow would swallow it and confirm the
// message.
func (n *connection) message(e *events.Message) (taken bool) {
	defer func() {
		if p := recover(); p != nil {
			n.intakeFailed(fmt.Errorf("panic: %v", p))
			taken = false
		}
	}()
	if e.Info.IsFromMe {
		if h := unwrap(e.RawMessage).GetProtocolMessage().GetHistorySyncNotification(); h != nil {
			n.bootstrap(h)
			return true
		}
	}
	in, ok := n.incoming(n.ctx, e)
	if !ok {
		return true
	}
	if n.broken.Load() {
		return false
	}
	n.client.receiptChats.note(in.ID, e.Info.Chat)
	if err := n.client.cfg.Receive(n.ctx, in); err != nil {
		n.intakeFailed(err)
		return false
	}
	return true
}

// bootstrap reads the first part of the account's history where it came inside the message: it holds tokens without
// which WhatsApp may refuse messages (463), and phone numbers for LIDs. The conversations themselves, and all parts
// that would have to be downloaded, are left alone.
func (n *connection) bootstrap(h *waE2E.HistorySyncNotification) {
	if len(h.GetInitialHistBootstrapInlinePayload()) == 0 {
		return
	}
	if _, err := n.wa.DownloadHistorySync(n.ctx, h, true); err != nil {
		n.client.log.Debug("reading the history's head", "err", err)
	}
}

// intakeFailed stops the intake of this connection, so that what failed is delivered again before what follows it.
func (n *connection) intakeFailed(err error) {
	if n.ctx.Err() != nil || n.broken.Swap(true) {
		return
	}
	n.signals.put(intakeError{err})
}
