package storage

import (
	"context"
	"flowhq/locale/key"
	"path/filepath"
	"syscall"

	"flowhq"
)

// Probe tells whether the database can be written, by writing: nil, or CodeUnavailable with the reason. Where Ping is content
// with a standby, a full disk or a file that somebody else holds locked, this is not.
func (s *Store) Probe(ctx context.Context) error {
	if s.full() {
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Text: flowhq.Say(key.DatabaseDiskFull), Outage: flowhq.OutageFull}
	}
	return s.write(ctx, "probe", func(t *tx) error {
		_, err := t.sql.ExecContext(ctx, "UPDATE "+versionTable+" SET is_applied = is_applied WHERE version_id = 0")
		return err
	})
}

// leastRoom is what a SQLite file needs on its disk at least: a page or two still fit where the next batch of messages does not.
const leastRoom = 1 << 20

// full tells whether the disk of a SQLite file is.
func (s *database) full() bool {
	var fs syscall.Statfs_t
	if s.engine.name() != SQLite || syscall.Statfs(filepath.Dir(s.addr.file), &fs) != nil {
		return false
	}
	return int64(fs.Bavail)*fs.Bsize < leastRoom
}

// Check looks for damage: it reads a SQLite file from one end to the other, which takes about a second for each gigabyte and
// keeps nobody waiting. Damage is CodeUnavailable with OutageDamaged. PostgreSQL looks after its own files.
func (s *Store) Check(ctx context.Context) error {
	if s.engine.name() == PostgreSQL {
		return nil
	}
	var found string
	if err := s.reader.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return s.fail("check", err)
	}
	if found != "ok" {
		s.log.ErrorContext(ctx, "the database file is damaged", "database", s.addr.String(), "found", found)
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Text: flowhq.Say(key.DatabaseDamaged), Outage: flowhq.OutageDamaged}
	}
	return nil
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
