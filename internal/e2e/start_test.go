package e2e_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"flowhq/internal/harness"
	"flowhq/storage/pgtest"
)

// An appliance that starts before its PostgreSQL answers on its address what it waits for, is ready once the server is
// there, says on its page when that goes away again, and gives up a server that never comes.
func TestStartBeforeTheDatabase(t *testing.T) {
	t.Parallel()
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	server := pgtest.Private(t)
	dsn := server.DSN(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(server.Stop())
	a, err := harness.NewAppliance(harness.Options{Bin: bin.Flowhq, Dir: t.TempDir(), DatabaseURL: dsn})
	must(err)
	ready := make(chan error, 1)
	go func() { ready <- a.Start(context.WithoutCancel(t.Context())) }()
	ask := func(path, accept string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL+path, nil)
		must(err)
		r.Header.Set("Accept", accept)
		r.SetBasicAuth("admin", harness.AdminPassword)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err.Error()
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		must(err)
		return res.StatusCode, string(body)
	}
	says := func(path, accept string, status int, want string) {
		t.Helper()
		must(harness.Until(limit(t, 40*time.Second), 50*time.Millisecond, func() error {
			if got, body := ask(path, accept); got != status || !strings.Contains(body, want) {
				return &harness.StatusError{Status: got, Body: body}
			}
			return nil
		}))
	}
	says("/admin/tenants", "text/html", http.StatusServiceUnavailable, "waiting for its database")
	says("/readyz", "application/json", http.StatusServiceUnavailable, "Waiting for the database")
	must(server.Start())
	must(<-ready)
	t.Cleanup(func() { must(a.Stop(40 * time.Second)) })
	says("/admin/tenants", "text/html", http.StatusOK, "</html>")

	must(server.Stop())
	says("/admin/tenants", "text/html", http.StatusServiceUnavailable, "</html>")
	says("/healthz", "", http.StatusOK, "")
	must(server.Start())
	says("/admin/tenants", "text/html", http.StatusOK, "</html>")

	never, err := harness.NewAppliance(harness.Options{
		Bin: bin.Flowhq, Dir: t.TempDir(), DatabaseURL: "postgres://nobody@127.0.0.1:1/nothing",
		Env: map[string]string{"DATABASE_WAIT_MINUTES": "0.02"},
	})
	must(err)
	if err := never.Start(limit(t, 30*time.Second)); err == nil ||
		!strings.Contains(err.Error(), "It can't be reached: start PostgreSQL, or correct DATABASE_URL.") {
		t.Errorf("it does not give up with what is wrong: %v", err)
	}
}
