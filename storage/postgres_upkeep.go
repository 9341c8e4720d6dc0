package storage

import "context"

func (postgres) sizeQuery() string { return "SELECT pg_database_size(current_database())" }

// full: the server's disk cannot be seen from here. What it refuses to write says that it is full.
func (postgres) full(*database) bool { return false }

// check has nothing to do: PostgreSQL looks after its own files.
func (postgres) check(context.Context, *database) error { return nil }

func (postgres) reclaim(ctx context.Context, d *database) (more bool, err error) {
	_, err = d.writer.ExecContext(ctx, "VACUUM (SKIP_LOCKED, ANALYZE) message_logs, message_traces, tenant_events, customer_requests")
	return false, err
}
