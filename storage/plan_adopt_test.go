package storage_test

import (
	"path/filepath"
	"slices"
	"testing"

	"flowhq/storage"
	"flowhq/storage/pgtest"
)

// What a dry run tells is what is done then.
func TestPlanIsWhatHappens(t *testing.T) {
	t.Parallel()
	dsn, db := predecessor(t, true)
	before := must(storage.MakePlan(t.Context(), dsn, storage.Options{}))(t)
	equal(t, "businesses to link again", before.Relink, 3)
	equal(t, "tables kept", len(before.Kept), 8)
	for _, k := range before.Kept {
		var n int64
		noError(t, db.QueryRow("SELECT count(*) FROM "+k.Name).Scan(&n))
		equal(t, "rows of "+k.Name, k.Rows, n)
		if k.Name == "worker_processes" {
			sameList(t, "columns that it gets", k.Columns, "wish")
		}
	}
	sameList(t, "left alone", before.Others, "_prisma_migrations", "api_tokens", "invoices")
	sameList(t, "columns left alone", before.Columns["tenants"], "plan", "metadata")
	sameList(t, "values left alone", before.Values["TenantStatus"], "SUSPENDED")

	h := open(t, dsn)
	after := must(storage.MakePlan(t.Context(), dsn, storage.Options{}))(t)
	equal(t, "up to date", after.UpToDate(), true)
	equal(t, "still to do", len(after.Kept)+len(after.Tables)+len(after.Indexes)+after.Relink, 0)
	equal(t, "marked", h.count(t, "SELECT count(*) FROM whatsapp_sessions WHERE phase = 'RELINK'"), before.Relink)
	for _, table := range before.Tables {
		equal(t, "table "+table, h.count(t, "SELECT count(*) FROM pg_tables WHERE tablename = $1", table), 1)
	}
	for _, index := range before.Indexes {
		equal(t, "index "+index, h.count(t, "SELECT count(*) FROM pg_indexes WHERE indexname = $1", index), 1)
	}
	sameList(t, "left alone afterwards", after.Others, before.Others...)
}

func TestPlanOfNewDatabases(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{pgtest.DSN(t), "sqlite://" + filepath.Join(t.TempDir(), "flowhq.db")} {
		p := must(storage.MakePlan(t.Context(), dsn, storage.Options{}))(t)
		equal(t, "tables kept", len(p.Kept), 0)
		equal(t, "makes tenants", slices.Contains(p.Tables, "tenants"), true)
		equal(t, "linked again", p.Relink, 0)
		open(t, dsn)
		p = must(storage.MakePlan(t.Context(), dsn, storage.Options{}))(t)
		equal(t, "left to do", len(p.Kept)+len(p.Tables)+len(p.Indexes)+len(p.Others)+len(p.Columns)+len(p.Values), 0)
	}
}
