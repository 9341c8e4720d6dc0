package storage_test

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
)

// plan tells how SQLite would run a query, one step a line.
func plan(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	var args []any
	for { // how many parameters it has is not told
		rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			if args = append(args, "x"); len(args) > 30 {
				t.Fatal(err)
			}
			continue
		}
		var steps strings.Builder
		for rows.Next() {
			var id, parent, unused int
			var step string
			noError(t, rows.Scan(&id, &parent, &unused, &step))
			steps.WriteString(step + "\n")
		}
		noError(t, errors.Join(rows.Err(), rows.Close()))
		return steps.String()
	}
}

// SQLite is held to find rows by an index in every query that could meet a big table. (PostgreSQL decides by how much
// is in its tables, which in a test is nothing.)
func TestQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	db := raw(t, open(t, dsns()["sqlite"](t)).dsn)
	// These list a table that is small, or all of what they were asked for (OpenRequests, SetupRivals,
	// WaitingSetupRequests: an index that holds nothing else).
	lists := []string{"LatestActivity", "LatestSignIn", "RetentionRules", "ShouldRun", "TenantSummaries", "OpenRequests",
		"SetupRivals", "WaitingSetupRequests"}
	big := []string{"message_logs", "m", "f", "o", "message_traces", "tenant_events", "customers"}
	for name, query := range generated(t) {
		steps := plan(t, db, query)
		if steps == "" && !strings.Contains(query, "INSERT") {
			t.Errorf("%s has no plan", name)
		}
		if strings.Contains(steps, "SCAN") && !slices.Contains(lists, name) {
			t.Errorf("%s reads a whole table:\n%s", name, steps)
		}
		if strings.Contains(steps, "TEMP B-TREE") && strings.Contains(query, "DESC LIMIT") &&
			!slices.Contains(lists, name) {
			t.Errorf("%s sorts what an index could give in order:\n%s", name, steps)
		}
		for step := range strings.Lines(steps) {
			table, _, _ := strings.Cut(strings.TrimPrefix(step, "SEARCH "), " ")
			if name != "DeleteTenant" && slices.Contains(big, table) && strings.HasSuffix(step, "(tenant_id=?)\n") {
				t.Errorf("%s reads all rows of a tenant:\n%s", name, steps)
			}
		}
	}
}
