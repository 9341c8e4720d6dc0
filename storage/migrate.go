package storage

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/pressly/goose/v3"

	"flowhq"
)

//go:embed migrations
var migrations embed.FS

// versionTable keeps which migrations were done. Its name is ours: the predecessor's _prisma_migrations is left alone.
const versionTable = "flowhq_migrations"

// Schema tells how far a database's schema is.
type Schema struct {
	Engine   Engine
	Database string // as Describe puts it
	Current  int64  // 0: Flow HQ has not been here yet
	Wanted   int64  // what this program needs
	Prisma   bool   // holds tables that the predecessor's migrations made
	Absent   bool   // a SQLite file that is not there yet; Open makes it
}

// UpToDate tells whether the schema is as this program needs it.
func (s Schema) UpToDate() bool { return s.Current == s.Wanted }

// Inspect connects to the database that dsn names and tells how far its schema is. It changes nothing and creates nothing.
func Inspect(ctx context.Context, dsn string, o Options) (Schema, error) {
	a, err := parse(dsn)
	if err != nil {
		return Schema{}, err
	}
	if a.pg == nil {
		if _, err := os.Stat(a.file); errors.Is(err, fs.ErrNotExist) {
			wanted, err := wantedVersion(sqliteEngine())
			return Schema{Engine: SQLite, Database: a.String(), Wanted: wanted, Absent: true}, err
		}
	}
	s, err := connect(ctx, dsn, o, false)
	if err != nil {
		return Schema{}, err
	}
	schema, err := s.Schema(ctx)
	return schema, errors.Join(err, s.Close())
}

// Schema tells how far the schema is, without changing it.
func (s *SchemaStore) Schema(ctx context.Context) (Schema, error) {
	out := Schema{Engine: s.engine.name, Database: s.addr.String()}
	var err error
	if out.Wanted, err = wantedVersion(s.engine); err != nil {
		return Schema{}, err
	}
	if out.Current, err = s.Version(ctx); err != nil {
		return Schema{}, err
	}
	out.Prisma, err = s.hasTable(ctx, "_prisma_migrations")
	return out, s.fail("inspect", err)
}

// Version gives the number of the last migration that was done, 0 when none was.
func (s *SchemaStore) Version(ctx context.Context) (int64, error) {
	there, err := s.hasTable(ctx, versionTable)
	if err != nil || !there {
		return 0, s.fail("read version", err)
	}
	var version sql.NullInt64
	err = s.writer.QueryRowContext(ctx, "SELECT max(version_id) FROM "+versionTable).Scan(&version)
	return version.Int64, s.fail("read version", err)
}

// Migrated tells whether the schema is as this program needs it.
func (s *SchemaStore) Migrated(ctx context.Context) (bool, error) {
	schema, err := s.Schema(ctx)
	return schema.UpToDate(), err
}

func (s *SchemaStore) hasTable(ctx context.Context, name string) (bool, error) {
	var got string
	return found(s.writer.QueryRowContext(ctx, s.engine.tableQuery(), name).Scan(&got))
}

// wantedVersion gives the number of the last migration that this program knows.
func wantedVersion(e engine) (int64, error) {
	files, _, err := migrationsOf(e)
	if err != nil {
		return 0, err
	}
	var last int64
	err = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		version, err := versionOf(path)
		last = max(last, version)
		return err
	})
	return last, err
}

// versionOf gives the number that a migration's file name begins with.
func versionOf(path string) (int64, error) { return goose.NumericComponent(path) }

func migrationsOf(e engine) (fs.FS, goose.Dialect, error) {
	dialect, dir := e.migrations()
	files, err := fs.Sub(migrations, dir)
	return files, dialect, err
}

func (s *SchemaStore) provider() (*goose.Provider, error) {
	files, dialect, err := migrationsOf(s.engine)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, s.writer, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

// migrate brings the schema up to date. One process does it at a time; those that come later wait and find it done.
func (s *SchemaStore) migrate(ctx context.Context) error { return s.migrateAs(ctx, false) }

// migrateAs is migrate for whoever may work on a database that holds an unfinished copy (copying), which others may not.
func (s *SchemaStore) migrateAs(ctx context.Context, copying bool) (err error) {
	unlock, err := s.engine.lockMigrations(ctx, s.database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	before, err := s.Schema(ctx)
	if err != nil {
		return err
	}
	if err := s.forgetCopy(ctx, copying); err != nil {
		return err
	}
	unfinished, err := s.hasTable(ctx, copyTable)
	switch {
	case err != nil:
		return err
	case unfinished && !copying:
		return s.unfinishedCopy()
	case before.UpToDate():
		return nil
	case before.Current > before.Wanted:
		return flowhq.Errorf(flowhq.CodeConflict, "%s was made by a newer Flow HQ (schema %d, this one knows %d): install that version again, or restore a backup.",
			s.addr, before.Current, before.Wanted)
	}
	p, err := s.provider()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := s.extendEnums(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	s.log.InfoContext(ctx, "database schema brought up to date", "database", s.addr.String(), "from", before.Current, "to", before.Wanted,
		"steps", len(done), "adopted", before.Prisma && before.Current == 0, "took", time.Since(start).Round(time.Millisecond))
	return nil
}

// forgetCopy removes the mark that a copy is through, which whoever works with it has no use for.
func (s *SchemaStore) forgetCopy(ctx context.Context, copying bool) error {
	there, err := s.hasTable(ctx, copiedTable)
	if err != nil || !there || copying {
		return err
	}
	_, err = s.writer.ExecContext(ctx, "DROP TABLE "+copiedTable)
	return err
}
