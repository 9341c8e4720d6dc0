package storage

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"flowhq"
)

// DefaultDSN is the database where none is named: PostgreSQL by libpq's defaults.
const DefaultDSN = "postgres:///flowhq"

// address is a parsed connection string: of PostgreSQL when pg is set, else of SQLite.
type address struct {
	pg       *pgx.ConnConfig
	schema   string // Prisma's ?schema=, "" when not said
	maxConns int    // Prisma's ?connection_limit=, 0 when not said
	file     string // absolute path of the SQLite file
}

// Describe tells which database a connection string means, without its password: "PostgreSQL database flowhq at
// db.example.com:5432 as user flowhq", "SQLite file /var/lib/flowhq/flowhq.db".
func Describe(dsn string) (string, error) {
	a, err := parse(dsn)
	if err != nil {
		return "", err
	}
	return a.String(), nil
}

// Check says what is wrong with a connection string, without connecting; nil when it can be used.
func Check(dsn string) error {
	_, err := parse(dsn)
	return err
}

func (a *address) String() string {
	if a.pg == nil {
		return "SQLite file " + a.file
	}
	host := a.pg.Host
	if !strings.HasPrefix(host, "/") {
		host = fmt.Sprintf("%s:%d", host, a.pg.Port)
	}
	return fmt.Sprintf("PostgreSQL database %s at %s as user %s", a.pg.Database, host, a.pg.User)
}

func parse(dsn string) (*address, error) {
	if dsn = strings.TrimSpace(dsn); dsn == "" {
		dsn = DefaultDSN
	}
	scheme, _, found := strings.Cut(dsn, ":")
	switch {
	case !found:
	case scheme == "sqlite":
		return parseSQLite(strings.TrimPrefix(dsn, "sqlite:"))
	case scheme == "postgres", scheme == "postgresql":
		return parsePostgres(dsn)
	}
	return nil, badDSN("must begin with postgres://, postgresql:// or sqlite:")
}

// badDSN never quotes the connection string: a part of it may be a password.
func badDSN(what string) error {
	return flowhq.Invalid([]flowhq.FieldError{{Field: "DATABASE_URL", Message: what}})
}

func parseSQLite(rest string) (*address, error) {
	path := rest
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		if !strings.HasPrefix(after, "/") {
			return nil, badDSN("a SQLite file is written sqlite:///absolute/path.db or sqlite:relative.db")
		}
		path = after
	}
	switch {
	case path == "" || strings.HasSuffix(path, "/"):
		return nil, badDSN("names no SQLite file; write sqlite:///absolute/path.db or sqlite:relative.db")
	case strings.HasPrefix(path, ":memory:"):
		return nil, badDSN("a SQLite database in memory would forget everything; name a file")
	case strings.ContainsAny(path, "?#\x00"):
		return nil, badDSN("a SQLite file takes no parameters; its name may not contain ? or #")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, badDSN("the SQLite file's folder can't be told; write its absolute path")
	}
	return &address{file: abs}, nil
}

func parsePostgres(dsn string) (*address, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, badDSN("is no valid address like postgres://user:password@host:5432/database; " +
			"special characters in the password are percent-encoded (@ is %%40, / is %%2F, # is %%23)")
	}
	if u.Opaque != "" {
		return nil, badDSN("a PostgreSQL address has two slashes: postgres://user:password@host:5432/database")
	}
	query := u.Query()
	a := &address{schema: query.Get("schema")}
	prisma, err := takePrisma(query, a)
	if err != nil {
		return nil, err
	}
	u.RawQuery = query.Encode()
	cfg, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, badDSN("is no valid PostgreSQL address: check the port, sslmode and the other parameters after " +
			"the question mark")
	}
	if prisma.pgbouncer {
		// A pooler may give the next statement another server connection, which has not prepared anything.
		cfg.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 10 * time.Second
	}
	cfg.RuntimeParams["timezone"] = "UTC"
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "flowhq"
	}
	if a.schema != "" {
		cfg.RuntimeParams["search_path"] = pgx.Identifier{a.schema}.Sanitize()
	}
	a.pg = cfg
	return a, nil
}

type prismaOptions struct{ pgbouncer bool }

// takePrisma takes the parameters out of query that Prisma knows and PostgreSQL's own library does not.
func takePrisma(query url.Values, a *address) (prismaOptions, error) {
	var o prismaOptions
	o.pgbouncer = query.Get("pgbouncer") == "true"
	if limit := query.Get("connection_limit"); limit != "" {
		n, err := strconv.Atoi(limit)
		if err != nil || n < 1 {
			return o, badDSN("connection_limit must be a number from 1 on")
		}
		a.maxConns = n
	}
	if query.Get("sslaccept") == "strict" && query.Get("sslmode") == "require" {
		query.Set("sslmode", "verify-full")
	}
	for _, name := range []string{
		"schema", "connection_limit", "pool_timeout", "pgbouncer", "sslaccept", "sslidentity", "socket_timeout",
		"statement_cache_size", "single_use_connections",
	} {
		query.Del(name)
	}
	return o, nil
}
