package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/backup"
)

// What a restore says while it is under way: how far it is and how long it still takes, phase by phase.
func TestProgressOfARestore(t *testing.T) {
	now := time.Unix(0, 0)
	var out strings.Builder
	p := &backupProgress{out: &out, terminal: true, now: func() time.Time { return now }}
	for _, step := range []struct {
		after time.Duration
		at    backup.Progress
		want  string
	}{
		{time.Second, backup.Progress{Phase: backup.PhaseChecking, Total: 8 << 20},
			"checking the backup: - of 8.0 MiB (0 %)"},
		{2 * time.Second, backup.Progress{Phase: backup.PhaseChecking, Done: 2 << 20, Total: 8 << 20},
			"checking the backup: 2.0 MiB of 8.0 MiB (25 %), 6s left"},
		{time.Second, backup.Progress{Phase: backup.PhaseRows, Total: 1000, Current: "tenants"},
			"rows of the database: 0 of 1000 (0 %) (tenants)"},
		{4 * time.Second, backup.Progress{Phase: backup.PhaseRows, Done: 800, Total: 1000, Current: "message_logs"},
			"rows of the database: 800 of 1000 (80 %) (message_logs), 1s left"},
		{time.Second, backup.Progress{Phase: backup.PhaseIndexes, Done: 3, Total: 20},
			"making indexes: 3 of 20 (15 %)"},
		{time.Second, backup.Progress{Phase: backup.PhaseFolders, Done: 1, Total: 2},
			"putting folders into place: 1 of 2 (50 %)"},
		// too soon after the last
		{time.Millisecond, backup.Progress{Phase: backup.PhaseFolders, Done: 2, Total: 2}, ""},
	} {
		now = now.Add(step.after)
		out.Reset()
		p.progress(step.at)
		if got := strings.TrimSpace(out.String()); got != step.want {
			t.Errorf("%+v shows %q, want %q", step.at, got, step.want)
		}
	}
	// Where there is no terminal, a line every ten seconds.
	elsewhere := &backupProgress{out: &out, now: func() time.Time { return now }, last: now}
	out.Reset()
	for range 25 {
		now = now.Add(time.Second)
		elsewhere.progress(backup.Progress{Phase: backup.PhaseRows, Done: 1, Total: 2})
	}
	if got := strings.Count(out.String(), "\n"); got != 2 {
		t.Errorf("%d lines in 25 seconds: %q", got, out.String())
	}
}

// A restore by the appliance is followed; an error in its middle keeps its code and its sentence.
func TestFollowingARestore(t *testing.T) {
	for name, test := range map[string]struct {
		kind, answer string
		rows         int64
		err          string
		shown        string
	}{
		"progress": {"application/x-ndjson", `{"progress":{"phase":"rows","done":5,"total":9}}` + "\n" +
			`{"answer":{"rows":9}}`, 9, "", "5 of 9"},
		"an error": {"application/x-ndjson", `{"progress":{"phase":"rows","done":5,"total":9}}` + "\n" +
			`{"error":{"code":"conflict","error":"No."}}`, 0, "No.", "5 of 9"},
		"cut off": {"application/x-ndjson", `{"progress":{"phase":"rows","done":5,"total":9}}` + "\n", 0,
			"ended before", "5 of 9"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body, err := io.ReadAll(r.Body); err != nil || string(body) != "backup" {
					t.Errorf("the appliance got %q, %v", body, err)
				}
				w.Header().Set("Content-Type", test.kind)
				_, _ = io.WriteString(w, test.answer)
			}))
			defer server.Close()
			c := &client{http: &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _,
				_ string) (net.Conn, error) {
				return net.Dial("tcp", server.Listener.Addr().String())
			}}}}
			defer c.http.CloseIdleConnections()
			var out strings.Builder
			got, err := c.follow(t.Context(), "/local/restore", strings.NewReader("backup"),
				&backupProgress{out: &out, terminal: true, now: time.Now})
			if got.Rows != test.rows || (err != nil) != (test.err != "") || err != nil &&
				!strings.Contains(err.Error(), test.err) {
				t.Errorf("%d rows, %v", got.Rows, err)
			}
			if name == "an error" && flowhq.CodeOf(err) != flowhq.CodeConflict {
				t.Errorf("the error is %v", err)
			}
			if !strings.Contains(out.String(), test.shown) {
				t.Errorf("shown was %q", out.String())
			}
		})
	}
}
