package backup

import (
	"errors"
	"flowhq/locale"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"

	"flowhq"
)

// noSpace tells whether a disk is full, or a quota used up.
func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || isFull(err)
}

// isFull tells whether SQLite found the disk full.
func isFull(err error) bool {
	const full = 13 // SQLITE_FULL
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == full
}

// Explain makes a sentence of what stopped a backup or a restore; errors that are one already stay.
func Explain(err error, doing string) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*flowhq.Error](err); ok {
		return err
	}
	if noSpace(err) {
		return &flowhq.Error{Code: flowhq.CodeUnavailable,
			Message: "The disk is full: " + doing + " needs more space. Free some and try again.", Cause: err}
	}
	if errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EROFS) {
		return &flowhq.Error{Code: flowhq.CodeForbidden,
			Message: "A file or folder may not be written by this user: " + doing + " failed.", Cause: err}
	}
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		message := "A file or folder cannot be used (" + at.Path + "): " + doing + " failed."
		if errors.Is(err, syscall.ENOTDIR) {
			message = "Something else is where a folder should be (" + at.Path + "): " + doing + " failed."
		}
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Message: message, Cause: err}
	}
	return err
}

// sentence gives what a person may read of an error.
func sentence(err error) string {
	if e, ok := errors.AsType[*flowhq.Error](err); ok {
		return locale.English(e)
	}
	return "Something went wrong; the log tells what."
}
