package storage

import (
	"context"

	"flowhq"
	"flowhq/locale/key"
)

// Probe tells whether the database can be written, by writing: nil, or CodeUnavailable with the reason. Where Ping is content
// with a standby, a full disk or a file that somebody else holds locked, this is not.
func (s *Store) Probe(ctx context.Context) error {
	if s.engine.full(s.database) {
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Text: flowhq.Say(key.DatabaseDiskFull),
			Outage: flowhq.OutageFull}
	}
	return s.write(ctx, "probe", func(t *tx) error {
		_, err := t.sql.ExecContext(ctx, "UPDATE "+versionTable+" SET is_applied = is_applied WHERE version_id = 0")
		return err
	})
}

// Check looks for damage: it reads a SQLite file from one end to the other, which takes about a second for each gigabyte; others
// can go on meanwhile. Damage is CodeUnavailable with OutageDamaged. PostgreSQL looks after its own files.
func (s *Store) Check(ctx context.Context) error { return s.engine.check(ctx, s.database) }

// Size tells how many bytes the database takes on its disk.
func (s *Store) Size(ctx context.Context) (int64, error) {
	var n int64
	err := s.reader.QueryRowContext(ctx, s.engine.sizeQuery()).Scan(&n)
	return n, s.fail("measure the database", err)
}

// dropIdle closes connections that nobody uses at the moment, so that the next ones are made anew: after a restart those there are
// dead, and after a fail-over they lead to a server that is read-only from now on.
func (s *database) dropIdle() {
	if s.addr == nil || s.addr.pg == nil {
		return
	}
	s.writer.SetMaxIdleConns(0)
	s.writer.SetMaxIdleConns(s.idle)
}
