package pgtest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Guarded is a server that lets people in as one does that Debian's package set up: over its socket a system user as
// the role of the same name, over loopback whoever has the password.
type Guarded struct {
	Socket string // the folder of its socket
	Port   int
}

// hba is Debian's pg_hba.conf, apart from what is for replication.
const hba = "local all all peer\nhost all all 127.0.0.1/32 scram-sha-256\n"

// NewGuarded starts one with a role that has a password, and a database of the same name that is the role's.
func NewGuarded(t testing.TB, role, password string) Guarded {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := folder()
	if err != nil {
		t.Fatal(err)
	}
	s, err := startAt(dir, false, port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.destroy)
	for _, sql := range []string{
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", role, password),
		fmt.Sprintf("CREATE DATABASE %[1]s OWNER %[1]s", role),
	} {
		if err := s.exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), []byte(hba), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	for s.exec("SELECT 1") == nil { // until it has read them: then it does not know this test any more
		if t.Context().Err() != nil {
			t.Fatal("PostgreSQL does not read its rules")
		}
	}
	return Guarded{Socket: s.dir, Port: port}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}
