package backup_test

import (
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
)

// Where indexes cannot be taken off for the time of a restore, since somebody reads the tables or other tables hang on
// them, they stay, and everything comes back all the same.
func TestRestoreUnderIndexesThatStay(t *testing.T) {
	t.Parallel()
	old := engines()["sqlite"](t)
	id := old.business(t, "Asha Salon", "+255700000001")
	file := take(t, old.source(), archive.Keys{})
	for name, hold := range map[string]func(*testing.T, *box){
		"a table of others": func(t *testing.T, b *box) {
			b.run(t, "CREATE TABLE invoices (id text, email text REFERENCES users (email))")
		},
		"a reader": func(t *testing.T, b *box) {
			db := b.raw(t)
			tx, err := db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true}) // until the end of the test
			must(t, err)
			var n int
			must(t, tx.QueryRowContext(t.Context(), "SELECT count(*) FROM message_logs").Scan(&n))
			t.Cleanup(func() { noError(t, tx.Rollback()); noError(t, db.Close()) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := engines()["postgres"](t)
			hold(t, b)
			before := b.shape(t)
			_, err := backup.Restore(t.Context(), b.target(), backup.Wanted{}, opener(file), archive.Keys{})
			must(t, err)
			b.held(t, id)
			b.fedAgain(t, id)
			if after := b.shape(t); after != before {
				t.Errorf("indexes and keys are\n%s\nwere\n%s", after, before)
			}
		})
	}
}

// A row that no index or key allows is found out at the end of a restore, and nothing of it stays.
func TestRestoreOfRowsThatContradict(t *testing.T) {
	t.Parallel()
	for name, make := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := engines()["sqlite"](t)
			id := old.business(t, "Asha Salon", "+255700000001")
			old.run(t, "DROP INDEX customers_chat_key")
			old.run(t, "INSERT INTO customers (id, tenant_id, chat, first_seen_at, last_seen_at) SELECT 'twin', "+
				"tenant_id, chat, 0, 0 FROM customers")
			file := take(t, old.source(), archive.Keys{})
			b := make(t)
			before := b.shape(t)
			if _, err := backup.Restore(t.Context(), b.target(), backup.Wanted{}, opener(file),
				archive.Keys{}); err == nil {
				t.Error("two customers of one chat came back")
			}
			if n := b.count(t, "SELECT count(*) FROM tenants WHERE id = $1", id); n != 0 {
				t.Error("a part of it stayed")
			}
			if after := b.shape(t); after != before {
				t.Errorf("indexes and keys are\n%s\nwere\n%s", after, before)
			}
		})
	}
}

// A restore tells how far it is from its beginning to its end.
func TestRestoreTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	for name, make := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := engines()["sqlite"](t)
			old.business(t, "Asha Salon", "+255700000001")
			old.business(t, "Baraka Duka", "+255700000002")
			data := take(t, old.source(), archive.Keys{})
			file := filepath.Join(t.TempDir(), "backup")
			must(t, os.WriteFile(file, data, 0o600))
			b := make(t)
			var phases []string
			last := map[string]backup.Progress{}
			target := b.target()
			target.Progress = func(p backup.Progress) {
				if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
					phases = append(phases, p.Phase)
				}
				if p.Done < last[p.Phase].Done || p.Done > p.Total {
					t.Errorf("after %+v came %+v", last[p.Phase], p)
				}
				last[p.Phase] = p
			}
			open := func(context.Context) (io.ReadCloser, error) { return os.Open(file) }
			_, err := backup.Restore(t.Context(), target, backup.Wanted{}, open, archive.Keys{})
			must(t, err)
			want := []string{backup.PhaseChecking, backup.PhasePreparing, backup.PhaseRows, backup.PhaseIndexes,
				backup.PhaseFolders}
			if !slices.Equal(phases, want) {
				t.Errorf("the phases were %q, want %q", phases, want)
			}
			if at := last[backup.PhaseChecking]; at.Done != int64(len(data)) || at.Total != at.Done {
				t.Errorf("checking ended at %+v of %d bytes", at, len(data))
			}
			if at := last[backup.PhaseIndexes]; at.Total < 20 || at.Done != at.Total-1 {
				t.Errorf("making indexes ended at %+v", at)
			}
		})
	}
}
