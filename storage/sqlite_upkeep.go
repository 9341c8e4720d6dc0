package storage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"flowhq"
	"flowhq/locale/key"
)

func (sqliteFile) sizeQuery() string {
	return "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
}

// leastRoom is what a SQLite file needs on its disk at least, in bytes: a page or two still fit where the next batch of
// messages does not.
const leastRoom = 1 << 20

func (sqliteFile) full(d *database) bool {
	var fs syscall.Statfs_t
	if syscall.Statfs(filepath.Dir(d.addr.file), &fs) != nil {
		return false
	}
	return int64(fs.Bavail)*fs.Bsize < leastRoom
}

func (sqliteFile) check(ctx context.Context, d *database) error {
	var found string
	if err := d.reader.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return d.fail("check", err)
	}
	if found != "ok" {
		d.log.ErrorContext(ctx, "the database file is damaged", "database", d.addr.String(), "found", found)
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Text: flowhq.Say(key.DatabaseDamaged),
			Outage: flowhq.OutageDamaged}
	}
	return nil
}

// reclaimPages is how many pages of 4 KiB one step gives back at most.
const reclaimPages = 2000

func (sqliteFile) reclaim(ctx context.Context, d *database) (more bool, err error) {
	free, err := pragma(ctx, d, "PRAGMA freelist_count")
	if err != nil || free == 0 {
		return false, err
	}
	// The pragma frees a page with each row that is read of it.
	rows, err := d.writer.QueryContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", reclaimPages))
	if err != nil {
		return false, err
	}
	for rows.Next() {
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return false, err
	}
	left, err := pragma(ctx, d, "PRAGMA freelist_count")
	if err != nil {
		return false, err
	}
	if left == 0 || left >= free { // done, or a file that was made without the means to shrink
		_, err = d.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
		return false, err
	}
	return true, nil
}

func pragma(ctx context.Context, d *database, query string) (n int64, err error) {
	return n, d.writer.QueryRowContext(ctx, query).Scan(&n)
}
