package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/message"
	"flowhq/worker/whatsapp"
)

// fakeDevice is a linked device in memory: it shows what customers would see, and fails as told.
type fakeDevice struct {
	mu       sync.Mutex
	config   whatsapp.Config
	report   flowhq.SessionReport
	ids      int
	attempts int
	shown    []shown           // as phones show it: one for each id
	byID     map[string]string // text by id
	typing   int
	read     []string
	fail     func(attempt int, id string) error // nil: none; an error of ErrUnknown may have arrived: see lost
	lost     bool                               // an unknown send did not arrive
	slow     time.Duration                      // every send takes so long
	relinked int
}

type shown struct {
	id, to, text string
	at           time.Time
}

func newFake() *fakeDevice {
	return &fakeDevice{
		report: flowhq.SessionReport{Phase: flowhq.PhaseConnected, LinkedJID: "255700000000:1@s.whatsapp.net"},
		byID:   make(map[string]string),
	}
}

func (d *fakeDevice) open(c whatsapp.Config) (device, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.config = c
	return d, nil
}

func (d *fakeDevice) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func (d *fakeDevice) Report() flowhq.SessionReport {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.report
}

// phase changes the session's phase and tells it, as the device does.
func (d *fakeDevice) phase(p flowhq.Phase) {
	d.mu.Lock()
	d.report.Phase = p
	r, tell := d.report, d.config.Report
	d.mu.Unlock()
	if tell != nil {
		tell(r)
	}
}

func (d *fakeDevice) NewMessageID() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ids++
	return fmt.Sprintf("3EB0%018d%d", d.ids, time.Now().UnixNano())
}

func (d *fakeDevice) Send(ctx context.Context, id string, to message.Person, text string) (time.Time, error) {
	d.mu.Lock()
	slow := d.slow
	d.mu.Unlock()
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return time.Time{}, whatsapp.ErrUnknown
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.attempts++
	var err error
	if d.report.Phase != flowhq.PhaseConnected {
		err = whatsapp.ErrOffline
	} else if d.fail != nil {
		err = d.fail(d.attempts, id)
	}
	if err != nil && (!errors.Is(err, whatsapp.ErrUnknown) || d.lost) {
		return time.Time{}, err
	}
	if before, ok := d.byID[id]; ok && before != text {
		panic("one id, two texts")
	} else if !ok {
		d.byID[id] = text
		d.shown = append(d.shown, shown{id, to.String(), text, time.Now()})
	}
	return time.Now(), err
}

func (d *fakeDevice) Typing(context.Context, message.Person, bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.typing++
	return nil
}

func (d *fakeDevice) MarkRead(_ context.Context, _ message.Person, ids []string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.read = append(d.read, ids...)
	return nil
}

func (d *fakeDevice) LinkCode(context.Context, string) (flowhq.LinkCode, error) {
	return flowhq.LinkCode{}, whatsapp.ErrLinked
}

func (d *fakeDevice) Relink() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.relinked++
}
func (d *fakeDevice) Logout(context.Context) error { return whatsapp.ErrNotLinked }
func (d *fakeDevice) Self() message.Person         { return message.Person{PN: "+255700000000", LID: "99"} }
func (d *fakeDevice) Close() error                 { return nil }

// to lists what the phone of an address shows.
func (d *fakeDevice) to(key string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var texts []string
	for _, s := range d.shown {
		if s.to == key {
			texts = append(texts, s.text)
		}
	}
	return texts
}

// echoTalk answers "re: <text>"; a few words do other things. Its state counts the messages.
type echoTalk struct{}

type echoFlow struct{ name string }

func (echoTalk) load(_ int64, f journal.Flow) (flow, error) {
	if strings.Contains(f.YAML, "broken") {
		return nil, errors.New("line 1: broken")
	}
	return echoFlow{f.YAML}, nil
}

func (f echoFlow) step(biz flowhq.Business, c *journal.Chat, l *message.Incoming, _ time.Time) (outcome, error) {
	out := outcome{state: append(append([]byte(nil), c.State...), '.'), resting: true}
	switch word, _, _ := strings.Cut(l.Text, " "); {
	case word == "panic":
		panic("at the conversation")
	case word == "error":
		return out, errors.New("cannot go on " + strings.Repeat("x", 2000))
	case word == "stop":
		out.optOut, out.replies = true, []string{"bye"}
	case word == "start":
		out.optIn, out.replies = true, []string{"welcome"}
	case word == "human":
		out.handoff, out.replies, out.notices = journal.HandoffCustomer, []string{
			"wait for a human",
		}, []string{
			"call " + l.Name,
		}
	case word == "order":
		out.replies = []string{"ordered"}
		out.requests = []flowhq.RequestEvent{{Type: flowhq.RequestOrder}}
		out.notices = []string{"new order"}
	case word == "ask":
		out.resting, out.replies = false, []string{f.name + " asks"}
	case word == "answer":
		out.replies = []string{f.name + " hears"}
	case l.Kind == flowhq.KindReaction:
	default:
		out.replies = []string{biz.Name + "re: " + l.Text}
	}
	out.traces = []traceStep{{flowhq.TraceStep, "echo"}}
	return out, nil
}

// house is an engine on a fake device, with a journal on the disk.
type house struct {
	t    *testing.T
	dir  string
	dev  *fakeDevice
	e    *engine
	j    *journal.Journal
	stop func()
	n    int
}

func plain() flowhq.WorkerConfig {
	return flowhq.WorkerConfig{
		Revision: 1, Version: 1,
		Business: flowhq.Business{Language: flowhq.English, Settings: flowhq.Settings{Timezone: "UTC"}},
		Limits:   flowhq.Limits{RepliesPerMinute: 1000, CatchUp: 30 * time.Minute, Handoff: 12 * time.Hour},
	}
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), dev: newFake()}
	h.start()
	if err := h.e.configure(plain()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.stop() })
	return h
}

// start brings an engine up on the house's folder, as a process does.
func (h *house) start() {
	h.t.Helper()
	j, _, err := journal.Open(h.t.Context(), h.dir, time.Now)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, kill := context.WithCancel(context.Background())
	e, err := newEngine(ctx, j, echoTalk{}, h.log())
	if err != nil {
		h.t.Fatal(err)
	}
	e.dev, h.e, h.j = h.dev, e, j
	h.dev.config.Report = e.reported
	if err := e.resume(); err != nil {
		h.t.Fatal(err)
	}
	background, quit := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { e.background(background); close(ended) }()
	var once sync.Once
	h.stop = func() {
		once.Do(func() {
			e.stop(finishLimit, kill)
			kill()
			quit()
			<-ended
			if err := j.Close(); err != nil {
				h.t.Error(err)
			}
		})
	}
}

func (h *house) restart() {
	h.stop()
	h.start()
}

// says lets a customer write.
func (h *house) says(from, text string) string {
	h.t.Helper()
	h.n++
	id := fmt.Sprintf("IN%d", h.n)
	h.take(message.Incoming{ID: id, From: addressFrom(from), Text: text})
	return id
}

func addressFrom(s string) message.Person {
	if lid, ok := strings.CutPrefix(s, "lid:"); ok {
		return message.Person{LID: lid}
	}
	return message.Person{PN: s}
}

func (h *house) take(m message.Incoming) {
	h.t.Helper()
	if err := h.give(m); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) give(m message.Incoming) error {
	if m.Place == "" {
		m.Place = message.PlaceDirect
	}
	if m.Kind == "" {
		m.Kind = flowhq.KindText
	}
	if m.SentAt.IsZero() {
		m.SentAt = time.Now()
	}
	return h.e.receive(h.t.Context(), m)
}

// ownerWrites lets the owner write on the phone.
func (h *house) ownerWrites(to, text string) string {
	h.t.Helper()
	h.n++
	id := fmt.Sprintf("OWN%d", h.n)
	h.take(message.Incoming{ID: id, FromMe: true, From: h.dev.Self(), To: addressFrom(to), Text: text})
	return id
}

// expect compares what the phone of a customer shows.
func (h *house) expect(who string, want ...string) {
	h.t.Helper()
	if got := h.dev.to(who); fmt.Sprint(got) != fmt.Sprint(want) {
		h.t.Errorf("%s sees %q, want %q", who, got, want)
	}
}

func (h *house) all() []flowhq.WorkerEvent {
	h.t.Helper()
	var all []flowhq.WorkerEvent
	err := h.j.Read(func(tx *journal.Tx) (err error) {
		all, err = tx.EventsAfter(0, 100000, 1<<30)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// trace lists the steps of the decisions about a message.
func (h *house) trace(id string) string {
	h.t.Helper()
	var steps []string
	for _, e := range h.all() {
		if e.Trace != nil && e.Trace.WAMessageID == id {
			steps = append(steps, e.Trace.Entry.Step)
		}
	}
	return strings.Join(steps, " ")
}

func (h *house) expectTrace(id, want string) {
	h.t.Helper()
	if got := h.trace(id); got != want {
		h.t.Errorf("trace of %s: %s\nwant %s", id, got, want)
	}
}

// log lists the message log as events tell it.
func (h *house) messages() []string {
	h.t.Helper()
	var lines []string
	for _, e := range h.all() {
		if m := e.Message; m != nil {
			lines = append(lines, fmt.Sprintf("%s %s %s: %s", m.Direction, m.Author, m.Chat, m.Text))
		}
	}
	return lines
}

// notes lists what was put on the time line.
func (h *house) notes() []string {
	h.t.Helper()
	var lines []string
	for _, e := range h.all() {
		if e.Note != nil {
			lines = append(lines, e.Note.Detail)
		}
	}
	return lines
}
