package api

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The stream of a log says hello, sends whole lines, and ends when the appliance stops.
func TestTheStreamOfALog(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Heartbeat = 10 * time.Millisecond })
	id := w.tenant("+255700000001")
	server := httptest.NewServer(w.engine)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet,
		server.URL+"/admin/tenants/"+id+"/worker/log/stream?lines=10", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("admin", password)
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if kind := res.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		t.Fatalf("it is %s", kind)
	}
	var got []string
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if text := lines.Text(); text != "" && !strings.HasPrefix(text, "retry") {
			got = append(got, text)
		}
		if len(got) == 7 { // a sign of life after all lines
			close(w.stopping)
			break
		}
	}
	want := []string{"event: hello", "data: {}", "event: lines", `data: ["first"]`, "event: lines", `data: ["second"]`,
		": still here"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q", got)
	}
	for lines.Scan() { // until it ends
	}
	if ctx.Err() != nil {
		t.Error("it goes on although the appliance stops")
	}
}

func TestLinesThatNeverEnd(t *testing.T) {
	rec := httptest.NewRecorder()
	w := &lineWriter{out: &eventWriter{w: rec, ctl: http.NewResponseController(rec)}}
	for range 70 {
		if _, err := w.Write([]byte(strings.Repeat("x", 1024))); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(rec.Body.String(), "event: lines"); n != 1 || len(w.rest) > maxRest {
		t.Errorf("%d events, %d bytes wait", n, len(w.rest))
	}
	if _, err := w.Write([]byte("\xff\n\nend\n")); err != nil {
		t.Fatal(err)
	}
	if body := rec.Body.String(); !strings.HasSuffix(body, `\ufffd","","end"]`+"\n\n") &&
		!strings.HasSuffix(body, "\uFFFD\",\"\",\"end\"]\n\n") {
		t.Errorf("it ends %q", body[max(0, len(body)-40):])
	}
}
