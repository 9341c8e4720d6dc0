package wasim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// session is one client connection. Its reader is the HTTP handler's goroutine; a second goroutine writes, in the order
// in which stanzas were queued, so that a slow client holds up no other party.
type session struct {
	srv      *Server
	conn     *frameConn
	hello    *hello
	admitted atomic.Pointer[Device] // nil while pairing

	mu     sync.Mutex
	out    []outItem
	ending bool          // nothing may follow what is queued
	wake   chan struct{} // has one slot: there is something to write
	done   chan struct{} // closed when the reader has left

	answers map[string]chan *waBinary.Node // to requests of the server, by id; guarded by mu
	pairing pairing
}

// outItem is a stanza to write, or the order to close.
type outItem struct {
	stanza  []byte
	due     time.Time     // not before this
	slowSet int           // see faults.waitSlow
	close   bool          // end the connection
	linger  time.Duration // before the end
}

func (s *Server) clientHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/ws/chat", s.serveChat)
	mux.HandleFunc("GET /v/t62.7118-24/{kind}/{id}", s.serveMedia)
	mux.HandleFunc("POST /mms/{type}/{token}", s.takeUpload)
	mux.HandleFunc("GET /o1/", s.serveUpload)
	mux.HandleFunc("DELETE /mms/{type}/{token}", func(http.ResponseWriter, *http.Request) {})
	return mux
}

func (s *Server) serveChat(w http.ResponseWriter, r *http.Request) {
	s.wg.Add(1)
	defer s.wg.Done()
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true,
		CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		s.log.Debug("websocket refused", "error", err)
		return
	}
	ws.SetReadLimit(1 << 24)
	tcp, _ := r.Context().Value(tcpKey{}).(net.Conn)
	x := &session{srv: s, conn: &frameConn{ws: ws, tcp: tcp, meter: &s.meter},
		wake: make(chan struct{}, 1), done: make(chan struct{}), answers: map[string]chan *waBinary.Node{}}
	defer x.conn.close()
	if !s.enter(x) {
		return
	}
	defer s.leave(x)
	if err := x.run(); err != nil && !isEnd(err) {
		s.log.Debug("connection ended", "device", x.name(), "error", err)
	}
}

func isEnd(err error) bool {
	return websocket.CloseStatus(err) != -1 || errors.Is(err, net.ErrClosed)
}

func (s *Server) enter(x *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		return false
	default:
	}
	s.sessions[x] = struct{}{}
	return true
}

func (s *Server) leave(x *session) {
	s.mu.Lock()
	delete(s.sessions, x)
	for _, ref := range x.pairing.refs {
		delete(s.refs, ref)
	}
	if s.codes[x.pairing.number] == x {
		delete(s.codes, x.pairing.number)
	}
	s.mu.Unlock()
	if d := x.dev(); d != nil {
		d.mu.Lock()
		if d.sess == x {
			d.sess, d.live = nil, false
		}
		d.mu.Unlock()
	}
}

// dev is the device that has logged in; nil while pairing.
func (x *session) dev() *Device { return x.admitted.Load() }

func (x *session) name() string {
	if x.dev() == nil {
		return "pairing"
	}
	return x.dev().jid.String()
}

// run takes the connection from the handshake to its end.
func (x *session) run() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := x.greet(ctx); err != nil {
		return err
	}
	x.srv.wg.Go(func() { x.writeLoop(ctx) })
	defer close(x.done)
	if x.hello.payload.GetDevicePairingData() != nil {
		x.startPairing()
	} else {
		x.login()
	}
	for {
		n, err := x.conn.readNode(ctx)
		if err != nil {
			return err
		}
		x.srv.faults.waitThaw(x.number(), x.srv.done)
		x.srv.log.Debug("in", "device", x.name(), "stanza", n.String())
		x.handle(n)
	}
}

func (x *session) greet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	if err := x.conn.readHeader(ctx); err != nil {
		return err
	}
	x.srv.faults.waitThaw("", x.srv.done)
	h, err := handshake(ctx, x.conn, x.srv.auth)
	if err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	x.hello = h
	return nil
}

// number is the account the connection belongs to, as digits; empty while pairing.
func (x *session) number() string {
	if x.dev() != nil {
		return x.dev().phone.digits
	}
	return ""
}

// login admits a device that was paired before, or refuses it.
func (x *session) login() {
	s := x.srv
	digits, id := strconv.FormatUint(x.hello.payload.GetUsername(), 10), uint16(x.hello.payload.GetDevice())
	if refusal := s.faults.refusal(digits); refusal != nil {
		x.end(*refusal)
		return
	}
	var d *Device
	if p := s.find(digits); p != nil && p.phone != nil {
		d = p.phone.device(id)
	}
	if d == nil || !bytes.Equal(d.noise, x.hello.static) {
		x.end(failureNode(http.StatusUnauthorized, waBinary.Attrs{"location": "sim"}))
		return
	}
	if old := x.attach(d); old != nil {
		old.end(conflictNode())
	}
	now := s.now().Unix()
	x.writeNode(waBinary.Node{Tag: "success", Attrs: waBinary.Attrs{"t": now, "lid": d.lid, "creation": now,
		"location": "sim", "props": "27",
		"companion_enc_static": "AAAA", "abprops": "0", "group_abprops": "0"}})
}

// attach makes x the device's connection and returns the one that it replaces.
func (x *session) attach(d *Device) *session {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := d.sess
	d.sess, d.live = x, false
	d.lastLogin = x.srv.now()
	x.admitted.Store(d)
	if err := x.srv.journal.commit(d.selfChange()); err != nil {
		x.srv.log.Error("login not kept", "device", d.jid.String(), "error", err)
	}
	return old
}

func failureNode(reason int, more waBinary.Attrs) waBinary.Node {
	attrs := waBinary.Attrs{"reason": strconv.Itoa(reason)}
	for k, v := range more {
		attrs[k] = v
	}
	return waBinary.Node{Tag: "failure", Attrs: attrs}
}

func conflictNode() waBinary.Node {
	return waBinary.Node{Tag: "stream:error", Content: []waBinary.Node{
		{Tag: "conflict", Attrs: waBinary.Attrs{"type": "replaced"}}}}
}

// writeNode queues a node.
func (x *session) writeNode(n waBinary.Node) {
	raw, err := waBinary.Marshal(n)
	if err != nil {
		x.srv.log.Error("stanza does not marshal", "tag", n.Tag, "error", err)
		return
	}
	x.write(raw)
}

// write queues a marshalled node. It reports false when the connection is about to end and takes nothing more.
func (x *session) write(stanza []byte) bool { return x.queue(outItem{stanza: stanza}) }

// restartTimeout is how long a client may take to leave by itself after the order to connect again. If the server
// closed first, the client could read the end of the connection before the order, and then never come back.
const restartTimeout = 10 * time.Second

// restart orders the client to connect again, which it does at once.
func (x *session) restart() {
	x.writeNode(waBinary.Node{Tag: "stream:error", Attrs: waBinary.Attrs{"code": "515"}})
	x.queue(outItem{close: true, linger: restartTimeout})
}

// end queues a last node; the connection closes a little later.
func (x *session) end(n waBinary.Node) {
	x.writeNode(n)
	x.queue(outItem{close: true, linger: x.srv.cfg.Linger})
}

func (x *session) queue(item outItem) bool {
	late, set := x.srv.faults.slowness(x.number())
	item.due, item.slowSet = time.Now().Add(late), set
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ending {
		return false
	}
	x.out = append(x.out, item)
	x.ending = item.close
	select {
	case x.wake <- struct{}{}:
	default:
	}
	return true
}

func (x *session) writeLoop(ctx context.Context) {
	for {
		x.mu.Lock()
		items := x.out
		x.out = nil
		x.mu.Unlock()
		for _, item := range items {
			if !x.writeItem(ctx, item) {
				x.conn.close()
				return
			}
		}
		if len(items) > 0 {
			continue
		}
		select {
		case <-x.wake:
		case <-x.done:
			return
		}
	}
}

func (x *session) writeItem(ctx context.Context, item outItem) bool {
	x.srv.faults.waitSlow(item.due, item.slowSet, x.done)
	x.srv.faults.waitThaw(x.number(), x.done)
	if item.close {
		x.pause(item.linger)
		return false
	}
	if x.srv.log.Enabled(ctx, -4) {
		x.logOut(item.stanza)
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	return x.conn.writeStanza(ctx, item.stanza) == nil
}

// pause waits, and reports whether the connection is still there.
func (x *session) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-x.done:
		return false
	}
}

func (x *session) logOut(stanza []byte) {
	if plain, err := waBinary.Unpack(stanza); err == nil {
		if n, err := waBinary.Unmarshal(plain); err == nil {
			x.srv.log.Debug("out", "device", x.name(), "stanza", n.String())
		}
	}
}

// request asks the client something and waits for its answer.
func (x *session) request(ctx context.Context, n waBinary.Node) (*waBinary.Node, error) {
	id, _ := n.Attrs["id"].(string)
	answer := make(chan *waBinary.Node, 1)
	x.mu.Lock()
	x.answers[id] = answer
	x.mu.Unlock()
	defer func() {
		x.mu.Lock()
		delete(x.answers, id)
		x.mu.Unlock()
	}()
	x.writeNode(n)
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	select {
	case got := <-answer:
		return got, nil
	case <-x.done:
		return nil, errConflict("the client went away")
	case <-ctx.Done():
		return nil, errConflict("the client did not answer: %v", context.Cause(ctx))
	}
}

// handle acts on a stanza of the client.
func (x *session) handle(n *waBinary.Node) {
	switch n.Tag {
	case "iq":
		x.handleIQ(n)
	case "message":
		x.handleMessage(n)
	case "receipt":
		x.handleReceipt(n)
	case "ack":
		x.handleAck(n)
	case "chatstate":
		x.handleChatState(n)
	case "presence":
		x.handlePresence(n)
	}
}

func attrString(n *waBinary.Node, name string) string {
	switch v := n.Attrs[name].(type) {
	case string:
		return v
	case types.JID:
		return v.String()
	}
	return ""
}

func attrJID(n *waBinary.Node, name string) types.JID {
	j, _ := n.Attrs[name].(types.JID)
	return j
}
