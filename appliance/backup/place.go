package backup

import (
	"context"
	"io"

	"flowhq"
)

// Place is where backups are kept.
type Place interface {
	// String gives the folder or the s3:// address.
	String() string
	// Create begins a backup, which is there under its name once Commit has returned without an error, whole and
	// durable.
	Create(ctx context.Context, name string) (Upload, error)
	// List gives the backups that are whole, newest first, and nothing else that lies there.
	List(ctx context.Context) ([]flowhq.Backup, error)
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	Remove(ctx context.Context, name string) error
}

// Upload is a backup that is being written.
type Upload interface {
	io.Writer
	Commit() error
	Abort() // after a failure, or instead of Commit; nothing stays
}
