package api

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// stream is an open stream of changes over a real connection.
type stream struct {
	t      testing.TB
	status int
	lines  chan string
	close  func()
}

// serve starts a server that is as impatient with requests as one should be; a stream must outlive that.
func (w *world) serve() *httptest.Server {
	server := httptest.NewUnstartedServer(w.engine)
	server.Config.ReadTimeout = 100 * time.Millisecond
	server.Config.WriteTimeout = 100 * time.Millisecond
	server.Start()
	w.t.Cleanup(server.Close)
	return server
}

// open asks for the stream of changes and reads it line by line.
func (w *world) open(server *httptest.Server, change ...func(*http.Request)) *stream {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/admin/events", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.SetBasicAuth("admin", password)
	req.Header.Set("Accept", "text/event-stream")
	for _, do := range change {
		do(req)
	}
	res, err := server.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	s := &stream{t: w.t, status: res.StatusCode, lines: make(chan string, 100)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(s.lines)
		for in := bufio.NewScanner(res.Body); in.Scan(); {
			s.lines <- in.Text()
		}
	}()
	s.close = func() { cancel(); res.Body.Close(); <-ended }
	w.t.Cleanup(s.close)
	return s
}

// wait reads until a line begins with prefix; false when the stream ended before.
func (s *stream) wait(prefix string) (string, bool) {
	s.t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case line, ok := <-s.lines:
			if !ok {
				return "", false
			}
			if strings.HasPrefix(line, prefix) {
				return line, true
			}
		case <-late:
			s.t.Fatalf("nothing like %q came", prefix)
		}
	}
}

func (s *stream) mustSee(prefix string) string {
	s.t.Helper()
	line, ok := s.wait(prefix)
	if !ok {
		s.t.Fatalf("the stream ended before %q", prefix)
	}
	return line
}

func TestStreamOfChanges(t *testing.T) {
	present := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, present) }) // the first of the clean-ups runs last
	w := newWorld(t, func(c *Config) { c.Heartbeat = 20 * time.Millisecond })
	server := w.serve()
	s := w.open(server)
	s.mustSee("event: hello")
	for range 30 {
		s.mustSee(": still here")
	}
	id := w.tenant("+255700000001")
	s.mustSee("event: tenant")
	data := s.mustSee("data: ")
	for _, part := range []string{`"kind":"tenant"`, `"tenant_id":"` + id + `"`, `"id":null`, `Z"}`} {
		if !strings.Contains(data, part) {
			t.Errorf("%s is not in %s", part, data)
		}
	}
	s.mustSee(": still here")
	close(w.stopping)
	if line, ok := s.wait("never"); ok {
		t.Errorf("after the stop: %q", line)
	}
}

func TestStreamEndsWithItsSession(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Heartbeat = 10 * time.Millisecond })
	server := w.serve()
	cookie := w.cookie()
	signedIn := func(r *http.Request) { r.Header.Del("Authorization"); r.Header.Set("Cookie", cookie) }
	s := w.open(server, signedIn)
	s.mustSee("event: hello")
	s.mustSee(": still here")
	w.ask("POST", "/sign-out", nil, func(r *http.Request) { r.Header.Set("Cookie", cookie) }).want(200)
	if line, ok := s.wait("never"); ok {
		t.Errorf("signed out, and still: %q", line)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxStreams = 2 })
	server := w.serve()
	one, two := w.open(server), w.open(server)
	one.mustSee("event: hello")
	two.mustSee("event: hello")
	if three := w.open(server); three.status != http.StatusServiceUnavailable {
		t.Errorf("a third got %d", three.status)
	}
	one.close()
	deadline := time.Now().Add(10 * time.Second)
	for {
		again := w.open(server)
		if again.status == http.StatusOK {
			break
		}
		again.close()
		if time.Now().After(deadline) {
			t.Fatal("the place of a closed stream was not given free")
		}
	}
}
