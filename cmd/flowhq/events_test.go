package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestEventsAreFollowed prints what happens while somebody watches, once each.
func TestEventsAreFollowed(t *testing.T) {
	b := newBox(t)
	web := newWebClient(b.url, "a long enough password", "")
	if err := web.admin(t.Context(), http.MethodPost, "/admin/tenants", map[string]string{
		"name": "Salon Amina", "business_name": "Salon Amina", "phone_number": "+255712345678",
		"template_type": "BOOKING", "language": "SW",
	}, nil, http.StatusCreated); err != nil {
		t.Fatal(err)
	}
	for _, watched := range [][]string{{}, {"salon amina"}} {
		ctx, cancel := context.WithCancel(t.Context())
		out, done := &shared{}, make(chan int, 1)
		go func() {
			root := newRoot()
			root.SetArgs(slices.Concat([]string{"events", "--follow", "--env-file", b.env}, watched))
			root.SetOut(out)
			done <- exitCode(os.Stderr, root.ExecuteContext(ctx))
		}()
		if _, bad, status := flowhqCmd(t.Context(), "start", "salon amina", "--env-file", b.env); status != 0 {
			t.Fatal(bad)
		}
		if _, bad, status := flowhqCmd(t.Context(), "stop", "salon amina", "--env-file", b.env); status != 0 {
			t.Fatal(bad)
		}
		want := "stopping → stopped, request"
		if len(watched) > 0 {
			want = "Worker stopped by the command line"
		}
		out.await(t, want)
		cancel()
		if status := <-done; status != 0 {
			t.Errorf("status %d", status)
		}
		lines := strings.Split(out.String(), "\n")
		slices.Sort(lines)
		if len(watched) == 0 && len(slices.Compact(lines)) != strings.Count(out.String(), "\n")+1 {
			t.Errorf("something was printed twice:\n%s", out.String())
		}
	}
}

// shared is an output that a test reads while it is written.
type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (s *shared) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(s.String(),
		text); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q is not printed:\n%s", text, s.String())
		}
	}
}
