package storage_test

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"flowhq/storage"
	rowdump "flowhq/storage/dump"
	"flowhq/storage/storetest"
)

// Every table and column of PostgreSQL must be one that the dump knows, and the other way round.
func TestDumpKnowsEveryTableAndColumn(t *testing.T) {
	t.Parallel()
	h := open(t, storetest.Postgres(t))
	kinds := map[string]rowdump.Kind{
		"text": rowdump.Text, "USER-DEFINED": rowdump.Text, "jsonb": rowdump.JSON, "integer": rowdump.Int,
		"bigint":                      rowdump.Int,
		"timestamp without time zone": rowdump.Time, "bytea": rowdump.Bytes, "boolean": rowdump.Bool,
		"double precision": rowdump.Real,
	}
	rows, err := raw(t, h.dsn).QueryContext(h.ctx,
		`SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'flowhq_migrations'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var want []string
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			t.Fatal(err)
		}
		want = append(want, fmt.Sprintf("%s.%s %s", table, column, kinds[kind]))
	}
	noError(t, rows.Err())
	var got []string
	for _, table := range must(storage.Tables(h.ctx))(t) {
		for _, c := range table.Columns {
			got = append(got, fmt.Sprintf("%s.%s %s", table.Name, c.Name, c.Kind))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	sameList(t, "columns", got, want...)
}

func TestTablesComeAfterThoseTheyPointTo(t *testing.T) {
	t.Parallel()
	var seen []string
	for _, table := range must(storage.Tables(t.Context()))(t) {
		for _, ref := range table.Refs {
			if !slices.Contains(seen, ref) {
				t.Errorf("%s comes before %s", table.Name, ref)
			}
		}
		seen = append(seen, table.Name)
	}
	if len(seen) < 15 {
		t.Errorf("only %q were found", seen)
	}
}

// awkward fills a database with rows that are hard to carry over.
func awkward(t *testing.T, h *harness) (tenantID string) {
	t.Helper()
	a := h.tenant(t, "Mama Asha", "+255700000001")
	b := h.tenant(t, "Duka \\N \"la\"\tKona\r\n😀 \u2028", "+255700000002")
	for _, id := range []string{a.ID, b.ID} {
		h.exec(t, fillStatement(h), id+"-1", id, "\\N",
			"{\"a\": 1.50e1, \"b\": [1, 1e2, -0, 12345678901234567890123], \"a\": \"ä\\u0001\"}")
		h.exec(t, fillStatement(h), id+"-2", id, "", "null")
		h.exec(t, fillStatement(h), id+"-3", id, "tab\there\\nothing\r\n", "\"x\"")
	}
	h.exec(t, "INSERT INTO users (id, tenant_id, name, email, created_at, updated_at) VALUES ('u1', $1, 'O', "+
		"'o@example.com', "+now(h)+", "+now(h)+")", a.ID)
	h.exec(t, "INSERT INTO users (id, name, email, created_at, updated_at) VALUES ('u2', 'P', 'p@example.com', "+now(h)+
		", "+now(h)+")")
	h.exec(t, "INSERT INTO setup_requests (id, tenant_id, user_id, template_type, whatsapp_number, created_at, "+
		"updated_at) VALUES ('s1', $1, 'u2', 'BOOKING', '', "+now(h)+", "+now(h)+")", a.ID)
	h.exec(t, "INSERT INTO admin_sessions (id, token_hash, created_at, last_seen_at, expires_at) VALUES ('x', $1, "+
		now(h)+", "+now(h)+", "+now(h)+")", []byte{0, 1, 255, '\\'})
	if h.Engine() == storage.PostgreSQL {
		h.exec(t, "UPDATE customers SET last_seen_at = 'infinity' WHERE chat = ''")
	}
	return a.ID
}

func now(h *harness) string {
	if h.Engine() == storage.PostgreSQL {
		return "'2026-03-01 12:00:00.123'"
	}
	return "1772366400123"
}

func fillStatement(h *harness) string {
	return "INSERT INTO customers (id, tenant_id, chat, labels_json, first_seen_at, last_seen_at) VALUES ($1, " +
		"$2, $3, $4, " + now(h) + ", " + now(h) + ")"
}

// digests gives rows and checksum of every table.
func digests(t *testing.T, s *storage.Store, tenant string, page int) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := s.Dump(t.Context(), func(r *rowdump.Reader) error {
		for _, table := range r.Tables {
			var d rowdump.Digest
			for q := (rowdump.Query{Table: table, Tenant: tenant, Limit: page}); ; {
				n := 0
				for row, err := range r.Rows(t.Context(), q) {
					if err != nil {
						return err
					}
					line, err := rowdump.AppendRow(nil, row)
					if err != nil {
						return err
					}
					d.Add(line)
					n++
					q.After = rowdump.KeyOf(table, row)
				}
				if page == 0 || n < page {
					break
				}
			}
			count, err := r.Count(t.Context(), rowdump.Query{Table: table, Tenant: tenant})
			if err != nil {
				return err
			}
			equal(t, "count of "+table.Name, count, d.Rows())
			out[table.Name] = fmt.Sprintf("%d %s", d.Rows(), &d)
		}
		return nil
	})
	noError(t, err)
	return out
}

// carry copies all rows of one store into another one.
func carry(ctx context.Context, from, to *storage.Store) error {
	return from.Dump(ctx, func(r *rowdump.Reader) error {
		return to.Load(ctx, func(w *rowdump.Writer) error {
			for _, table := range r.Tables {
				var rows []rowdump.Row
				for row, err := range r.Rows(ctx, rowdump.Query{Table: table}) {
					if err != nil {
						return err
					}
					line, err := rowdump.AppendRow(nil, row)
					if err != nil {
						return err
					}
					if row, err = rowdump.ParseRow(table.Columns, line); err != nil {
						return err
					}
					rows = append(rows, row)
				}
				if err := w.Insert(ctx, table.Name, table.Columns, rows); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func TestEveryRowGoesFromAnyEngineToAny(t *testing.T) {
	onBoth(t, func(t *testing.T, from *harness) {
		awkward(t, from)
		want := digests(t, from.Store, "", 0)
		for name, dsn := range dsns() {
			to := open(t, dsn(t))
			noError(t, carry(from.ctx, from.Store, to.Store))
			for table, digest := range digests(t, to.Store, "", 2) {
				equal(t, "table "+table+" in "+name, digest, want[table])
			}
		}
	})
}

func TestDumpOfOneTenant(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := awkward(t, h)
		all := digests(t, h.Store, id, 0)
		for table, rows := range map[string]string{
			"tenants": "1 ", "customers": "3 ", "users": "2 ", "setup_requests": "1 ", "admin_sessions": "0 ",
			"whatsapp_sessions": "1 ", "tenant_settings": "1 ",
		} {
			if !strings.HasPrefix(all[table], rows) {
				t.Errorf("%s: %s, want %s", table, all[table], rows)
			}
		}
		for table, digest := range digests(t, h.Store, id, 1) {
			equal(t, "table "+table+" by pages", digest, all[table])
		}
	})
}

func TestLoadIsAllOrNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		broken := errors.New("broken off")
		err := h.Load(h.ctx, func(w *rowdump.Writer) error {
			tenants := w.Tables[slices.IndexFunc(w.Tables, func(t rowdump.Table) bool { return t.Name == "tenants" })]
			row := make(rowdump.Row, len(tenants.Columns))
			for i, c := range tenants.Columns {
				switch c.Kind {
				case rowdump.Time:
					row[i] = int64(0)
				default:
					row[i] = cmp.Or(map[string]string{"status": "NEW"}[c.Name], "x")
				}
			}
			columns, row := only(tenants, row, "id", "name", "phone_number", "status", "created_at", "updated_at")
			if err := w.Insert(h.ctx, "tenants", columns, []rowdump.Row{row}); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("error is %v", err)
		}
		equal(t, "tenants", h.count(t, "SELECT count(*) FROM tenants"), 0)
		h.tenant(t, "After", "") // the store goes on
	})
}

// only picks columns of a row.
func only(table rowdump.Table, row rowdump.Row, names ...string) (columns []rowdump.Column, picked rowdump.Row) {
	for _, name := range names {
		columns = append(columns, table.Columns[table.Column(name)])
		picked = append(picked, row[table.Column(name)])
	}
	return columns, picked
}

func TestDumpNamesWhatItLeavesOut(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		h.exec(t, "CREATE TABLE payments (id TEXT PRIMARY KEY, amount INTEGER)")
		h.exec(t, "ALTER TABLE tenants ADD COLUMN plan TEXT")
		noError(t, h.Dump(h.ctx, func(r *rowdump.Reader) error {
			others, err := r.Others(h.ctx, "flowhq_migrations")
			sameList(t, "others", others, "payments", "tenants.plan")
			return err
		}))
	})
}

func TestEnumsTakeMoreValues(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		d := h.tenant(t, "Asha", "")
		noError(t, h.AddLabels(h.ctx, "tenants", "status", []string{"TRIAL", "NEW", "it's"}))
		noError(t, h.AddLabels(h.ctx, "tenants", "name", []string{"X"})) // is no enum
		h.exec(t, "UPDATE tenants SET status = 'it''s' WHERE id = $1", d.ID)
		noError(t, h.Dump(h.ctx, func(r *rowdump.Reader) error {
			labels, err := r.Labels(h.ctx, "tenants")
			if h.Engine() == storage.PostgreSQL {
				sameList(t, "labels", labels["status"], "NEW", "QR_PENDING", "ACTIVE", "PAUSED", "ERROR", "TRIAL",
					"it's")
			}
			return err
		}))
	})
}

// What CanonicalJSON makes of a document must be what it makes of what PostgreSQL makes of it.
func TestCanonicalJSONIsThatOfPostgreSQL(t *testing.T) {
	t.Parallel()
	var pg *sql.DB = raw(t, storetest.Postgres(t))
	for _, doc := range []string{
		`null`, `"a\/b\u00e4"`, `{"b":1,"a":[true,false,null]}`, `{"a":1,"a":2}`,
		`[1e2,1.5e1,1.50e1,1E-3,-0,-0.0,0e5,1.50,123456789012345678901234567890,-1.25e-2]`,
		` { "k" : "<&>" , "aa":{}, "b":[] } `, `"\u0001\t😀"`,
	} {
		var theirs string
		if err := pg.QueryRowContext(t.Context(), "SELECT $1::jsonb::text", doc).Scan(&theirs); err != nil {
			t.Fatal(err)
		}
		equal(t, doc, rowdump.CanonicalJSON(doc), rowdump.CanonicalJSON(theirs))
	}
	equal(t, "no JSON", rowdump.CanonicalJSON("{} {"), "{} {")
}
