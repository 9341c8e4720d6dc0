package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"flowhq/locale/key"
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
	if why, text := away(err); text != "" {
		if why == flowhq.OutageReadOnly || why == flowhq.OutageAway {
			s.dropIdle()
		}
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Text: flowhq.Say(text), Outage: why,
			Cause: fmt.Errorf("storage: %s: %w", what, err)}
	}
	if isForeignKey(err) {
		// Whatever belongs to a tenant was inserted while the tenant went.
		return &flowhq.Error{Code: flowhq.CodeNotFound, Text: flowhq.Say(key.MissingTenant),
			Cause: fmt.Errorf("storage: %s: %w", what, err)}
	}
	return fmt.Errorf("storage: %s: %w", what, err)
}

// away says why the database can't be used at present, and gives the key of the text that says so; "" when err is
// something else.
func away(err error) (why flowhq.Outage, text string) {
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
		return flowhq.OutageSlow, key.DatabaseSlow
	case refused, network, errors.Is(err, driver.ErrBadConn), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return flowhq.OutageAway, key.DatabaseAway
	case errors.Is(err, sql.ErrConnDone), strings.Contains(err.Error(), "sql: database is closed"),
		strings.Contains(err.Error(), "conn closed"):
		return flowhq.OutageAway, key.DatabaseClosed
	default:
		return "", ""
	}
}

func awayPostgres(code string) (flowhq.Outage, string) {
	switch {
	case strings.HasPrefix(code, "08"):
		return flowhq.OutageAway, key.DatabaseAway
	case strings.HasPrefix(code, "57P"):
		return flowhq.OutageAway, key.DatabaseStarting
	case code == pgQueryCanceled, code == pgLockTimeout:
		return flowhq.OutageSlow, key.DatabaseSlow
	case code == pgTooManyConnections:
		return flowhq.OutageConnections, key.DatabaseConnections
	case strings.HasPrefix(code, "53"):
		return flowhq.OutageFull, key.DatabaseResources
	case code == pgReadOnly:
		return flowhq.OutageReadOnly, key.DatabaseReadOnly
	case code == pgBadPassword, code == pgBadAuthorization:
		return flowhq.OutageAway, key.DatabasePassword
	case code == pgNoDatabase:
		return flowhq.OutageAway, key.DatabaseNone
	case strings.HasPrefix(code, "58"):
		return flowhq.OutageFull, key.DatabaseServerFiles
	case strings.HasPrefix(code, "XX001"), strings.HasPrefix(code, "XX002"):
		return flowhq.OutageDamaged, key.DatabaseDamagedServer
	default:
		return "", ""
	}
}

func awaySQLite(code int) (flowhq.Outage, string) {
	switch code & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return flowhq.OutageBusy, key.DatabaseLocked
	case lib.SQLITE_INTERRUPT:
		return flowhq.OutageSlow, key.DatabaseSlow
	case lib.SQLITE_FULL:
		return flowhq.OutageFull, key.DatabaseDiskFull
	case lib.SQLITE_READONLY:
		return flowhq.OutageReadOnly, key.DatabaseNotWritable
	case lib.SQLITE_IOERR:
		return flowhq.OutageAway, key.DatabaseDiskFault
	case lib.SQLITE_CANTOPEN:
		return flowhq.OutageAway, key.DatabaseNotOpened
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return flowhq.OutageDamaged, key.DatabaseNotSqlite
	default:
		return "", ""
	}
}

// explainOpen says what stands in the way of using the database at all, and what to do.
func (s *database) explainOpen(err error) error {
	if domain, ok := errors.AsType[*flowhq.Error](err); ok {
		return domain
	}
	why, text := away(err)
	reason := flowhq.Say(text)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		reason = hintPostgres(pg, s.addr, reason)
	}
	if _, path := errors.AsType[*fs.PathError](err); path && s.addr.pg == nil {
		reason = flowhq.Say(key.DatabaseOpenFile)
	}
	if _, refused := errors.AsType[*pgconn.ConnectError](err); refused && reason.Key == key.DatabaseAway {
		reason = flowhq.Say(key.DatabaseOpenAway)
	}
	if reason.Empty() {
		return fmt.Errorf("storage: open %s: %w", s.addr, err)
	}
	return &flowhq.Error{
		Code: flowhq.CodeUnavailable, Text: flowhq.Say(key.DatabaseOpen, "database", s.addr.String(), "reason", reason),
		Outage: why, Cause: fmt.Errorf("storage: open: %w", err),
	}
}

func hintPostgres(pg *pgconn.PgError, a *address, reason flowhq.Text) flowhq.Text {
	switch pg.Code {
	case pgNoDatabase:
		return flowhq.Say(key.DatabaseOpenNone, "name", a.pg.Database)
	case pgBadPassword, pgBadAuthorization:
		return flowhq.Say(key.DatabaseOpenPassword)
	case pgNoPrivilege:
		return flowhq.Say(key.DatabaseOpenRights, "user", a.pg.User)
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
	return pgCode(err) == pgUniqueViolation || lite == lib.SQLITE_CONSTRAINT_UNIQUE ||
		lite == lib.SQLITE_CONSTRAINT_PRIMARYKEY
}

func isForeignKey(err error) bool {
	return pgCode(err) == pgForeignKeyViolation || liteCode(err) == lib.SQLITE_CONSTRAINT_FOREIGNKEY
}
