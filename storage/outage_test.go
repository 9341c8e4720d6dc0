package storage_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"flowhq"
	"flowhq/storage"
	"flowhq/storage/pgtest"
)

// stands wants an outage of a kind.
func stands(t *testing.T, err error, want flowhq.Outage) {
	t.Helper()
	if got := flowhq.OutageOf(err); got != want {
		t.Errorf("the outage is %q, want %q (%v)", got, want, err)
	}
}

// backIn waits until the store can be written again.
func backIn(t *testing.T, h *harness, within time.Duration) {
	t.Helper()
	deadline := time.Now().Add(within)
	for err := h.Probe(h.ctx); err != nil; err = h.Probe(h.ctx) {
		if time.Now().After(deadline) {
			t.Fatalf("the store does not come back: %v", err)
		}
	}
}

// nothingLost applies events 1 to n anew, as a worker does after an outage, and wants each message once.
func nothingLost(t *testing.T, h *harness, id string, acked int64, n int64) {
	t.Helper()
	if got := must(h.Acked(h.ctx, id, "j"))(t); got < acked {
		t.Errorf("%d events are there, %d were acknowledged", got, acked)
	}
	var events []flowhq.WorkerEvent
	for seq := int64(1); seq <= n; seq++ {
		events = append(events, text(seq, "+1", fmt.Sprint("M", seq)))
	}
	h.apply(t, id, "j", events...)
	equal(t, "messages", h.count(t, "SELECT count(*) FROM message_logs"), int(n))
}

func TestProbeAndCheckWhenAllIsWell(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		noError(t, h.Probe(h.ctx))
		noError(t, h.Check(h.ctx))
	})
}

// The server is killed again and again while a worker tells its journal: what was acknowledged is there.
func TestPostgresRestartedUnderLoad(t *testing.T) {
	t.Parallel()
	server := pgtest.Private(t)
	h := open(t, server.DSN(t))
	id := h.tenant(t, "Asha", "").ID
	var acked int64
	var seq int64
	done := make(chan struct{})
	var worker sync.WaitGroup
	worker.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			next := seq + 1
			if got, err := h.ApplyEvents(h.ctx, id, "j",
				[]flowhq.WorkerEvent{text(next, "+1", fmt.Sprint("M", next))}); err == nil {
				acked, seq = got, next
			} else {
				stands(t, err, flowhq.OutageAway)
			}
		}
	})
	for range 3 {
		<-time.After(150 * time.Millisecond)
		noError(t, server.Stop())
		noError(t, server.Start())
	}
	close(done)
	worker.Wait()
	backIn(t, h, 20*time.Second)
	nothingLost(t, h, id, acked, seq)
}

// A fail-over: the address leads to another server from one moment to the next, and connections of before to one that
// is read-only now. New ones are made, and lead to the new server.
func TestPostgresFailsOver(t *testing.T) {
	t.Parallel()
	old := pgtest.Private(t)
	dsn := old.DSN(t)
	cfg := must(pgx.ParseConfig(dsn))(t)
	target := filepath.Join(cfg.Host, fmt.Sprintf(".s.PGSQL.%d", cfg.Port))
	proxy := newProxy(t, target)
	h := open(t, strings.Replace(dsn, urlEscaped(cfg.Host), "127.0.0.1", 1)+fmt.Sprintf("&port=%d", proxy.port))
	id := h.tenant(t, "Asha", "").ID
	h.apply(t, id, "j", text(1, "+1", "M1"))

	run(t, raw(t, dsn), fmt.Sprintf("ALTER DATABASE %s SET default_transaction_read_only = on", cfg.Database))
	proxy.cut()                                  // every connection drops; the next ones find the standby
	stands(t, h.Probe(h.ctx), flowhq.OutageAway) // told once, by the first connection that is dead
	stands(t, h.Probe(h.ctx), flowhq.OutageReadOnly)
	equal(t, "it can be read", must(h.Tenant(h.ctx, id))(t).Name, "Asha")
	_, err := h.ApplyEvents(h.ctx, id, "j", []flowhq.WorkerEvent{text(2, "+1", "M2")})
	stands(t, err, flowhq.OutageReadOnly)

	// It is promoted; nobody cuts a connection.
	run(t, raw(t, dsn+"&default_transaction_read_only=off"),
		"ALTER DATABASE "+cfg.Database+" RESET default_transaction_read_only")
	backIn(t, h, 10*time.Second)
	nothingLost(t, h, id, 1, 5)
}

// Several hosts in one address, as PostgreSQL's own library has them: the one that can be written is found.
func TestPostgresOfSeveralHosts(t *testing.T) {
	t.Parallel()
	down, up := pgtest.Private(t), pgtest.Private(t)
	gone := must(pgx.ParseConfig(down.DSN(t)))(t)
	noError(t, down.Stop())
	dsn := up.DSN(t)
	host := must(pgx.ParseConfig(dsn))(t).Host
	h := open(t, strings.Replace(dsn, "host="+urlEscaped(host), "host="+urlEscaped(gone.Host+","+host),
		1)+"&target_session_attrs=read-write")
	h.tenant(t, "Asha", "")
	noError(t, h.Probe(h.ctx))
}

func urlEscaped(s string) string { return strings.NewReplacer("/", "%2F", ",", "%2C").Replace(s) }

func TestPostgresOutOfConnections(t *testing.T) {
	t.Parallel()
	server := pgtest.Private(t)
	dsn := server.DSN(t)
	h := open(t, dsn)
	id := h.tenant(t, "Asha", "").ID
	h.apply(t, id, "j", text(1, "+1", "M1"))
	noError(t, server.Stop()) // so that the store has no connection left of its own
	noError(t, server.Start())
	var others []*pgx.Conn
	for {
		conn, err := pgx.Connect(h.ctx, dsn)
		if err != nil {
			break
		}
		others = append(others, conn)
	}
	deadline := time.Now().Add(10 * time.Second) // connections of before are found dead first
	for flowhq.OutageOf(h.Probe(h.ctx)) != flowhq.OutageConnections && time.Now().Before(deadline) {
	}
	stands(t, h.Probe(h.ctx), flowhq.OutageConnections)
	for _, conn := range others {
		noError(t, conn.Close(h.ctx))
	}
	backIn(t, h, 10*time.Second)
	nothingLost(t, h, id, 1, 3)
}

// A server that takes the connection and says nothing.
func TestPostgresThatIsSilent(t *testing.T) {
	t.Parallel()
	server := pgtest.Private(t)
	dsn := server.DSN(t)
	cfg := must(pgx.ParseConfig(dsn))(t)
	proxy := newProxy(t, filepath.Join(cfg.Host, fmt.Sprintf(".s.PGSQL.%d", cfg.Port)))
	h := open(t, strings.Replace(dsn, urlEscaped(cfg.Host), "127.0.0.1", 1)+fmt.Sprintf("&port=%d", proxy.port))
	id := h.tenant(t, "Asha", "").ID
	h.apply(t, id, "j", text(1, "+1", "M1"))
	proxy.hold()
	ctx, cancel := context.WithTimeout(h.ctx, 200*time.Millisecond)
	_, err := h.ApplyEvents(ctx, id, "j", []flowhq.WorkerEvent{text(2, "+1", "M2")})
	cancel()
	stands(t, err, flowhq.OutageSlow)
	proxy.release()
	backIn(t, h, 15*time.Second)
	nothingLost(t, h, id, 1, 4)
}

// The disk of a SQLite file fills up and is given room again.
func TestSQLiteDiskFull(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t)
	h := open(t, "sqlite://"+filepath.Join(dir, "flowhq.db"))
	id := h.tenant(t, "Asha", "").ID
	h.apply(t, id, "j", text(1, "+1", "M1"))
	ballast := filepath.Join(dir, "ballast")
	fill(t, ballast)
	acked := int64(1)
	var err error
	for seq := int64(2); err == nil && seq < 5000; seq++ { // the write-ahead log has some room of its own still
		e := text(seq, "+1", fmt.Sprint("M", seq))
		e.Message.Text = strings.Repeat("x", 8000)
		if _, err = h.ApplyEvents(h.ctx, id, "j", []flowhq.WorkerEvent{e}); err == nil {
			acked = seq
		}
	}
	stands(t, err, flowhq.OutageFull)
	stands(t, h.Probe(h.ctx), flowhq.OutageFull)
	equal(t, "it can be read", must(h.Tenant(h.ctx, id))(t).Name, "Asha")
	noError(t, os.Remove(ballast))
	backIn(t, h, 10*time.Second)
	noError(t, h.Check(h.ctx))
	nothingLost(t, h, id, acked, acked+3)
}

// smallDisk mounts a file system of 8 MiB, which needs root or a user name space.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Fatalf("a small disk can't be mounted, which needs root or a user name space (run as root, or `unshare -rm "+
			"go test …`): %v", err)
	}
	t.Cleanup(func() { noError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

func fill(t *testing.T, file string) {
	t.Helper()
	f := must(os.Create(file))(t)
	block := make([]byte, 64<<10)
	for {
		if _, err := f.Write(block); err != nil {
			if len(block) == 1 {
				break
			}
			block = block[:len(block)/2]
		}
	}
	noError(t, f.Close())
}

// A backup tool that holds the file locked.
func TestSQLiteLockedByAnotherProgram(t *testing.T) {
	t.Parallel()
	h := open(t, dsns()["sqlite"](t))
	id := h.tenant(t, "Asha", "").ID
	h.apply(t, id, "j", text(1, "+1", "M1"))
	conn := must(raw(t, h.dsn).Conn(h.ctx))(t)
	defer func() { noError(t, conn.Close()) }()
	if _, err := conn.ExecContext(h.ctx, "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	stands(t, h.Probe(h.ctx), flowhq.OutageBusy) // after the time that a writer is waited for
	equal(t, "it can be read", must(h.Tenant(h.ctx, id))(t).Name, "Asha")
	if _, err := conn.ExecContext(h.ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	nothingLost(t, h, id, 1, 3)
}

// A file in whose middle the disk wrote nonsense is found out, while running and by the check.
func TestSQLiteDamaged(t *testing.T) {
	t.Parallel()
	dsn := dsns()["sqlite"](t)
	h := open(t, dsn)
	id := h.tenant(t, "Asha", "").ID
	var events []flowhq.WorkerEvent
	for seq := int64(1); seq <= 3000; seq++ {
		events = append(events, text(seq, "+1", fmt.Sprint("M", seq)))
	}
	h.apply(t, id, "j", events...)
	noError(t, h.Close())
	file := strings.TrimPrefix(dsn, "sqlite://")
	data := must(os.ReadFile(file))(t)
	for at := len(data) / 2; at < len(data)*3/4; at++ {
		data[at] = byte(at * 7)
	}
	noError(t, os.WriteFile(file, data, 0o600))
	h.Store = must(storage.Open(h.ctx, dsn, copyOptions()))(t)
	stands(t, h.Check(h.ctx), flowhq.OutageDamaged)
	var err error
	for before := (flowhq.Cursor{}); err == nil; {
		var page []flowhq.Message
		if page, err = h.Messages(h.ctx, id, flowhq.MessageQuery{Before: before, Limit: 1000}); err == nil {
			if len(page) == 0 {
				t.Fatal("nothing of the damage is seen")
			}
			before = flowhq.Cursor{At: page[len(page)-1].CreatedAt, ID: page[len(page)-1].ID}
		}
	}
	stands(t, err, flowhq.OutageDamaged)
	equal(t, "the rest can be read", must(h.Tenant(h.ctx, id))(t).Name, "Asha")
}

// A file that is damaged from the first page on is said at once, without waiting.
func TestSQLiteDamagedAtTheStart(t *testing.T) {
	t.Parallel()
	dsn := dsns()["sqlite"](t)
	noError(t, open(t, dsn).Probe(t.Context()))
	h := open(t, dsn)
	noError(t, h.Close())
	file := strings.TrimPrefix(dsn, "sqlite://")
	copied := filepath.Join(filepath.Dir(file), "copy.db")
	data := must(os.ReadFile(file))(t)
	copy(data[100:], slices.Repeat([]byte{0xff}, 4000))
	noError(t, os.WriteFile(copied, data, 0o600))
	start := time.Now()
	o := copyOptions()
	o.Wait = time.Minute
	_, err := storage.Open(t.Context(), "sqlite://"+copied, o)
	stands(t, err, flowhq.OutageDamaged)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v to say so", took)
	}
	h.Store = must(storage.Open(t.Context(), dsn, copyOptions()))(t)
}

// proxy is a connection's way to a server that a test can cut, hold up and lead elsewhere.
type proxy struct {
	port   int
	target string

	mu      sync.Mutex
	held    *sync.Cond
	holding bool
	conns   []net.Conn
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	p := &proxy{port: l.Addr().(*net.TCPAddr).Port, target: target}
	p.held = sync.NewCond(&p.mu)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.release()
		p.cut()
		all.Wait()
	})
	return p
}

func (p *proxy) serve(c net.Conn) {
	up, err := net.Dial("unix", p.target)
	if err != nil {
		_ = c.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, c, up)
	p.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{c, up}, {up, c}} {
		both.Go(func() {
			_, _ = io.Copy(gate{way[1], p}, way[0])
			_ = c.Close()
			_ = up.Close()
		})
	}
	both.Wait()
}

// gate lets bytes through while nothing is held up.
type gate struct {
	net.Conn
	p *proxy
}

func (g gate) Write(b []byte) (int, error) {
	g.p.mu.Lock()
	for g.p.holding {
		g.p.held.Wait()
	}
	g.p.mu.Unlock()
	return g.Conn.Write(b)
}

func (p *proxy) hold() { p.mu.Lock(); p.holding = true; p.mu.Unlock() }

func (p *proxy) release() { p.mu.Lock(); p.holding = false; p.mu.Unlock(); p.held.Broadcast() }

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}
