package storage_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"flowhq"
	"flowhq/locale"
	"flowhq/storage"
	"flowhq/storage/pgtest"
)

func TestDescribe(t *testing.T) {
	for _, name := range []string{"PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGSERVICE", "PGSSLMODE"} {
		t.Setenv(name, "")
		noError(t, os.Unsetenv(name))
	}
	t.Setenv("PGUSER", "me")
	t.Setenv("PGHOST", "/run/sock")
	cwd := must(os.Getwd())(t)
	for dsn, want := range map[string]string{
		"":                             "PostgreSQL database flowhq at /run/sock as user me",
		"postgres:///flowhq":           "PostgreSQL database flowhq at /run/sock as user me",
		"postgresql://u:p@h:5433/d":    "PostgreSQL database d at h:5433 as user u",
		"postgres://u:p%40%2F@h/d":     "PostgreSQL database d at h:5432 as user u",
		"postgres://u@/d?host=/tmp/pg": "PostgreSQL database d at /tmp/pg as user u",
		"postgresql://u:p@h:5432/d?schema=public&connection_limit=5&pool_timeout=2&pgbouncer=true" +
			"&sslaccept=strict&sslmode=require&socket_timeout=5": "PostgreSQL database d at h:5432 as user u",
		"sqlite:///var/lib/flowhq/flowhq.db": "SQLite file /var/lib/flowhq/flowhq.db",
		"sqlite:/var/lib/x.db":               "SQLite file /var/lib/x.db",
		"sqlite:rel.db":                      "SQLite file " + filepath.Join(cwd, "rel.db"),
		"  sqlite:./var/../rel 100%.db ":     "SQLite file " + filepath.Join(cwd, "rel 100%.db"),
	} {
		got, err := storage.Describe(dsn)
		noError(t, err)
		equal(t, dsn, got, want)
	}
}

func TestWrongDSN(t *testing.T) {
	for _, dsn := range []string{
		"mysql://u:secret@h/d", "secret", "host=h password=secret", "postgres://u:sec#ret@h/d",
		"postgres://u:secret@h:port/d", "postgres:secret@h/d",
		"postgres://u:secret@h/d?sslmode=never", "postgres://u:secret@h/d?connection_limit=none",
		"postgres://u:se cret@h/d\x7f",
		"sqlite:", "sqlite://rel.db", "sqlite::memory:", "sqlite:/tmp/", "sqlite:///tmp/x.db?mode=secret",
		"postgres://u:secret@h:99999/d",
	} {
		err := storage.Check(dsn)
		refused(t, err, flowhq.CodeInvalid, "DATABASE_URL")
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the password: %v", dsn, err)
		}
		_, err = storage.Open(t.Context(), dsn, storage.Options{})
		refused(t, err, flowhq.CodeInvalid, "DATABASE_URL")
	}
}

func TestUnreachablePostgres(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	noError(t, err)
	addr := listener.Addr().String()
	noError(t, listener.Close()) // nobody listens there now
	_, err = storage.Open(t.Context(), "postgres://u:secret@"+addr+"/shop", storage.Options{})
	refused(t, err, flowhq.CodeUnavailable)
	for _, want := range []string{addr, "shop", "DATABASE_URL"} {
		if !strings.Contains(locale.English(err), want) {
			t.Errorf("error %q lacks %q", locale.English(err), want)
		}
	}
	if strings.Contains(err.Error()+locale.English(err), "secret") {
		t.Errorf("the error tells the password: %v", err)
	}
}

func TestMissingDatabase(t *testing.T) {
	t.Parallel()
	_, err := storage.Open(t.Context(), strings.Replace(pgtest.DSN(t), "/t_", "/no_t_", 1), storage.Options{})
	refused(t, err, flowhq.CodeUnavailable)
	if !strings.Contains(locale.English(err), "createdb no_t_") {
		t.Errorf("error %q does not say what to do", locale.English(err))
	}
}

func TestSQLiteFilesThatCanNotBe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	noError(t, os.WriteFile(file, []byte(strings.Repeat("this is no database, ", 500)), 0o600))
	for dsn, want := range map[string]string{
		"sqlite://" + file:                "not an SQLite database",
		"sqlite://" + file + "/flowhq.db": "can't be opened",
		"sqlite://" + dir:                 "can't be opened",
	} {
		_, err := storage.Open(t.Context(), dsn, storage.Options{})
		refused(t, err, flowhq.CodeUnavailable)
		if err != nil && !strings.Contains(locale.English(err), want) {
			t.Errorf("%s: error %q lacks %q", dsn, locale.English(err), want)
		}
	}
	equal(t, "file that is no database, afterwards", len(must(os.ReadFile(file))(t)), 21*500)
}

func TestSQLiteFileIsPrivate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "new", "flowhq.db")
	h := open(t, "sqlite://"+file)
	h.tenant(t, "Asha", "")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info := must(os.Stat(file + suffix))(t)
		equal(t, "mode of "+info.Name(), info.Mode().Perm(), fs.FileMode(0o600))
	}
}

func TestInspectChangesNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "flowhq.db")
	absent := must(storage.Inspect(t.Context(), "sqlite://"+file, storage.Options{}))(t)
	equal(t, "file that is not there", absent.Absent && absent.Wanted > 0 && !absent.UpToDate(), true)
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file was made: %v", err)
	}
	dsn := pgtest.DSN(t)
	schema := must(storage.Inspect(t.Context(), dsn, storage.Options{}))(t)
	equal(t, "schema", schema.Current, 0)
	equal(t, "up to date", schema.UpToDate(), false)
	var tables int
	noError(t, raw(t, dsn).QueryRow("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&tables))
	equal(t, "tables made", tables, 0)
	open(t, dsn)
	schema = must(storage.Inspect(t.Context(), dsn, storage.Options{}))(t)
	equal(t, "up to date after Open", schema.UpToDate(), true)
	equal(t, "made by Prisma", schema.Prisma, false)
}

func TestOpenedByManyAtTheSameTime(t *testing.T) {
	t.Parallel()
	for engine, dsn := range dsns() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			address := dsn(t)
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() {
					s, err := storage.Open(t.Context(), address, storage.Options{Logger: slog.New(slog.DiscardHandler)})
					if err != nil {
						t.Error(err)
						return
					}
					noError(t, s.Close())
				})
			}
			wg.Wait()
			h := open(t, address)
			equal(t, "up to date", must(h.Migrated(h.ctx))(t), true)
			equal(t, "migrations done twice", h.count(t,
				"SELECT count(*) - count(DISTINCT version_id) FROM flowhq_migrations"), 0)
		})
	}
}

func TestKeepsWhatItHolds(t *testing.T) {
	t.Parallel()
	for engine, dsn := range dsns() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			address := dsn(t)
			first := open(t, address)
			id := first.tenant(t, "Asha", "+255700000001").ID
			noError(t, first.Close())
			equal(t, "name", must(open(t, address).Tenant(t.Context(), id))(t).Name, "Asha")
		})
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	for engine, dsn := range dsns() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			address := dsn(t)
			h := open(t, address)
			h.exec(t, "INSERT INTO flowhq_migrations (version_id, is_applied) VALUES (9999, true)")
			_, err := storage.Open(t.Context(), address, storage.Options{})
			refused(t, err, flowhq.CodeConflict)
			if err != nil && !strings.Contains(err.Error(), "newer") {
				t.Errorf("error is %q", err)
			}
		})
	}
}

// Prisma's parameters: a schema of its own, which is made where it is missing, and a single connection.
func TestPrismaParameters(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	for _, params := range []string{"&schema=Web%20App&connection_limit=1", "&schema=other&pgbouncer=true",
		"&schema=public&pool_timeout=0"} {
		h := open(t, dsn+params)
		id := h.tenant(t, "Asha", "+255700000001").ID
		h.apply(t, id, "j", text(1, "+1", "A"), trace(2, "A", "received"), reply(3, "+1", "B"), note(4, "x"))
		noError(t, h.Heartbeats(h.ctx, []flowhq.Heartbeat{{TenantID: id, SeenAt: noon}}))
		equal(t, "tenants in this schema", len(must(h.Tenants(h.ctx,
			flowhq.TenantFilter{Status: flowhq.TenantNew, Query: "a"}))(t)), 1)
		equal(t, "messages", len(must(h.Messages(h.ctx, id, flowhq.MessageQuery{Trace: true}))(t)), 2)
	}
	for _, schema := range []string{"Web App", "other", "public"} {
		var n int
		noError(t, raw(t, dsn).QueryRow("SELECT count(*) FROM pg_tables WHERE schemaname = $1 AND tablename IN "+
			"('tenants', 'flowhq_migrations')", schema).Scan(&n))
		equal(t, "tables in "+schema, n, 2)
	}
}

func TestWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	server := pgtest.Private(t)
	dsn := server.DSN(t)
	noError(t, server.Stop())
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	start := time.Now()
	_, err := storage.Open(t.Context(), dsn, storage.Options{Logger: logger, Wait: 100 * time.Millisecond})
	refused(t, err, flowhq.CodeUnavailable)
	if waited := time.Since(start); waited < 100*time.Millisecond {
		t.Errorf("waited only %v", waited)
	}
	if !strings.Contains(log.String(), "waiting for the database") {
		t.Errorf("the log says %q", log.String())
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		s, err := storage.Open(t.Context(), dsn, storage.Options{Logger: slog.New(slog.DiscardHandler),
			Wait: time.Minute})
		if err != nil {
			t.Error(err)
			return
		}
		noError(t, s.Close())
	})
	noError(t, server.Start())
	wg.Wait()
}

func TestWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := storage.Open(ctx, "postgres://u@127.0.0.1:1/d",
		storage.Options{Logger: slog.New(slog.DiscardHandler), Wait: time.Hour})
	refused(t, err, flowhq.CodeUnavailable)
}
