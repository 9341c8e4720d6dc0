package wasim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Server is a running simulator.
type Server struct {
	cfg     Config
	log     *slog.Logger
	secret  secret
	auth    *authority
	journal *journal
	started time.Time
	run     int // of the state folder; keeps seeded ids of different runs apart
	meter   byteMeter
	stats   counters
	faults  *faults
	ids     atomic.Uint64
	create  sync.Mutex // held while a phone or customer is made

	listener net.Listener
	control  net.Listener
	https    []*http.Server
	life     context.Context // ends with Close
	done     <-chan struct{} // of life
	end      context.CancelFunc
	stop     sync.Once
	wg       sync.WaitGroup // every goroutine of the server

	mu       sync.Mutex // guards what follows; nothing else is locked while it is held
	parties  map[string]*party
	sessions map[*session]struct{}
	refs     map[string]*session // by the reference in a QR code
	codes    map[string]*session // by the number that a pairing code was asked for
	uploads  []upload            // files of clients, the newest last
}

// New starts a simulator.
func New(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, log: cfg.Logger, started: time.Now(),
		parties: map[string]*party{}, sessions: map[*session]struct{}{}, refs: map[string]*session{},
		codes: map[string]*session{}}
	s.life, s.end = context.WithCancel(context.Background())
	s.done = s.life.Done()
	s.faults = newFaults(s)
	if err := s.restore(); err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		return nil, errors.Join(err, s.journal.close())
	}
	return s, nil
}

func (s *Server) listen() error {
	var err error
	if s.listener, err = listenLoopback(s.cfg.Listen); err != nil {
		return err
	}
	if s.control, err = listenLoopback(s.cfg.Control); err != nil {
		return errors.Join(err, s.listener.Close())
	}
	s.serve(&outageListener{Listener: s.listener, faults: s.faults}, s.clientHandler())
	s.serve(s.control, s.controlHandler())
	return nil
}

type tcpKey struct{}

func (s *Server) serve(ln net.Listener, h http.Handler) {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: handshakeTime,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, tcpKey{}, c)
		},
	}
	s.https = append(s.https, srv)
	s.wg.Go(func() { _ = srv.Serve(ln) })
}

// Addr returns the address that clients connect to.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// ControlURL returns the base URL of the control interface.
func (s *Server) ControlURL() string { return "http://" + s.control.Addr().String() }

// RootKey returns the public key that clients have to trust (whatsmeow.WACertPubKey).
func (s *Server) RootKey() [32]byte { return *s.auth.root.Pub }

// Close ends all connections and waits until nothing of the server runs any more.
func (s *Server) Close() error {
	var err error
	s.stop.Do(func() {
		s.end()
		for _, h := range s.https {
			err = errors.Join(err, h.Close())
		}
		for _, x := range s.allSessions() {
			x.conn.close()
		}
		s.wg.Wait()
		err = errors.Join(err, s.journal.close())
	})
	return err
}

func (s *Server) allSessions() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*session, 0, len(s.sessions))
	for x := range s.sessions {
		all = append(all, x)
	}
	return all
}

// nextID numbers the server's own stanzas.
func (s *Server) nextID(prefix string) string {
	return prefix + strconv.FormatUint(s.ids.Add(1), 10) + "-" + strconv.FormatInt(s.started.UnixMilli()%1_000_000, 36)
}

func (s *Server) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// find looks a party up by its number or its LID.
func (s *Server) find(user string) *party {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.parties[user]
}

func (s *Server) add(p *party) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parties[p.digits], s.parties[p.lid.User] = p, p
}

// all returns every phone and customer, each once.
func (s *Server) all() (phones []*Phone, customers []*Customer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for user, p := range s.parties {
		switch {
		case user != p.digits:
		case p.phone != nil:
			phones = append(phones, p.phone)
		default:
			customers = append(customers, p.customer)
		}
	}
	return phones, customers
}

// keyCountNotice tells a device how many one-time keys are left, so that it uploads more.
func (s *Server) keyCountNotice(left int) *entry {
	e, err := stanzaEntry(waBinary.Node{Tag: "notification",
		Attrs: waBinary.Attrs{"from": types.ServerJID, "id": s.nextID("count-"), "type": "encrypt",
			"t": s.now().Unix()},
		Content: []waBinary.Node{{Tag: "count", Attrs: waBinary.Attrs{"value": left}}}})
	if err != nil {
		panic(fmt.Sprintf("wasim: %v", err)) // a constant node
	}
	e.Volatile = true
	return e
}
