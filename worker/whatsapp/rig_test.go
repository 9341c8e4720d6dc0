package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/wasim"

	"flowhq/worker/message"
)

const (
	patience   = time.Minute // a machine under load is slow; nothing waits so long where it works
	phoneNo    = "+255700000001"
	customerNo = "+255711000001"
	testSeed   = 11 // one root key for all simulators of this binary: whatsmeow's is a process-wide variable
)

// quick are waiting times for tests.
var quick = Timing{
	ReconnectFirst: 20 * time.Millisecond, ReconnectMax: 300 * time.Millisecond, Stable: time.Minute,
	Slow: 400 * time.Millisecond, Login: 30 * time.Second, Restricted: time.Second,
}

func simulator(t testing.TB, change ...func(*wasim.Config)) *wasim.Server {
	t.Helper()
	cfg := wasim.Config{Seed: testSeed, Linger: 100 * time.Millisecond}
	for _, c := range change {
		c(&cfg)
	}
	srv, err := wasim.New(cfg)
	must(t, err)
	t.Cleanup(func() { must(t, srv.Close()) })
	return srv
}

// rig is a Client with everything around it that a worker would have.
type rig struct {
	t   testing.TB
	srv *wasim.Server
	cfg Config
	*Client

	mu      sync.Mutex
	reports []flowhq.SessionReport
	taken   []message.Incoming
	merged  []message.Person
	sentLog map[string]sentText
	refuse  func(message.Incoming) error
	changed chan struct{}
	stop    func()
}

type sentText struct {
	to   message.Person
	text string
}

func newRig(t testing.TB, srv *wasim.Server, change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, srv: srv, sentLog: map[string]sentText{}, changed: make(chan struct{})}
	r.cfg = Config{
		Dir: t.TempDir(), Simulator: &Simulator{Addr: srv.Addr(), RootKey: srv.RootKey()},
		Logger:  slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: logLevel})),
		Receive: r.receive, Report: r.report, Sent: r.sent, Merged: r.merge, Timing: quick,
	}
	for _, c := range change {
		c(&r.cfg)
	}
	r.open()
	t.Cleanup(r.close)
	return r
}

// open begins a new life on the same folder, as a new process would.
func (r *rig) open() {
	r.t.Helper()
	c, err := Open(context.Background(), r.cfg)
	must(r.t, err)
	r.Client = c
	done := make(chan error, 1)
	go func() { done <- c.Run(context.Background()) }()
	r.stop = sync.OnceFunc(func() {
		if err := c.Close(); err != nil {
			r.t.Errorf("close: %v", err)
		}
		if err := <-done; err != nil && !errors.Is(err, ErrClosed) {
			r.t.Errorf("run: %v", err)
		}
	})
}

func (r *rig) close() { r.stop() }

// restart is the end of the process and a new one.
func (r *rig) restart() {
	r.t.Helper()
	r.stop()
	r.mu.Lock()
	r.reports = nil
	r.mu.Unlock()
	r.open()
}

func (r *rig) note(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *rig) receive(_ context.Context, m message.Incoming) (err error) {
	r.note(func() {
		if r.refuse != nil {
			if err = r.refuse(m); err != nil {
				return
			}
		}
		if !slices.ContainsFunc(r.taken, func(o message.Incoming) bool { return o.ID == m.ID }) {
			r.taken = append(r.taken, m)
		}
	})
	return err
}

func (r *rig) report(s flowhq.SessionReport) { r.note(func() { r.reports = append(r.reports, s) }) }
func (r *rig) merge(a message.Person)        { r.note(func() { r.merged = append(r.merged, a) }) }

func (r *rig) sent(id string) (message.Person, string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.sentLog[id]
	return s.to, s.text, ok
}

// say sends as a worker does: id first, kept, then sent.
func (r *rig) say(to message.Person, text string) (string, error) {
	id := r.NewMessageID()
	return id, r.repeat(id, to, text)
}

func (r *rig) repeat(id string, to message.Person, text string) error {
	r.mu.Lock()
	r.sentLog[id] = sentText{to, text}
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := r.Send(ctx, id, to, text)
	return err
}

// until waits for a condition on what the rig has seen.
func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	restriction := time.NewTimer(patience)
	defer restriction.Stop()
	for {
		r.mu.Lock()
		done, changed := ok(), r.changed
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-restriction.C:
			r.t.Fatalf("not within %v: %s\nreports: %s", patience, what, r.history())
		}
	}
}

// look makes until look again soon, at what changes without a call of the rig. It is false.
func (r *rig) look() bool {
	time.AfterFunc(10*time.Millisecond, func() { r.note(func() {}) })
	return false
}

func (r *rig) history() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := ""
	for _, s := range r.reports {
		text += fmt.Sprintf("%s(%s) ", s.Phase, s.Detail)
	}
	return text
}

// phase waits for a report of a phase, from the n-th report on, and returns it with the number of the one after.
func (r *rig) phase(from int, p flowhq.Phase) (found flowhq.SessionReport, next int) {
	r.t.Helper()
	r.until("phase "+string(p), func() bool {
		for i := from; i < len(r.reports); i++ {
			if r.reports[i].Phase == p {
				found, next = r.reports[i], i+1
				return true
			}
		}
		return false
	})
	return found, next
}

func (r *rig) mark() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.reports)
}

// message waits for a message with a text.
func (r *rig) message(text string) (found message.Incoming) {
	r.t.Helper()
	r.until("message "+text, func() bool {
		i := slices.IndexFunc(r.taken, func(m message.Incoming) bool { return m.Text == text })
		if i >= 0 {
			found = r.taken[i]
		}
		return i >= 0
	})
	return found
}

// link scans the code that is shown and waits until the device is ready.
func (r *rig) link() {
	r.t.Helper()
	phone := r.phone()
	report, next := r.phase(0, flowhq.PhaseQR)
	_, err := phone.Scan(within(r.t), report.QRCode)
	must(r.t, err)
	r.phase(next, flowhq.PhaseConnected)
}

func (r *rig) phone() *wasim.Phone {
	r.t.Helper()
	p, err := r.srv.Phone(phoneNo)
	must(r.t, err)
	return p
}

func (r *rig) customer(form wasim.AddressForm) *wasim.Customer {
	r.t.Helper()
	c, err := r.srv.Customer(customerNo, wasim.CustomerOptions{Name: "Asha", Address: form})
	must(r.t, err)
	return c
}

func (r *rig) inject(f wasim.Fault) {
	r.t.Helper()
	_, err := r.srv.Inject(f)
	must(r.t, err)
}

func write(t testing.TB, c *wasim.Customer, text string) string {
	t.Helper()
	id, err := c.Send(wasim.Message{To: phoneNo, Text: text})
	must(t, err)
	return id
}

// arrives waits for a text in a customer's inbox.
func arrives(t testing.TB, c *wasim.Customer, text string) wasim.InboxRow {
	t.Helper()
	ctx, after := within(t), 0
	for {
		rows := c.WaitInbox(ctx, after)
		if len(rows) == 0 {
			t.Fatalf("%q did not arrive; there is %v", text, c.Inbox(0))
		}
		for _, row := range rows {
			if row.Text == text {
				return row
			}
			after = row.N
		}
	}
}

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

// testWriter shows the log of a failing test.
type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(string(p[:len(p)-1]))
	return len(p), nil
}

const logLevel = slog.LevelDebug
