package appliance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"flowhq/appliance/workers"
	"flowhq/storage"
	"flowhq/storage/pgtest"
	"flowhq/wire"
	"flowhq/worker"
)

// orders is what a prisoner is told: a worker that shuts itself in as every worker does, and then tries to get out.
type orders struct {
	Victim, Appliance             int    // processes: another worker, and the appliance
	Other, Database, Env, Control string // another tenant's folder, and files of the appliance
	PostgresSocket, PostgresUser  string
	PostgresPort                  int
	Answers                       string // where the results go, in its own folder
}

// outcome is what came of it: for each try the error, "" where it went through.
type outcome struct {
	Note        string
	Tries       map[string]string
	Dumpable    int
	NoNewPrivs  int
	Environment []string
}

// playPrisoner is the process. It waits to be ended, as a worker does.
func playPrisoner(c worker.Config, text []byte) int {
	var o orders
	if err := json.Unmarshal(text, &o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	note, err := worker.Isolate(c, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	a := outcome{Note: note, Tries: o.tries(c), Environment: os.Environ()}
	a.Dumpable, _ = unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	a.NoNewPrivs, _ = unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	out, err := json.Marshal(a)
	if err == nil {
		err = os.WriteFile(o.Answers+".part", out, 0o600)
	}
	if err == nil {
		err = os.Rename(o.Answers+".part", o.Answers)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	<-ended.Done()
	return 0
}

// tries tries everything.
func (o orders) tries(c worker.Config) map[string]string {
	all := make(map[string]string)
	try := func(what string, err error) {
		if all[what] = ""; err != nil {
			all[what] = err.Error()
		}
	}
	read := func(path string) error { _, err := os.ReadFile(path); return err }
	try("write its own file", os.WriteFile(filepath.Join(c.Dir, "own"), []byte("x"), 0o600))
	try("dial the workers' socket", dialed("unix", c.Socket))

	_, err := os.ReadDir(o.Other)
	try("list another tenant's folder", err)
	try("read another tenant's journal", read(filepath.Join(o.Other, "journal.db")))
	try("write into another tenant's folder", os.WriteFile(filepath.Join(o.Other, "planted"), []byte("x"), 0o600))
	try("link another tenant's journal into its own folder",
		os.Link(filepath.Join(o.Other, "journal.db"), filepath.Join(c.Dir, "theirs")))
	try("read the database's file", read(o.Database))
	try("read the environment file", read(o.Env))
	try("read another worker's token", read(filepath.Join(filepath.Dir(c.Socket), "tokens", filepath.Base(o.Other))))
	try("start a program", exec.Command("/bin/true").Run())

	for name, pid := range map[string]int{"another worker": o.Victim, "the appliance": o.Appliance} {
		proc := "/proc/" + strconv.Itoa(pid)
		try("read the environment of "+name, read(proc+"/environ"))
		_, err := os.OpenFile(proc+"/mem", os.O_RDWR, 0)
		try("open the memory of "+name, err)
		try("read the memory of "+name, peek(pid))
		try("trace "+name, traced(pid))
		try("signal "+name, syscall.Kill(pid, 0))
	}
	try("control the appliance", o.control())
	for _, user := range []string{"root", "flowhq", "postgres", o.PostgresUser} {
		try("log in to PostgreSQL's socket as "+user,
			login(url.Values{"host": {o.PostgresSocket}, "port": {strconv.Itoa(o.PostgresPort)}}, "", user))
		try("log in to PostgreSQL's port as "+user, login(nil, fmt.Sprint("127.0.0.1:", o.PostgresPort), user))
	}
	return all
}

func dialed(network, addr string) error {
	conn, err := net.Dial(network, addr)
	if err == nil {
		_ = conn.Close()
	}
	return err
}

// peek reads another process's memory by system call; the address does not matter, whether it may be asked does.
func peek(pid int) error {
	here := make([]byte, 8)
	local := []unix.Iovec{{Base: &here[0], Len: 8}}
	_, err := unix.ProcessVMReadv(pid, local, []unix.RemoteIovec{{Base: 4096, Len: 8}}, 0)
	if errors.Is(err, unix.EFAULT) {
		return nil // it was let, there is only nothing at that address
	}
	return err
}

// traced stops another process and lets it go again. It is that system call which Landlock refuses to a process
// outside.
func traced(pid int) error {
	err := syscall.PtraceAttach(pid)
	if err == nil {
		_ = syscall.PtraceDetach(pid)
	}
	return err
}

// control asks the appliance for its status.
func (o orders) control() error {
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn,
		error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", o.Control)
	}, DisableKeepAlives: true}}
	res, err := client.Get("http://appliance/v1/status")
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nil
}

// login tries a role's database without a password.
func login(where url.Values, host, user string) error {
	if where == nil {
		where = url.Values{}
	}
	where.Set("sslmode", "disable")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := storage.Inspect(ctx, fmt.Sprintf("postgres://%s@%s/flowhq_db?%s", user, host, where.Encode()),
		storage.Options{})
	return err
}

// landlockABI is the version of Landlock that the kernel has; 0: none.
func landlockABI() int {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(abi)
}

// A worker that wants to harm the others cannot. It runs as every worker does: started by the appliance, with the
// environment that workers get, shut in by the same calls. What this kernel cannot forbid is said.
func TestAWorkerCannotGetOut(t *testing.T) {
	abi := landlockABI()
	if abi < 1 {
		t.Fatal("this test needs a kernel with Landlock")
	}
	t.Setenv("PGPASSWORD", "secret-of-the-appliance")
	const role, password = "flowhq_db", "a-password-that-no-worker-knows"
	pg := pgtest.NewGuarded(t, role, password)
	if _, err := storage.Inspect(t.Context(), fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s", role, password, pg.Port,
		role), storage.Options{}); err != nil {
		t.Fatalf("with the password nobody gets in either, which proves nothing: %v", err)
	}
	h := newHouse(t)
	h.start()
	victim, prisoner := h.tenant("+255700000001"), h.tenant("+255700000002")
	h.act(victim, "start")
	h.awaitCode(victim)
	pid, _ := h.process(victim)
	other := filepath.Join(h.dir, "sessions", victim)
	if err := os.WriteFile(filepath.Join(other, "journal.db"), []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := h.imprison(prisoner, orders{
		Victim: pid, Appliance: os.Getpid(), Other: other, Database: filepath.Join(h.dir, "flowhq.db"), Env: h.env,
		Control: filepath.Join(h.dir, "run", "control.sock"), PostgresSocket: pg.Socket, PostgresPort: pg.Port,
		PostgresUser: role,
	})
	for what, failure := range a.Tries {
		own := what == "write its own file" || what == "dial the workers' socket"
		beyond := abi < 6 && strings.HasPrefix(what, "signal ")
		switch {
		case own && failure != "":
			t.Errorf("it cannot %s: %s", what, failure)
		case !own && !beyond && failure == "":
			t.Errorf("it could %s", what)
		}
		t.Logf("%s: %q", what, failure)
	}
	if a.Dumpable != 0 || a.NoNewPrivs != 1 {
		t.Errorf("dumpable %d, no new privileges %d", a.Dumpable, a.NoNewPrivs)
	}
	for since, what := range map[int]string{4: "ports", 6: "signals", 9: "sockets"} {
		if said := strings.Contains(a.Note, what); said != (abi < since) {
			t.Errorf("with version %d of Landlock it says %q", abi, a.Note)
		}
	}
	checkEnvironment(t, a.Environment)
}

// checkEnvironment wants the process to have been told what is on the list, and nothing else.
func checkEnvironment(t *testing.T, environment []string) {
	t.Helper()
	known := append(workers.PassedOn(), wire.EnvTenant, wire.EnvDir, wire.EnvSocket, wire.EnvToken, wire.EnvVersion,
		wire.EnvLogLevel, wire.EnvSimulator, wire.EnvSimulatorKey, wire.EnvWAVersion)
	for _, s := range wire.RuntimeSettings() {
		name, _, _ := strings.Cut(s, "=")
		known = append(known, name)
	}
	for _, e := range environment {
		name, value, _ := strings.Cut(e, "=")
		if !slices.Contains(known, name) && !strings.HasPrefix(name, "PROCMAN_") {
			t.Errorf("it was told %s", e)
		}
		for _, secret := range []string{"secret-of-the-appliance", testPassword, "0123456789abcdef", "flowhq.db"} {
			if strings.Contains(value, secret) {
				t.Errorf("it was told %s", e)
			}
		}
	}
}

// imprison runs a tenant's worker as the prisoner and gives what came of its tries.
func (h *house) imprison(id string, o orders) (a outcome) {
	h.t.Helper()
	dir := filepath.Join(h.dir, "sessions", id)
	o.Answers = filepath.Join(dir, "answers.json")
	text, err := json.Marshal(o)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "prisoner.json"), text, 0o600)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.act(id, "start")
	h.until("the prisoner has tried everything", func() error {
		text, err := os.ReadFile(o.Answers)
		if err != nil {
			return fmt.Errorf("%w\n%s", err, h.log())
		}
		return json.Unmarshal(text, &a)
	})
	return a
}

func (h *house) act(id, action string) {
	h.t.Helper()
	if status, body := h.ask(http.MethodPost, "/admin/tenants/"+id+"/worker/"+action, nil,
		"application/json"); status != http.StatusOK {
		h.t.Fatalf("%s: %d %s", action, status, body)
	}
}
