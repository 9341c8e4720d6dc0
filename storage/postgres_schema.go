package storage

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
)

func (postgres) migrations() (goose.Dialect, string) {
	return goose.DialectPostgres, "migrations/postgres"
}

// migrationLock is the advisory lock that a migrating process holds, "flowhq" in ASCII.
const migrationLock int64 = 0x666c6f776871

func (postgres) lockMigrations(ctx context.Context, d *database) (unlock func() error, err error) {
	conn, err := d.writer.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	unlock = func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock)
		return errors.Join(err, conn.Close())
	}
	if d.addr.schema != "" {
		if err := makeSchema(ctx, conn, d.addr.schema); err != nil {
			return nil, errors.Join(err, unlock())
		}
	}
	return unlock, nil
}

// makeSchema creates the schema that the DSN names, as Prisma does. One that is there is not touched: that would want a right
// that the user may not have.
func makeSchema(ctx context.Context, conn *sql.Conn, name string) error {
	var got string
	there, err := found(conn.QueryRowContext(ctx, "SELECT nspname::text FROM pg_namespace WHERE nspname = $1", name).Scan(&got))
	if err != nil || there {
		return err
	}
	_, err = conn.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{name}.Sanitize())
	return err
}

func (postgres) tableQuery() string {
	return "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1"
}

func (postgres) catalogQueries() (columns, indexes, enums string) {
	return `
SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum`,
		"SELECT indexname::text, '' FROM pg_indexes WHERE schemaname = current_schema()", `
SELECT t.typname::text, e.enumlabel::text FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid
WHERE t.typnamespace = quote_ident(current_schema())::regnamespace ORDER BY t.typname, e.enumsortorder`
}

func (postgres) addLabels(ctx context.Context, d *database, table, column string, labels []string) error {
	var name string
	err := d.writer.QueryRowContext(ctx, `SELECT format_type(a.atttypid, NULL) FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass($1) AND a.attname = $2 AND t.typtype = 'e'`, pgx.Identifier{table}.Sanitize(), column).Scan(&name)
	if there, err := found(err); err != nil || !there {
		return err
	}
	for _, label := range slices.Sorted(slices.Values(labels)) {
		if err := addEnumValue(ctx, d, name, label); err != nil {
			return err
		}
	}
	return nil
}

func (postgres) extendEnums(ctx context.Context, d *database, values map[string][]string) error {
	for enum, labels := range values {
		for _, label := range labels {
			if err := addEnumValue(ctx, d, pgx.Identifier{enum}.Sanitize(), label); err != nil {
				return err
			}
		}
	}
	return nil
}

func addEnumValue(ctx context.Context, d *database, enum, value string) error {
	_, err := d.writer.ExecContext(ctx, "ALTER TYPE "+enum+" ADD VALUE IF NOT EXISTS "+literal(value))
	return err
}

// countRelinks counts by the rule of relinkMigration. Enums that another program made may not know the values.
func (postgres) countRelinks(ctx context.Context, d *database, there *catalog) (n int, err error) {
	query := `
SELECT count(*) FROM tenants t LEFT JOIN whatsapp_sessions s ON s.tenant_id = t.id
WHERE (t.status::text NOT IN ('NEW', 'QR_PENDING') OR s.state::text = 'CONNECTED'
  OR EXISTS (SELECT 1 FROM setup_requests r WHERE r.tenant_id = t.id AND r.status::text = 'ACTIVE'))`
	if there.tables["tenant_events"] != nil {
		query += " AND NOT EXISTS (SELECT 1 FROM tenant_events e WHERE e.tenant_id = t.id)"
	}
	return n, d.writer.QueryRowContext(ctx, query).Scan(&n)
}
