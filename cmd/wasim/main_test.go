package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"flowhq/internal/wasim"

	signalLog "go.mau.fi/libsignal/logger"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"
	_ "modernc.org/sqlite"
)

const (
	asProgram  = "WASIM_TEST_AS_PROGRAM" // set: the test binary is the simulator
	patience   = time.Minute
	phoneNo    = "+255700000001"
	customerNo = "+255711000001"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	var quiet signalLog.Loggable = noLog{}
	signalLog.Setup(&quiet)
	os.Exit(m.Run())
}

type program struct {
	*exec.Cmd
	Listen  string `json:"listen"`
	Control string `json:"control"`
	RootKey string `json:"root_key"`
}

// launch starts the simulator as a program and reads its first line.
func launch(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{Cmd: exec.Command(os.Args[0], args...)}
	p.Env = append(os.Environ(), asProgram+"=1")
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	must(t, err)
	must(t, p.Start())
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	must(t, err)
	must(t, json.Unmarshal(line, p))
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// linked is a real client.
type linked struct {
	*whatsmeow.Client
	events chan any
}

// client links a real client to the phone.
func client(t *testing.T, p *program, ctl *wasim.Client) *linked {
	t.Helper()
	key, err := hex.DecodeString(p.RootKey)
	must(t, err)
	whatsmeow.WACertPubKey = [32]byte(key)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(),
		"wa.db")+"?_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
	must(t, err)
	db.SetMaxOpenConns(1)
	box := sqlstore.NewWithDB(db, "sqlite", waLog.Noop)
	must(t, box.Upgrade(context.Background()))
	cli := whatsmeow.NewClient(box.NewDevice(), waLog.Noop)
	h := &http.Client{Transport: wasim.Transport(p.Listen)}
	cli.SetWebsocketHTTPClient(h)
	cli.SetPreLoginHTTPClient(h)
	l := &linked{cli, make(chan any, 8192)}
	cli.AddEventHandler(func(e any) { l.events <- e })
	t.Cleanup(func() {
		cli.Disconnect()
		_ = db.Close()
	})
	must(t, cli.Connect())
	_, err = ctl.Scan(context.Background(), phoneNo, await[*events.QR](t, l).Codes[0])
	must(t, err)
	await[*events.Connected](t, l)
	return l
}

// await returns the next event of a type. It also connects the client again when nothing else does: a connection that
// ends between the handshake's last message and the registration of the handler for that goes unnoticed in whatsmeow.
func await[T any](t *testing.T, from *linked) (none T) {
	t.Helper()
	limit, look := time.After(patience), time.NewTicker(5*time.Second)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if !from.IsConnected() {
				_ = from.Connect() // an error means that the next look tries again
			}
		case e := <-from.events:
			if v, ok := e.(T); ok {
				return v
			}
		case <-limit:
			t.Fatalf("no %T within %v", none, patience)
			return none
		}
	}
}

// TestKilledSimulatorGoesOn kills the program while customers write, and starts it again on the same state and port:
// the client comes back without a new link, and every message that was accepted arrives, in order.
func TestKilledSimulatorGoesOn(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	p := launch(t, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--state", dir, "--few-keys", "--bare")
	ctl := wasim.NewClient(p.Control)
	defer ctl.Close()
	_, err := ctl.MakePhone(ctx, phoneNo, "Duka")
	must(t, err)
	_, err = ctl.MakeCustomer(ctx, customerNo, wasim.CustomerOptions{})
	must(t, err)
	cli := client(t, p, ctl)

	var accepted []string
	send := func() error {
		id, err := ctl.Send(ctx, customerNo, wasim.Text(phoneNo, "habari"))
		if err == nil {
			accepted = append(accepted, id)
		}
		return err
	}
	for range 3 {
		for range 20 {
			must(t, send())
		}
		must(t, p.Process.Kill())
		for send() == nil {
		}
		_ = p.Wait()
		again := launch(t, "--listen", p.Listen, "--control", strings.TrimPrefix(p.Control, "http://"), "--state", dir)
		if again.RootKey != p.RootKey {
			t.Fatal("another root key")
		}
		p = again
	}
	must(t, send())
	var arrived []string
	for len(arrived) < len(accepted) {
		id := await[*events.Message](t, cli).Info.ID
		if slices.Contains(accepted, id) && !slices.Contains(arrived, id) {
			arrived = append(arrived, id)
		}
	}
	if !slices.Equal(arrived, accepted) {
		t.Fatalf("arrived: %v\naccepted: %v", arrived, accepted)
	}
	st, err := ctl.Stats(ctx)
	must(t, err)
	if st.Retries != 0 || st.Undecryptable != 0 {
		t.Fatalf("stats %+v", st)
	}
}

func TestTermEndsItCleanly(t *testing.T) {
	p := launch(t, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0")
	must(t, p.Process.Signal(syscall.SIGTERM))
	if err := p.Wait(); err != nil {
		t.Fatalf("ended with %v", err)
	}
}

func TestHelpAndBadFlags(t *testing.T) {
	var help bytes.Buffer
	if err := run([]string{"--help"}, io.Discard, &help); err == nil ||
		!strings.Contains(help.String(), "/control/faults") {
		t.Fatalf("%v: %s", err, help.String())
	}
	for _, args := range [][]string{{"--listen", "0.0.0.0:0"}, {"--control", "10.0.0.1:80"}, {"extra"},
		{"--seed", "x"}} {
		if err := run(args, io.Discard, io.Discard); err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("%v was taken", args)
		}
	}
}
