package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"flowhq"
	"flowhq/wire"
	"flowhq/worker/message"
)

// world plays WhatsApp, the phones of customers and the appliance around one worker process that is killed now and
// then.
type world struct {
	t   *testing.T
	dir string
	exe string

	mu      sync.Mutex
	rnd     *rand.Rand
	queue   []message.Incoming // not confirmed yet, in order
	fresh   chan struct{}
	conn    net.Conn
	phones  map[string][]string // what each customer's phone shows, by number
	ids     map[string]string   // text by id
	hidden  map[string]string   // number by LID
	written map[string]int      // messages by customer
	faults  bool

	events  []flowhq.WorkerEvent
	journal string
	seq     int64

	child  *exec.Cmd
	output *output
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, dir: t.TempDir(), exe: exe, rnd: rand.New(rand.NewPCG(seed, 7)), fresh: make(chan struct{}, 1),
		phones: map[string][]string{}, ids: map[string]string{}, hidden: map[string]string{}, written: map[string]int{},
		output: &output{},
	}
	w.listen()
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// listen plays WhatsApp until the test ends.
func (w *world) listen() {
	l, err := net.Listen("unix", w.path("phones.sock"))
	if err != nil {
		w.t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { w.connected(conn) })
		}
	})
	w.t.Cleanup(func() {
		_ = l.Close()
		w.drop()
		all.Wait()
	})
}

// connected serves one login of the device: first what it did not confirm, then what comes.
func (w *world) connected(conn net.Conn) {
	w.mu.Lock()
	w.conn = conn
	w.mu.Unlock()
	ended := make(chan struct{})
	var out sync.Mutex
	say := func(s slip) {
		line, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		out.Lock()
		defer out.Unlock()
		_, _ = conn.Write(append(line, '\n'))
	}
	var writer sync.WaitGroup
	writer.Go(func() { w.deliver(say, ended) })
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		var s slip
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			break // half a line of a killed process
		}
		switch s.Do {
		case "taken":
			w.taken(s.ID)
		case "send":
			w.show(s, say)
		}
	}
	close(ended)
	_ = conn.Close()
	writer.Wait()
}

func (w *world) deliver(say func(slip), ended <-chan struct{}) {
	told := map[string]bool{}
	for {
		w.mu.Lock()
		pending := append([]message.Incoming(nil), w.queue...)
		twice := w.faults && w.rnd.IntN(20) == 0
		w.mu.Unlock()
		for _, m := range pending {
			if told[m.ID] {
				continue
			}
			told[m.ID] = true
			say(slip{Do: "deliver", Msg: m})
			if twice {
				say(slip{Do: "deliver", Msg: m})
			}
		}
		select {
		case <-ended:
			return
		case <-w.fresh:
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (w *world) taken(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, m := range w.queue {
		if m.ID == id {
			w.queue = append(w.queue[:i:i], w.queue[i+1:]...)
			return
		}
	}
}

// show puts a message on the customer's phone, once for each id; its acknowledgement may be held back, and it may be
// lost on its way here.
func (w *world) show(s slip, say func(slip)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	luck := 100
	if w.faults {
		luck = w.rnd.IntN(100)
	}
	if luck < 4 {
		return // lost: neither shown nor acknowledged
	}
	if before, ok := w.ids[s.ID]; ok {
		if before != s.Text {
			w.t.Errorf("one id, two texts: %q and %q", before, s.Text)
		}
	} else {
		w.ids[s.ID] = s.Text
		number := s.To.PN
		if number == "" {
			number = w.hidden[s.To.LID]
		}
		w.phones[number] = append(w.phones[number], s.Text)
	}
	if luck >= 10 { // else shown, and never acknowledged
		say(slip{Do: "result", ID: s.ID, OK: true})
	}
}

// drop cuts the device's connection.
func (w *world) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn != nil {
		_ = w.conn.Close()
	}
}

// writes lets a customer write the next numbered message; people with a LID use either form.
func (w *world) writes(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	number := fmt.Sprintf("+2557000000%02d", n)
	if w.written[number]-len(w.phones[number]) >= maxWaiting/2 {
		return // the queue's bound has a test of its own
	}
	lid := fmt.Sprintf("90%02d", n)
	w.hidden[lid] = number
	from := message.Person{PN: number}
	switch i := w.written[number]; {
	case n%3 == 1 && i < 5:
		from = message.Person{LID: lid}
	case n%3 == 1 && i%4 == 1:
		from = message.Person{PN: number, LID: lid}
	}
	w.written[number]++
	text := fmt.Sprint(w.written[number])
	w.queue = append(w.queue, message.Incoming{
		ID: fmt.Sprintf(
			"C%d-%s", n, text,
		),
		Place:  message.PlaceDirect,
		From:   from,
		Kind:   flowhq.KindText,
		Text:   text,
		SentAt: time.Now(),
	})
	select {
	case w.fresh <- struct{}{}:
	default:
	}
}

// start starts the worker's process.
func (w *world) start() {
	w.t.Helper()
	cmd := exec.Command(w.exe)
	cmd.Env = []string{
		envRole + "=worker",
		envPhones + "=" + w.path("phones.sock"),
		wire.EnvTenant + "=t1",
		wire.EnvDir + "=" + w.path("t1"),
		wire.EnvSocket + "=" + w.path(
			"workers.sock",
		),
		wire.EnvToken + "=secret",
		wire.EnvVersion + "=test",
		wire.EnvLogLevel + "=debug",
		"GOCOVERDIR=" + w.t.TempDir(),
	}
	cmd.Stdout, cmd.Stderr = w.output, w.output
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.child = cmd
}

func (w *world) kill() {
	_ = w.child.Process.Kill()
	_ = w.child.Wait()
}

// appliance serves the worker until stop.
func (w *world) appliance() (stop func()) {
	s := wire.NewServer(wire.Config{
		Socket: w.path("workers.sock"), Handler: (*worldAppliance)(w),
		Authenticate: func(string, string, int) error { return nil }, Logger: quietLog(),
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
	}
}

// worldAppliance takes what the worker tells, as the store does: each event once.
type worldAppliance world

func (a *worldAppliance) Hello(_ context.Context, h wire.Hello) (flowhq.WorkerConfig, int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.journal != "" && a.journal != h.Journal {
		a.t.Errorf("the journal's id changed from %s to %s", a.journal, h.Journal)
	}
	a.journal = h.Journal
	c := plain()
	c.Limits.RepliesPerMinute = 1_000_000
	return c, a.seq, nil
}

func (a *worldAppliance) Report(context.Context, string, flowhq.SessionReport) error { return nil }
func (a *worldAppliance) Heartbeat(context.Context, string, wire.Heartbeat) error    { return nil }
func (a *worldAppliance) Gone(string)                                                {}

func (a *worldAppliance) Events(_ context.Context, _, _ string, events []flowhq.WorkerEvent) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range events {
		if e.Seq <= a.seq {
			continue
		}
		if e.Seq != a.seq+1 {
			a.t.Errorf("event %d follows %d", e.Seq, a.seq)
		}
		a.seq = e.Seq
		a.events = append(a.events, e)
	}
	if a.faults && a.rnd.IntN(10) == 0 {
		return 0, flowhq.Errorf(flowhq.CodeUnavailable, "The database is away") // applied, and the answer is lost
	}
	return a.seq, nil
}

// settled tells whether everything written is answered and told.
func (w *world) settled() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) > 0 {
		return false
	}
	out := 0
	for _, e := range w.events {
		if m := e.Message; m != nil && m.Direction == flowhq.DirectionOut {
			out++
		}
	}
	shown, written := 0, 0
	for n, c := range w.written {
		written += c
		shown += len(w.phones[n])
	}
	return shown >= written && out >= written
}

// check holds what was promised: per customer every message answered once and in order; the log equal to what was
// shown.
func (w *world) check() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for number, n := range w.written {
		var want []string
		for i := 1; i <= n; i++ {
			want = append(want, fmt.Sprintf("re: %d", i))
		}
		if got := w.phones[number]; strings.Join(got, "|") != strings.Join(want, "|") {
			w.t.Errorf("%s sees %q", number, got)
		}
	}
	in, out := map[string]int{}, map[string]int{}
	for _, e := range w.events {
		if m := e.Message; m != nil && m.Direction == flowhq.DirectionIn {
			in[m.WAMessageID]++
		} else if m != nil {
			out[m.WAMessageID]++
		}
	}
	for id := range w.ids {
		if out[id] != 1 {
			w.t.Errorf("the log has %s %d times", id, out[id])
		}
	}
	written := 0
	for _, n := range w.written {
		written += n
	}
	if len(in) != written || len(out) != len(w.ids) {
		w.t.Errorf("the log has %d in and %d out, phones %d and %d", len(in), len(out), written, len(w.ids))
	}
	for id, n := range in {
		if n != 1 {
			w.t.Errorf("the log has %s %d times", id, n)
		}
	}
}

// output keeps what processes print; several may write at once while a test reads.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// Reset forgets what was printed so far.
func (o *output) Reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Reset()
}
