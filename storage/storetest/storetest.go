// Package storetest gives tests databases of both engines that are migrated already: copies of one that was migrated
// once for the test binary. A migration takes much longer than a copy.
//
// The package imports storage and pgtest, and must never import another package of the project.
package storetest

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"flowhq/storage"
	"flowhq/storage/pgtest"
)

// postgres and sqlite are made by the first test that needs one. They are the package's only globals: tests have no
// other place that is one for the whole binary.
var (
	postgres = pgtest.Template{Prepare: migrate}
	sqlite   = sync.OnceValues(migratedFile)
)

// Postgres gives the address of a fresh migrated database, which is dropped when the test ends.
func Postgres(t testing.TB) string {
	t.Helper()
	return postgres.DSN(t)
}

// SQLite gives the address of a fresh migrated file in a folder of the test.
func SQLite(t testing.TB) string {
	t.Helper()
	content, err := sqlite()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "flowhq.db")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite://" + file
}

// migratedFile gives the content of a migrated SQLite file.
func migratedFile() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "storetest")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "flowhq.db")
	if err := migrate("sqlite://" + file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

func migrate(dsn string) error {
	s, err := storage.Open(context.Background(), dsn, storage.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return s.Close()
}
