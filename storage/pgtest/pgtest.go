// Package pgtest gives tests a PostgreSQL of their own: a server on a unix socket in a folder of its own, started once
// for a test binary, and a fresh database for every test. It needs the server's programs (initdb, postgres) and no
// running server; where they are missing, the test fails and says what to install. As root, the server runs as nobody.
//
// The server and its folder are gone soon after the test binary is, however that ends: a watchdog waits for it.
//
// The package imports the standard library and pgx, and must never import another package of the project but in tests.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shared starts the binary's one server. It is the package's only global: tests have no other place that is one for the
// whole binary.
var shared = sync.OnceValues(start)

// DSN gives the address of a fresh, empty database, which is dropped when the test ends.
func DSN(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s.DSN(t)
}

// Private starts a server for this test alone, which may stop and start it as it likes.
func Private(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.destroy)
	return s
}

// DSN gives the address of a fresh, empty database on this server, which is dropped when the test ends.
func (s *Server) DSN(t testing.TB) string {
	t.Helper()
	return s.database(t, "")
}

func (s *Server) database(t testing.TB, options string) string {
	t.Helper()
	name := databaseName(t.Name())
	if err := s.exec("CREATE DATABASE " + name + options); err != nil {
		t.Fatalf("create a database for the test: %v", err)
	}
	t.Cleanup(func() {
		// A server that the test stopped takes its databases with it anyway.
		_ = s.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
	})
	return s.address(name)
}

// Template is a database that is prepared once, by the first test that needs a copy of it. Its zero value with Prepare
// set is ready to use.
type Template struct {
	Prepare func(dsn string) error // fills an empty database, and leaves no connection to it open

	once sync.Once
	name string
	err  error
}

// DSN gives the address of a fresh copy on the shared server, which is dropped when the test ends.
func (p *Template) DSN(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	p.once.Do(func() {
		p.name = databaseName("template")
		if p.err = s.exec("CREATE DATABASE " + p.name); p.err == nil {
			p.err = p.Prepare(s.address(p.name))
		}
	})
	if p.err != nil {
		t.Fatalf("prepare the databases' template: %v", p.err)
	}
	return s.database(t, " TEMPLATE "+p.name)
}

func (s *Server) address(database string) string {
	where := url.Values{"host": {s.dir}, "sslmode": {"disable"}}
	if s.port != 0 {
		where.Set("port", strconv.Itoa(s.port))
	}
	return "postgres://postgres@/" + database + "?" + where.Encode()
}

func (s *Server) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.address("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

// databaseName makes a name that needs no quotes, tells the test and is used by nobody else.
func databaseName(test string) string {
	keep := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}
	name := strings.Map(keep, strings.ToLower(test))
	return fmt.Sprintf("t_%.30s_%s", name, strings.ToLower(rand.Text()[:10]))
}
