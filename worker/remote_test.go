package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"flowhq"
	"flowhq/wire"
	"flowhq/worker/message"
	"flowhq/worker/whatsapp"
)

// A remote device stands in a worker's process for the linked device and speaks, over a unix socket, to the test, which
// plays WhatsApp: what phones show outlives the worker then, however it dies.

const envPhones = "FLOWHQ_TEST_PHONES"

// slip is what the two ends tell each other, one JSON line each.
type slip struct {
	Do   string           `json:"do"` // deliver, taken, send, result, merged
	ID   string           `json:"id,omitempty"`
	Msg  message.Incoming `json:"msg,omitzero"`
	To   message.Person   `json:"to,omitzero"`
	Text string           `json:"text,omitempty"`
	OK   bool             `json:"ok,omitempty"`
}

// playWorker is the worker's process: the real Run, with a remote device or with the real one.
func playWorker(remotely bool) int {
	c, err := ConfigFromEnv(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return wire.ExitConfig
	}
	c.timing = whatsapp.Timing{
		ReconnectFirst: 20 * time.Millisecond, ReconnectMax: 300 * time.Millisecond, Ack: time.Second,
	}
	phones := os.Getenv(envPhones)
	c.open = func(w whatsapp.Config) (device, error) {
		return &remote{socket: phones, config: w, waits: map[string]chan bool{}}, nil
	}
	if !remotely {
		c.open = nil
	}
	c.loader = echoTalk{}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	switch err := Run(ctx, c); {
	case errors.Is(err, ErrLocked):
		return wire.ExitLocked
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

type remote struct {
	socket string
	config whatsapp.Config

	mu    sync.Mutex
	conn  net.Conn
	waits map[string]chan bool
}

var _ device = (*remote)(nil)

func (r *remote) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if conn, err := net.Dial("unix", r.socket); err == nil {
			r.serve(ctx, conn)
		}
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

func (r *remote) serve(ctx context.Context, conn net.Conn) {
	unhook := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer unhook()
	r.set(conn)
	defer func() {
		r.set(nil)
		_ = conn.Close()
	}()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		var s slip
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			panic(err)
		}
		switch s.Do {
		case "deliver":
			if r.config.Receive(ctx, s.Msg) != nil {
				return
			}
			r.say(slip{Do: "taken", ID: s.Msg.ID})
		case "merged":
			r.config.Merged(s.To)
		case "result":
			r.mu.Lock()
			if w := r.waits[s.ID]; w != nil {
				w <- s.OK
				delete(r.waits, s.ID)
			}
			r.mu.Unlock()
		}
	}
}

func (r *remote) set(conn net.Conn) {
	r.mu.Lock()
	r.conn = conn
	for id, w := range r.waits {
		close(w)
		delete(r.waits, id)
	}
	r.mu.Unlock()
	r.config.Report(r.Report())
}

func (r *remote) say(s slip) {
	line, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn != nil {
		_, _ = r.conn.Write(append(line, '\n'))
	}
}

func (r *remote) Report() flowhq.SessionReport {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn == nil {
		return flowhq.SessionReport{Phase: flowhq.PhaseReconnecting}
	}
	return flowhq.SessionReport{Phase: flowhq.PhaseConnected, LinkedJID: "x"}
}

func (r *remote) Send(ctx context.Context, id string, to message.Person, text string) (time.Time, error) {
	answer := make(chan bool, 1)
	r.mu.Lock()
	if r.conn == nil {
		r.mu.Unlock()
		return time.Time{}, whatsapp.ErrOffline
	}
	r.waits[id] = answer
	r.mu.Unlock()
	r.say(slip{Do: "send", ID: id, To: to, Text: text})
	select {
	case ok := <-answer:
		if ok {
			return time.Now(), nil
		}
	case <-time.After(100 * time.Millisecond):
	case <-ctx.Done():
	}
	return time.Time{}, whatsapp.ErrUnknown
}

func (r *remote) NewMessageID() string { return fmt.Sprintf("3EB0%018X", rand.Uint64()) }
func (r *remote) Typing(context.Context, message.Person, bool) error {
	return nil
}
func (r *remote) MarkRead(context.Context, message.Person, []string) error { return nil }
func (r *remote) LinkCode(context.Context, string) (flowhq.LinkCode, error) {
	return flowhq.LinkCode{}, whatsapp.ErrLinked
}
func (r *remote) Relink()                      {}
func (r *remote) Logout(context.Context) error { return nil }
func (r *remote) Self() message.Person         { return message.Person{PN: "+255700000000"} }
func (r *remote) Close() error                 { return nil }
