package website

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"flowhq"
)

// Who comes while the start waits for the database is told so, and whoever comes afterwards is served by the real thing
// on the same listener.
func TestStartupPage(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	get := func(path, accept string, forwarded bool) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", accept)
		if forwarded {
			r.Header.Set("X-Forwarded-For", "203.0.113.9")
		}
		r.Close = true
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	page := OpenStartupPage(l, slog.New(slog.DiscardHandler))
	if err := page.Close(); err != nil { // nobody waited
		t.Fatal(err)
	}
	page.SayWhy(flowhq.Errorf(flowhq.CodeUnavailable, "PostgreSQL database x at h:5432: It can't be reached <b>"))
	page.SayWhy(errors.New("again"))
	page.SayWhy(flowhq.Errorf(flowhq.CodeUnavailable, "PostgreSQL database x at h:5432: It can't be reached <b>"))
	for _, c := range []struct {
		path, accept string
		forwarded    bool
		status       int
		want, not    string
	}{
		{"/admin/tenants", "text/html", false, 503, "h:5432: It can&#39;t be reached &lt;b&gt;", "<b>"},
		{"/admin/tenants", "text/html", true, 503, "inasubiri hifadhidata", "h:5432"},
		{"/portal/me", "application/json", false, 503, "Waiting for the database", "<p>"},
		{"/readyz", "", false, 503, "Waiting", "ok"},
		{"/healthz", "", false, 200, "ok", "Waiting"},
	} {
		if status, body := get(c.path, c.accept, c.forwarded); status != c.status || !strings.Contains(body, c.want) ||
			strings.Contains(body, c.not) {
			t.Errorf("%+v: %d\n%s", c, status, body)
		}
	}
	if err := page.Close(); err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("the real thing"))
	})}
	defer func() { _ = server.Close() }()
	go func() { _ = server.Serve(l) }()
	if status, body := get("/", "text/html", false); status != 200 || body != "the real thing" {
		t.Errorf("%d %s", status, body)
	}
}
