package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"flowhq"
)

// What the caller can only wait for is CodeUnavailable, with a sentence; what is wrong with the call is not.
func TestAway(t *testing.T) {
	for _, err := range []error{
		&pgconn.PgError{Code: "57P01"}, &pgconn.PgError{Code: "57P03"}, &pgconn.PgError{Code: "08006"},
		&pgconn.PgError{Code: "53300"},
		&pgconn.PgError{Code: "53100"}, &pgconn.PgError{Code: "25006"}, &pgconn.PgError{Code: "57014"},
		&pgconn.PgError{Code: "28P01"},
		&pgconn.PgError{Code: "3D000"}, &pgconn.PgError{Code: "58030"}, &pgconn.PgError{Code: "55P03"},
		context.DeadlineExceeded, io.ErrUnexpectedEOF, sql.ErrConnDone,
		&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
	} {
		got := (&database{}).fail("do it", fmt.Errorf("wrapped: %w", err))
		domain, ok := errors.AsType[*flowhq.Error](got)
		if !ok || domain.Code != flowhq.CodeUnavailable || domain.Text.Empty() || !errors.Is(got, err) {
			t.Errorf("%v becomes %v", err, got)
		}
	}
	for _, err := range []error{&pgconn.PgError{Code: "22021"}, &pgconn.PgError{Code: "42601"}, context.Canceled,
		errors.New("other")} {
		if got := (&database{}).fail("do it", err); flowhq.CodeOf(got) != flowhq.CodeInternal || !errors.Is(got, err) {
			t.Errorf("%v becomes %v", err, got)
		}
	}
}
