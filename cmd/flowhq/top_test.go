package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"flowhq"
	"flowhq/appliance/localapi"
)

// screen is a terminal of the test's own: what is printed on it, and its keys.
type screen struct {
	keys  *os.File // the end of who sits there
	tty   *os.File // the program's end
	mu    sync.Mutex
	shown bytes.Buffer
}

func newScreen(t *testing.T, columns, rows uint16) *screen {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows}); err != nil {
		t.Fatal(err)
	}
	s := &screen{keys: keys, tty: tty}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := keys.Read(buf)
			s.mu.Lock()
			s.shown.Write(buf[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { _ = tty.Close(); _ = keys.Close() })
	return s
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.String()
}

func (s *screen) await(t *testing.T, texts ...string) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for _, want := range texts {
		for !strings.Contains(s.text(), want) {
			if time.Now().After(deadline) {
				t.Fatalf("%q is not shown:\n%q", want, s.text())
			}
			<-time.After(5 * time.Millisecond)
		}
	}
}

// TestTopOnATerminal watches on a real terminal, changes the order, and quits by a key; the terminal is as it was then.
func TestTopOnATerminal(t *testing.T) {
	b := newBox(t)
	web := newWebClient(b.url, "a long enough password", "")
	if err := web.admin(t.Context(), http.MethodPost, "/admin/tenants", map[string]string{
		"name": "Salon Amina", "business_name": "Salon Amina", "phone_number": "+255712345678",
		"template_type": "BOOKING", "language": "SW",
	}, nil, http.StatusCreated); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	s := newScreen(t, 120, 30)
	before, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan int, 1)
	go func() {
		root := newRoot()
		root.SetArgs([]string{"top", "--every", "100ms", "--env-file", b.env})
		root.SetIn(s.tty)
		root.SetOut(s.tty)
		done <- exitCode(os.Stderr, root.ExecuteContext(context.WithoutCancel(t.Context())))
	}()
	s.await(t, "\x1b[?1049h", "Flow HQ dev, pid", "1 businesses, 0 workers running", "│ \x1b[1mSalon Amina\x1b[0m",
		"q quit")
	for _, key := range "mzq" {
		if _, err := s.keys.Write([]byte{byte(key)}); err != nil {
			t.Fatal(err)
		}
	}
	if status := <-done; status != 0 {
		t.Errorf("status %d", status)
	}
	s.await(t, "\x1b[?1049l")
	after, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
	if err != nil || *after != *before {
		t.Errorf("the terminal was %+v and is %+v, %v", before, after, err)
	}
}

// TestPSOnATerminal draws the table; a thousand businesses are no trouble.
func TestPSOnATerminal(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	s := newScreen(t, 200, 50)
	workers := make([]localapi.WorkerView, 1000)
	for i := range workers {
		workers[i] = localapi.WorkerView{
			TenantID: fmt.Sprintf("0198c0de-0000-7000-8000-%012d", i), Name: fmt.Sprintf("Duka %03d", 999-i),
			Uptime:  3700,
			Process: flowhq.Process{State: "running", PID: 1000 + i, Restarts: i, CPUPercent: 1.25, MemoryRSS: 6 << 20},
		}
	}
	if err := printWorkers(s.tty, workers); err != nil {
		t.Fatal(err)
	}
	s.await(t, "│ id            │ name     │ pid  │ uptime │ ↺   │ status  │ cpu  │ mem     │ whatsapp │ business │",
		"│ 0198c0de-0000 │ Duka 000 │ 1999 │ 1h2m   │ 999 │ running │ 1.2% │ 6.0 MiB │          │          │", "└")
	if text := s.text(); strings.Contains(text, "\x1b") ||
		strings.Index(text, "Duka 001") > strings.Index(text, "Duka 002") || strings.Count(text, "\n") != 1004 {
		t.Errorf("%.2000q", text)
	}
}

// A narrow terminal gets whole rows of what matters most.
func TestPSOnANarrowTerminal(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	s := newScreen(t, 80, 24)
	if err := printWorkers(s.tty, []localapi.WorkerView{{
		TenantID: "0198c0de-0000-7000-8000-000000000000", Name: "Mama Salma Hair Salon & Spa", Uptime: 3700,
		Phase: flowhq.PhaseConnected, Tenant: flowhq.TenantActive,
		Process: flowhq.Process{State: "running", PID: 1234567, CPUPercent: 1.25, MemoryRSS: 6 << 20},
	}}); err != nil {
		t.Fatal(err)
	}
	s.await(t, "┘")
	if text := s.text(); strings.Contains(text, "0198c0de") ||
		!strings.Contains(text, "│ Mama Salma Hair Salon & Spa │") || !strings.Contains(text, "│ CONNECTED │") {
		t.Errorf("%s", text)
	}
	for line := range strings.Lines(s.text()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\r\n")); n > 80 {
			t.Errorf("%d wide: %s", n, line)
		}
	}
}

func TestLongLinesAreCut(t *testing.T) {
	for line, want := range map[string]string{
		"short": "short", "exactly ten": "exactly te", "│ \x1b[31mcrash-loop\x1b[0m │": "│ \x1b[31mcrash-lo",
		"\x1b[1m\x1b[0m": "\x1b[1m\x1b[0m",
	} {
		if got := cut(line, 10); got != want {
			t.Errorf("%q is cut to %q, not %q", line, got, want)
		}
	}
}
