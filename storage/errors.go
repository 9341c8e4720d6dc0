package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"flowhq"
)

// SQLSTATEs of PostgreSQL that are told apart.
const (
	pgUniqueViolation     = "23505"
	pgForeignKeyViolation = "23503"
	pgSerialization       = "40001"
	pgDeadlock            = "40P01"
	pgReadOnly            = "25006"
	pgTooManyConnections  = "53300"
	pgNoDatabase          = "3D000"
	pgBadPassword         = "28P01"
	pgBadAuthorization    = "28000"
	pgNoPrivilege         = "42501"
	pgQueryCanceled       = "57014"
	pgLockTimeout         = "55P03"
)

// fail makes of err what a method gives back: domain errors as they are, a database that is away as CodeUnavailable,
// the rest wrapped with what was being done.
func (s *database) fail(what string, err error) error {
	if err == nil {
		return nil
	}
	if domain, ok := errors.AsType[*flowhq.Error](err); ok {
		return domain
	}
	if why, sentence := away(err); sentence != "" {
		if why == flowhq.OutageReadOnly || why == flowhq.OutageAway {
			s.dropIdle()
		}
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Message: sentence, Outage: why, Cause: fmt.Errorf("storage: %s: %w", what, err)}
	}
	if isForeignKey(err) {
		// Whatever belongs to a tenant was inserted while the tenant went.
		return &flowhq.Error{Code: flowhq.CodeNotFound, Message: "Tenant not found", Cause: fmt.Errorf("storage: %s: %w", what, err)}
	}
	return fmt.Errorf("storage: %s: %w", what, err)
}

// away says why the database can't be used at present, and in a sentence; "" when err is something else.
func away(err error) (flowhq.Outage, string) {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return awayPostgres(pg.Code)
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return awaySQLite(lite.Code())
	}
	_, refused := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "", ""
	case errors.Is(err, context.DeadlineExceeded):
		return flowhq.OutageSlow, "The database did not answer in time."
	case refused, network, errors.Is(err, driver.ErrBadConn), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return flowhq.OutageAway, "The database can't be reached."
	case errors.Is(err, sql.ErrConnDone), strings.Contains(err.Error(), "sql: database is closed"), strings.Contains(err.Error(), "conn closed"):
		return flowhq.OutageAway, "The database connection is closed."
	default:
		return "", ""
	}
}

func awayPostgres(code string) (flowhq.Outage, string) {
	switch {
	case strings.HasPrefix(code, "08"):
		return flowhq.OutageAway, "The database can't be reached."
	case strings.HasPrefix(code, "57P"):
		return flowhq.OutageAway, "The database is starting or shutting down."
	case code == pgQueryCanceled, code == pgLockTimeout:
		return flowhq.OutageSlow, "The database did not answer in time."
	case code == pgTooManyConnections:
		return flowhq.OutageConnections, "The database has no connection left; raise max_connections or lower connection_limit."
	case strings.HasPrefix(code, "53"):
		return flowhq.OutageFull, "The database is out of disk space, memory or other resources."
	case code == pgReadOnly:
		return flowhq.OutageReadOnly, "The database is read-only at present."
	case code == pgBadPassword, code == pgBadAuthorization:
		return flowhq.OutageAway, "The database refuses the user or its password."
	case code == pgNoDatabase:
		return flowhq.OutageAway, "The database does not exist."
	case strings.HasPrefix(code, "58"):
		return flowhq.OutageFull, "The database server has trouble with its files."
	case strings.HasPrefix(code, "XX001"), strings.HasPrefix(code, "XX002"):
		return flowhq.OutageDamaged, "A file of the database is damaged."
	default:
		return "", ""
	}
}

func awaySQLite(code int) (flowhq.Outage, string) {
	switch code & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return flowhq.OutageBusy, "The database file is locked by another process."
	case lib.SQLITE_INTERRUPT:
		return flowhq.OutageSlow, "The database did not answer in time."
	case lib.SQLITE_FULL:
		return flowhq.OutageFull, "The disk of the database file is full."
	case lib.SQLITE_READONLY:
		return flowhq.OutageReadOnly, "The database file can't be written."
	case lib.SQLITE_IOERR:
		return flowhq.OutageAway, "The database file can't be read or written: its disk reports a fault."
	case lib.SQLITE_CANTOPEN:
		return flowhq.OutageAway, "The database file can't be opened."
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return flowhq.OutageDamaged, "The database file is damaged or is no SQLite database."
	default:
		return "", ""
	}
}

// explainOpen says what stands in the way of using the database at all, and what to do.
func (s *database) explainOpen(err error) error {
	if domain, ok := errors.AsType[*flowhq.Error](err); ok {
		return domain
	}
	why, reason := away(err)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		reason = hintPostgres(pg, s.addr, reason)
	}
	if _, path := errors.AsType[*fs.PathError](err); path && s.addr.pg == nil {
		reason = "The file can't be opened: make sure that it and its folder are there and belong to the user that runs this."
	}
	if _, refused := errors.AsType[*pgconn.ConnectError](err); refused && reason == "The database can't be reached." {
		reason = "It can't be reached: start PostgreSQL, or correct DATABASE_URL."
	}
	if reason == "" {
		return fmt.Errorf("storage: open %s: %w", s.addr, err)
	}
	return &flowhq.Error{
		Code: flowhq.CodeUnavailable, Message: fmt.Sprintf("%s: %s", s.addr, reason), Outage: why, Cause: fmt.Errorf("storage: open: %w", err),
	}
}

func hintPostgres(pg *pgconn.PgError, a *address, reason string) string {
	switch pg.Code {
	case pgNoDatabase:
		return fmt.Sprintf("It does not exist: create it (createdb %s), or correct DATABASE_URL.", a.pg.Database)
	case pgBadPassword, pgBadAuthorization:
		return "The server refuses the user or its password: check both in DATABASE_URL."
	case pgNoPrivilege:
		return fmt.Sprintf("The user %s may not do this here: make it the owner of the database.", a.pg.User)
	default:
		return reason
	}
}

func pgCode(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code
	}
	return ""
}

func liteCode(err error) int {
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code()
	}
	return 0
}

// isRetryable tells whether a transaction failed only because of another one.
func isRetryable(err error) bool {
	code := pgCode(err)
	return code == pgSerialization || code == pgDeadlock
}

func isUnique(err error) bool {
	lite := liteCode(err)
	return pgCode(err) == pgUniqueViolation || lite == lib.SQLITE_CONSTRAINT_UNIQUE || lite == lib.SQLITE_CONSTRAINT_PRIMARYKEY
}

func isForeignKey(err error) bool {
	return pgCode(err) == pgForeignKeyViolation || liteCode(err) == lib.SQLITE_CONSTRAINT_FOREIGNKEY
}
