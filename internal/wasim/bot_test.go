package wasim_test

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"flowhq/internal/wasim"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"
	_ "modernc.org/sqlite"
)

// patience is long, because the machine may be busy; nothing waits that long when all is well.
const patience = 2 * time.Minute

const (
	phoneNo    = "+255700000001"
	customerNo = "+255711000001"
)

// rootKey is set once for the whole process, because whatsmeow reads a package variable: all simulators of this test
// binary share one seed and with it one root key.
var trust sync.Once

const testSeed = 7

// start runs a simulator for the test.
func start(t testing.TB, change ...func(*wasim.Config)) *wasim.Server {
	t.Helper()
	cfg := wasim.Config{Seed: testSeed, Bare: true, FewKeys: true}
	for _, c := range change {
		c(&cfg)
	}
	srv, err := wasim.New(cfg)
	must(t, err)
	trust.Do(func() { whatsmeow.WACertPubKey = srv.RootKey() })
	t.Cleanup(func() { must(t, srv.Close()) })
	return srv
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ctxFor(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// bot is a real whatsmeow client with a SQLite store.
type bot struct {
	t      testing.TB
	cli    *whatsmeow.Client
	box    *sqlstore.Container
	addr   string
	events chan any
	tr     *http.Transport
}

func openStore(path string) (*sql.DB, error) {
	pragmas := "?_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=busy_timeout(10000)"
	db, err := sql.Open("sqlite", "file:"+path+pragmas)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// emptyStore is the file of a store with nothing in it. Making one takes much longer than copying it.
var emptyStore = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "wasim")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "wa.db")
	db, err := openStore(path)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(sqlstore.NewWithDB(db, "sqlite", waLog.Noop).Upgrade(context.Background()),
		db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// newBot makes a client that is not linked yet.
func newBot(t testing.TB, srv *wasim.Server) *bot {
	t.Helper()
	return newBotAt(t, srv.Addr())
}

func newBotAt(t testing.TB, addr string) *bot {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wa.db")
	empty, err := emptyStore()
	must(t, err)
	must(t, os.WriteFile(path, empty, 0o600))
	db, err := openStore(path)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	box := sqlstore.NewWithDB(db, "sqlite", waLog.Noop)
	b := &bot{t: t, box: box, addr: addr}
	b.use(box.NewDevice())
	return b
}

// use makes a new client of a stored device, as after a restart of its process. It connects again by itself.
func (b *bot) use(dev *store.Device) {
	dev.Container = keptDevices{dev.Container}
	cli := whatsmeow.NewClient(dev, waLog.Noop)
	cli.EnableAutoReconnect, cli.DisableLoginAutoReconnect = false, true // the comeback does that
	tr := wasim.Transport(b.addr)
	h := &http.Client{Transport: tr}
	cli.SetWebsocketHTTPClient(h)
	cli.SetPreLoginHTTPClient(h)
	cli.SetMediaHTTPClient(h)
	b.cli, b.tr, b.events = cli, tr, make(chan any, 4096)
	ch, back := b.events, newComeback(cli)
	cli.AddEventHandler(func(e any) {
		back.heard(e)
		ch <- e
	})
	b.t.Cleanup(func() {
		back.end()
		cli.Disconnect()
		tr.CloseIdleConnections()
	})
}

var errKept = errors.New("kept until the end of the test")

// keptDevices lets whatsmeow delete no device: it would take the stores out of one under others that use them, a data
// race.
type keptDevices struct{ store.DeviceContainer }

func (keptDevices) DeleteDevice(context.Context, *store.Device) error {
	return errKept
}

// PutDevice stays around a device that is stored for the first time: the store puts itself in its place.
func (k keptDevices) PutDevice(ctx context.Context, d *store.Device) error {
	first := !d.Initialized
	err := k.DeviceContainer.PutDevice(ctx, d)
	if first {
		d.Container = k
	}
	return err
}

// comeback connects a client again, in place of whatsmeow's own way, which counts its tries under no lock.
type comeback struct {
	cli  *whatsmeow.Client
	work sync.WaitGroup

	mu   sync.Mutex
	ctx  context.Context
	stop context.CancelFunc
}

func newComeback(cli *whatsmeow.Client) *comeback {
	c := &comeback{cli: cli}
	c.ctx, c.stop = context.WithCancel(context.Background())
	return c
}

func (c *comeback) heard(e any) {
	_, asked := e.(*events.ManualLoginReconnect)
	if _, lost := e.(*events.Disconnected); !asked && !lost {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil {
		return
	}
	c.work.Go(func() {
		if asked {
			c.cli.Disconnect()
		}
		for c.ctx.Err() == nil {
			if err := c.cli.Connect(); err == nil || errors.Is(err, whatsmeow.ErrAlreadyConnected) {
				return
			}
			select {
			case <-c.ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
}

func (c *comeback) end() {
	c.mu.Lock()
	c.stop()
	c.mu.Unlock()
	c.work.Wait()
}

// again is the same session in a new client.
func (b *bot) again() *bot {
	b.t.Helper()
	all, err := b.box.GetAllDevices(context.Background())
	must(b.t, err)
	if len(all) != 1 {
		b.t.Fatalf("%d stored sessions, want 1", len(all))
	}
	next := &bot{t: b.t, box: b.box, addr: b.addr}
	next.use(all[0])
	return next
}

// link pairs the client with a phone by QR code and waits for the login.
func (b *bot) link(phone *wasim.Phone) *bot {
	b.t.Helper()
	info, err := phone.Scan(ctxFor(b.t), b.qr())
	must(b.t, err)
	await[*events.Connected](b)
	eventually(b.t, "all that came with the link is confirmed", func() bool {
		for _, d := range phone.Info().Devices {
			if d.ID == info.ID {
				return d.Waiting == 0
			}
		}
		return false
	})
	return b
}

// qr connects and returns the first code.
func (b *bot) qr() string {
	b.t.Helper()
	must(b.t, b.cli.Connect())
	return await[*events.QR](b).Codes[0]
}

// await returns the next event of a type and drops the others.
func await[T any](b *bot) T {
	b.t.Helper()
	return awaitWhere(b, func(T) bool { return true })
}

func awaitWhere[T any](b *bot, ok func(T) bool) (none T) {
	b.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case e := <-b.events:
			if v, is := e.(T); is && ok(v) {
				return v
			}
		case <-limit:
			b.t.Fatalf("no %T within %v", none, patience)
			return none
		}
	}
}

// say sends a text and fails the test when the server does not take it.
func (b *bot) say(to types.JID, text string) string {
	b.t.Helper()
	resp, err := b.cli.SendMessage(ctxFor(b.t), to, &waE2E.Message{Conversation: proto.String(text)})
	must(b.t, err)
	return resp.ID
}

// sayLater is say for an acknowledgement that is held back.
func (b *bot) sayLater(to types.JID, text string) <-chan error {
	ctx, done := ctxFor(b.t), make(chan error, 1)
	go func() {
		_, err := b.cli.SendMessage(ctx, to, &waE2E.Message{Conversation: proto.String(text)})
		done <- err
	}()
	return done
}

// waitRow returns the first row numbered above after.
func waitRow(t testing.TB, who interface {
	WaitInbox(context.Context, int) []wasim.InboxRow
}, after int) wasim.InboxRow {
	t.Helper()
	rows := who.WaitInbox(ctxFor(t), after)
	if len(rows) == 0 {
		t.Fatalf("nothing arrived within %v", patience)
	}
	return rows[0]
}

// eventually polls until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(limit) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func makePhone(t testing.TB, srv *wasim.Server, number string) *wasim.Phone {
	t.Helper()
	p, err := srv.Phone(number)
	must(t, err)
	return p
}

func makeCustomer(t testing.TB, srv *wasim.Server, number string, form wasim.AddressForm) *wasim.Customer {
	t.Helper()
	c, err := srv.Customer(number, wasim.CustomerOptions{Name: "Asha", Address: form})
	must(t, err)
	return c
}

func write(t testing.TB, c *wasim.Customer, text string) string {
	t.Helper()
	id, err := c.Send(wasim.Text(phoneNo, text))
	must(t, err)
	return id
}

func sendAs(id string) whatsmeow.SendRequestExtra { return whatsmeow.SendRequestExtra{ID: id} }
