package storage

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"flowhq/storage/internal/db"
)

// defaultConns is how many connections are opened to PostgreSQL at most where nothing is said.
const defaultConns = 16

// minConns are needed at least: a migration holds a lock on one connection and works on another.
const minConns = 3

// postgres is the engine PostgreSQL, 13 and later.
type postgres struct{}

func (s *Store) connectPostgres(ctx context.Context, o Options) error {
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
	pool.SetMaxIdleConns(min(conns, 8))
	pool.SetConnMaxIdleTime(5 * time.Minute)
	s.writer, s.reader, s.engine = pool, pool, postgres{}
	if err := pool.PingContext(ctx); err != nil {
		return errors.Join(err, pool.Close())
	}
	return nil
}

func (postgres) name() Engine { return PostgreSQL }

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

func (postgres) values(rows, cols int) string {
	var b strings.Builder
	n := 0
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		for c := range cols {
			b.WriteByte("(,"[min(c, 1)])
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		}
		b.WriteByte(')')
	}
	return b.String()
}

func (postgres) maxRows() int { return 200 }
