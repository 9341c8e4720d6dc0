package worker

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"flowhq"
	"flowhq/wire"
	"flowhq/worker/journal"
	"flowhq/worker/message"
	"flowhq/worker/whatsapp"
)

// office is an appliance's end over a real socket, in the test's own process.
type office struct {
	t      *testing.T
	server *wire.Server
	stop   func()

	mu      sync.Mutex
	config  flowhq.WorkerConfig
	acked   int64
	hellos  []wire.Hello
	events  []flowhq.WorkerEvent
	reports []flowhq.SessionReport
	beats   []wire.Heartbeat
	refuse  bool
}

func newOffice(t *testing.T, socket string) *office {
	t.Helper()
	o := &office{t: t, config: plain()}
	o.open(socket)
	return o
}

func (o *office) open(socket string) {
	o.server = wire.NewServer(wire.Config{
		Socket: socket, Handler: o, Authenticate: func(string, string, int) error { return nil }, Logger: quietLog(),
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func(s *wire.Server) { ended <- s.Serve(ctx) }(o.server)
	o.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			o.t.Error(err)
		}
	})
	o.t.Cleanup(o.stop)
}

func (o *office) Hello(_ context.Context, h wire.Hello) (flowhq.WorkerConfig, int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hellos = append(o.hellos, h)
	return o.config, o.acked, nil
}

func (o *office) Report(_ context.Context, _ string, r flowhq.SessionReport) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reports = append(o.reports, r)
	return nil
}

func (o *office) Heartbeat(_ context.Context, _ string, h wire.Heartbeat) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.beats = append(o.beats, h)
	return nil
}

func (o *office) Events(_ context.Context, _, _ string, events []flowhq.WorkerEvent) (int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refuse {
		return 0, flowhq.Errorf(flowhq.CodeUnavailable, "The database is away")
	}
	o.events = append(o.events, events...)
	o.acked = events[len(events)-1].Seq
	return o.acked, nil
}

func (o *office) Gone(string) {}

func (o *office) get(f func() bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return f()
}

// process is a worker in the test's own process, with a fake device and everything else real.
type process struct {
	*testing.T
	config Config
	dev    *fakeDevice
	stop   func() error
}

func newProcess(t *testing.T, dir string) *process {
	t.Helper()
	p := &process{T: t, dev: newFake(), config: Config{
		TenantID: "t1", Dir: filepath.Join(dir, "t1"), Socket: filepath.Join(dir, "workers.sock"), Token: "x",
		Version: "v1", loader: echoTalk{}, missedDelay: 50 * time.Millisecond,
	}}
	p.config.open = p.dev.open
	p.start()
	return p
}

func (p *process) start() {
	p.dev.mu.Lock()
	p.dev.config = whatsapp.Config{}
	p.dev.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, p.config, quietLog(), func() int64 { return 7 }) }()
	var once sync.Once
	var err error
	p.stop = func() error {
		once.Do(func() {
			cancel()
			err = <-ended
		})
		return err
	}
	p.Cleanup(func() {
		if err := p.stop(); err != nil {
			p.Error(err)
		}
	})
}

// ends waits for the process to end by itself.
func (p *process) ends() bool {
	return eventually(p.T, func() bool {
		release, err := lock(p.config.Dir)
		if err == nil {
			release()
		}
		return err == nil
	})
}

func (p *process) says(from, text string) {
	p.Helper()
	p.dev.mu.Lock()
	receive := p.dev.config.Receive
	p.dev.mu.Unlock()
	err := receive(p.Context(), message.Incoming{
		ID: "ID-" + text, Place: message.PlaceDirect, From: message.Person{PN: from}, Kind: flowhq.KindText, Text: text,
		SentAt: time.Now(),
	})
	if err != nil {
		p.Error(err)
	}
}

func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	if !eventually(t, ok) {
		t.Fatalf("not within %s: %s", patience, what)
	}
}

func (p *process) connected(o *office) {
	p.Helper()
	within(
		p.T, "the worker connects",
		func() bool { return o.server.Connected("t1") && o.get(func() bool { return len(o.reports) > 0 }) },
	)
}

func TestEventsReachTheAppliance(t *testing.T) {
	dir := t.TempDir()
	o := newOffice(t, filepath.Join(dir, "workers.sock"))
	p := newProcess(t, dir)
	p.connected(o)
	h := o.hellos[0]
	if h.TenantID != "t1" || h.Token != "x" || h.PID != os.Getpid() || h.Version != "v1" || len(h.Journal) != 36 {
		t.Errorf("hello %+v", h)
	}
	p.says(asha, "1")
	within(t, "the log is told", func() bool { return o.get(func() bool { return texts(o.events) == "1|re: 1" }) })
	o.stop() // the appliance dies; customers are answered
	p.says(asha, "2")
	within(t, "an answer without an appliance", func() bool { return len(p.dev.to(asha)) == 2 })
	o.open(p.config.Socket)
	within(
		t, "the log is made up for",
		func() bool { return o.get(func() bool { return texts(o.events) == "1|re: 1|2|re: 2" }) },
	)
	o.mu.Lock()
	o.refuse = true // the database is away
	o.mu.Unlock()
	p.says(asha, "3")
	within(t, "an answer without a database", func() bool { return len(p.dev.to(asha)) == 3 })
	o.mu.Lock()
	o.refuse = false
	o.mu.Unlock()
	within(
		t, "the log is made up for",
		func() bool { return o.get(func() bool { return texts(o.events) == "1|re: 1|2|re: 2|3|re: 3" }) },
	)
}

func texts(events []flowhq.WorkerEvent) string {
	var all []string
	for _, e := range events {
		if e.Message != nil {
			all = append(all, e.Message.Text)
		}
	}
	return strings.Join(all, "|")
}

func TestConfigurationReachesARunningWorker(t *testing.T) {
	dir := t.TempDir()
	o := newOffice(t, filepath.Join(dir, "workers.sock"))
	p := newProcess(t, dir)
	p.connected(o)
	c := plain()
	c.Revision, c.Business.Name = 5, "Duka "
	must(t, o.server.Configure(t.Context(), "t1", c))
	p.says(asha, "1")
	within(
		t, "an answer by the new settings", func() bool { return slices.Equal(p.dev.to(asha), []string{"Duka re: 1"}) },
	)
	c.Revision, c.Business.Name = 4, "Old "
	must(t, o.server.Configure(t.Context(), "t1", c))
	c.Revision, c.FlowYAML = 6, "broken"
	if err := o.server.Configure(t.Context(), "t1", c); flowhq.CodeOf(err) != flowhq.CodeInvalid {
		t.Errorf("a broken flow: %v", err)
	}
	p.says(asha, "2")
	within(
		t, "an answer by the settings in force",
		func() bool { return slices.Equal(p.dev.to(asha), []string{"Duka re: 1", "Duka re: 2"}) },
	)
	must(t, p.stop())
	o.stop()
	p.start() // no appliance: by the settings that were kept
	within(t, "the worker runs", func() bool { return p.dev.taking() })
	p.says(juma, "3")
	within(
		t, "an answer by the kept settings",
		func() bool { return slices.Equal(p.dev.to(juma), []string{"Duka re: 3"}) },
	)
}

// taking tells whether a running worker has the device.
func (d *fakeDevice) taking() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.config.Receive != nil
}

func TestReportsAndHeartbeats(t *testing.T) {
	dir := t.TempDir()
	o := newOffice(t, filepath.Join(dir, "workers.sock"))
	o.config.Limits.Heartbeat = 30 * time.Millisecond
	p := newProcess(t, dir)
	p.connected(o)
	p.dev.phase(flowhq.PhaseLoggedOut)
	p.dev.phase(flowhq.PhaseQR)
	within(t, "each phase is told in order", func() bool {
		return o.get(func() bool {
			var phases []flowhq.Phase
			for _, r := range o.reports {
				phases = append(phases, r.Phase)
			}
			return fmt.Sprint(phases) == "[CONNECTED LOGGED_OUT QR]"
		})
	})
	within(t, "heartbeats", func() bool { return o.get(func() bool { return len(o.beats) > 3 }) })
	if b := o.beats[3]; b.DroppedLogs != 7 || b.Report.Phase == "" {
		t.Errorf("heartbeat %+v", b)
	}
	if r, err := o.server.Ping(t.Context(), "t1"); err != nil || r.Phase != flowhq.PhaseQR {
		t.Errorf("ping %+v, %v", r, err)
	}
	must(t, o.server.Relink(t.Context(), "t1"))
	if p.dev.relinked != 1 {
		t.Error("relink did not arrive")
	}
}

func TestDrain(t *testing.T) {
	dir := t.TempDir()
	o := newOffice(t, filepath.Join(dir, "workers.sock"))
	p := newProcess(t, dir)
	p.connected(o)
	p.dev.slow = 200 * time.Millisecond
	p.says(asha, "1")
	must(t, o.server.Drain(t.Context(), "t1"))
	if !p.ends() {
		t.Fatal("a drained worker did not end")
	}
	if got := p.dev.to(asha); !slices.Equal(got, []string{"re: 1"}) {
		t.Errorf("asha sees %q", got)
	}
	if !o.get(func() bool { return texts(o.events) == "1|re: 1" }) {
		t.Errorf("the last events were not told: %s", texts(o.events))
	}
	must(t, p.stop())
}

func TestOrphanEndsItself(t *testing.T) {
	dir := t.TempDir()
	o := newOffice(t, filepath.Join(dir, "workers.sock"))
	o.config.Limits.Heartbeat, o.config.Limits.OrphanGrace = 20*time.Millisecond, 200*time.Millisecond
	p := newProcess(t, dir)
	p.connected(o)
	o.stop()
	if !p.ends() {
		t.Fatal("an orphan did not end itself")
	}
	must(t, p.stop())
}

func TestJournalPutBackFromABackupGetsANewID(t *testing.T) {
	dir := t.TempDir()
	o := newOffice(t, filepath.Join(dir, "workers.sock"))
	o.acked = 1000
	p := newProcess(t, dir)
	p.connected(o)
	before := o.hellos[0].Journal
	p.says(asha, "1")
	within(t, "the log is told", func() bool { return o.get(func() bool { return texts(o.events) == "1|re: 1" }) })
	must(t, p.stop())
	p.start()
	within(t, "a second hello", func() bool { return o.get(func() bool { return len(o.hellos) == 2 }) })
	if o.hellos[1].Journal == before {
		t.Error("the journal kept its id: numbers would be given twice")
	}
}

func TestSnapshot(t *testing.T) {
	dir := t.TempDir()
	o := newOffice(t, filepath.Join(dir, "workers.sock"))
	p := newProcess(t, dir)
	p.connected(o)
	db, err := sql.Open("sqlite", filepath.Join(p.config.Dir, deviceFile))
	must(t, err)
	_, err = db.Exec("PRAGMA journal_mode = WAL; CREATE TABLE keys (k TEXT); INSERT INTO keys VALUES ('secret')")
	must(t, err)
	defer func() { _ = db.Close() }()
	p.says(asha, "1")
	within(t, "an answer", func() bool { return len(p.dev.to(asha)) == 1 })
	to := filepath.Join(p.config.Dir, "backup", "now")
	for range 2 {
		must(t, o.server.Snapshot(t.Context(), "t1", to))
	}
	j, _, err := journal.Open(t.Context(), to, time.Now)
	must(t, err)
	if j.ID() != o.hellos[0].Journal || j.LastSeq() == 0 {
		t.Errorf("copy: %s, %d events", j.ID(), j.LastSeq())
	}
	must(t, j.Close())
	copied, err := sql.Open("sqlite", filepath.Join(to, deviceFile))
	must(t, err)
	var k string
	if err := copied.QueryRow("SELECT k FROM keys").Scan(&k); err != nil || k != "secret" {
		t.Errorf("device's copy: %q, %v", k, err)
	}
	must(t, copied.Close())
	for _, bad := range []string{dir, "/etc", "relative", p.config.Dir, p.config.Dir + "/../elsewhere"} {
		if err := o.server.Snapshot(t.Context(), "t1", bad); flowhq.CodeOf(err) != flowhq.CodeInvalid {
			t.Errorf("into %s: %v", bad, err)
		}
	}
}

func TestSecondWorkerIsRefused(t *testing.T) {
	dir := t.TempDir()
	o := newOffice(t, filepath.Join(dir, "workers.sock"))
	p := newProcess(t, dir)
	p.connected(o)
	if err := run(t.Context(), p.config, quietLog(), nil); !errors.Is(err, ErrLocked) {
		t.Errorf("a second worker: %v", err)
	}
}
