package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"flowhq/storage/dump"
	"flowhq/storage/internal/db"
)

// defaultConns is how many connections are opened to PostgreSQL at most where nothing is said.
const defaultConns = 16

// minConns are needed at least: one marks the database as used, a migration holds a lock on another and works on a third.
const minConns = 4

// postgres is the engine PostgreSQL, 13 and later.
type postgres struct{}

func postgresEngine() engine { return engine{PostgreSQL, postgres{}, postgres{}, postgres{}} }

func (s *database) connectPostgres(ctx context.Context, o Options) error {
	conns := defaultConns
	switch {
	case o.MaxConns > 0:
		conns = o.MaxConns
	case s.addr.maxConns > 0:
		conns = s.addr.maxConns
	}
	conns = max(conns, minConns)
	pool := stdlib.OpenDB(*s.addr.pg)
	pool.SetMaxOpenConns(conns)
	s.idle = min(conns, 8)
	pool.SetMaxIdleConns(s.idle)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	s.writer, s.reader, s.engine = pool, pool, postgresEngine()
	if err := pool.PingContext(ctx); err != nil {
		return errors.Join(err, pool.Close())
	}
	return nil
}

// isolation: a snapshot for all of the transaction.
func (postgres) isolation() sql.IsolationLevel { return sql.LevelRepeatableRead }

func (postgres) dialect() dump.Dialect { return dump.PostgreSQL }

func (postgres) prepareLoad(context.Context, *sql.Conn) (func(), error) { return func() {}, nil }

// begin commits in full even where less would do: a server that crashes alone would lose what workers believe to be taken.
func (postgres) begin(ctx context.Context, pool *sql.DB, _ bool) (*sql.Tx, func(), error) {
	raw, err := pool.BeginTx(ctx, nil)
	return raw, func() {}, err
}

// lockTenant takes the row's lock for an update that leaves its key alone: rows that point to it can still be inserted.
func (postgres) lockTenant(ctx context.Context, tx *sql.Tx, id string) (bool, error) {
	var got string
	return found(tx.QueryRowContext(ctx, "SELECT id FROM tenants WHERE id = $1 FOR NO KEY UPDATE", db.Clean(id)).Scan(&got))
}

func (postgres) lockName(ctx context.Context, tx *sql.Tx, name string) error {
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", db.Clean(name))
	return err
}

func (postgres) beat(ctx context.Context, tx *sql.Tx, now db.Time, beats []beat) error {
	ids, seen, heard := make([]string, len(beats)), make([]*time.Time, len(beats)), make([]*time.Time, len(beats))
	for i, b := range beats {
		ids[i], seen[i], heard[i] = db.Clean(b.tenantID), b.seen.Ptr(), b.heard.Ptr()
	}
	_, err := tx.ExecContext(ctx, `
UPDATE whatsapp_sessions s
SET last_seen_at = GREATEST(s.last_seen_at, b.seen), wa_heard_at = GREATEST(s.wa_heard_at, b.heard), updated_at = $1
FROM unnest($2::text[], $3::timestamp[], $4::timestamp[]) AS b (tenant_id, seen, heard)
WHERE s.tenant_id = b.tenant_id`, now, ids, seen, heard)
	return err
}

// insert sends each column as one array of texts, so that the statement is the same for any number of rows and is prepared
// once.
func (postgres) insert(ctx context.Context, tx *sql.Tx, in insertion, rows [][]any) error {
	var values, params, names strings.Builder
	args := make([]any, len(in.columns))
	for c, col := range in.columns {
		list := make([]*string, len(rows))
		for r, row := range rows {
			text, err := textOf(row[c])
			if err != nil {
				return fmt.Errorf("column %s: %w", col.name, err)
			}
			list[r] = text
		}
		args[c] = list
		sep := ", "[:2*min(c, 1)]
		fmt.Fprintf(&params, "%s$%d::text[]", sep, c+1)
		fmt.Fprintf(&names, "%sc%d", sep, c)
		fmt.Fprintf(&values, "%sr.c%d", sep, c)
		if col.kind != "" {
			values.WriteString("::" + col.kind)
		}
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM unnest(%s) AS r (%s) %s",
		in.table, in.names(), &values, &params, &names, in.conflict), args...)
	return err
}

// textOf gives a value as PostgreSQL reads it, nil for NULL.
func textOf(v any) (*string, error) {
	if valuer, ok := v.(driver.Valuer); ok {
		var err error
		if v, err = valuer.Value(); err != nil {
			return nil, err
		}
	}
	var text string
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		text = db.Clean(v)
	case int:
		text = strconv.Itoa(v)
	case int64:
		text = strconv.FormatInt(v, 10)
	case time.Time:
		text = v.Format("2006-01-02 15:04:05.000")
	default:
		return nil, fmt.Errorf("a %T can't be sent as text", v)
	}
	return &text, nil
}
