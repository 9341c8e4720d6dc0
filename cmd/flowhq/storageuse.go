package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance"
	"flowhq/appliance/config"
	"flowhq/storage"
)

// The database that is made. The role is named like no system user: with peer authentication, PostgreSQL's default on
// its socket, every process of a user of that name would get in without the password, workers among them.
const (
	postgresDatabase = "flowhq"
	postgresRole     = "flowhq_db"
	postgresAdmin    = "postgres"
)

func newStorageUse() *cobra.Command {
	return &cobra.Command{
		Use:   "use postgres",
		Short: "Move the data of this installation into this machine's PostgreSQL",
		Long: `Makes a database and a role with a password in the PostgreSQL of this machine, stops Flow HQ, copies
everything there, counts and compares both sides, writes the new address into the settings and
starts Flow HQ again. Customers who write meanwhile are answered afterwards. The old database stays
as it is. When anything fails, Flow HQ goes on with the old one.

PostgreSQL must be installed and running (apt install postgresql). For one on another machine, see
flowhq storage copy.`,
		ValidArgs: []string{"postgres"},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] != "postgres" {
				return usageError{fmt.Errorf("usage: %s", cmd.UseLine())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return usePostgres(cmd) },
	}
}

// move is a change of the database under way.
type move struct {
	out      io.Writer
	settings string
	old, new string // addresses
	running  bool   // the service ran before
}

func usePostgres(cmd *cobra.Command) error {
	if os.Geteuid() != 0 {
		return flowhq.Errorf(flowhq.CodeForbidden, "Only root may do this. Run the command with sudo.")
	}
	src, err := source(cmd)
	if err != nil {
		return err
	}
	c, err := appliance.Settings(src)
	if err != nil {
		return err
	}
	m := &move{out: cmd.OutOrStdout(), old: c.DatabaseURL.Reveal()}
	if m.settings = c.File; m.settings == "" {
		return flowhq.Errorf(flowhq.CodeNotFound, "There is no file of settings that could be changed.")
	}
	if !strings.HasPrefix(m.old, "sqlite:") {
		where, err := storage.Describe(m.old)
		return errors.Join(err, flowhq.Errorf(flowhq.CodeConflict,
			"Flow HQ does not use SQLite but the %s. Nothing was changed.", where))
	}
	return m.run(cmd.Context())
}

func (m *move) run(ctx context.Context) error {
	if err := m.makeDatabase(ctx); err != nil {
		return err
	}
	m.running = exec.CommandContext(ctx, "systemctl", "is-active", "--quiet", "flowhq.service").Run() == nil
	if m.running {
		fmt.Fprintln(m.out, "Stopping Flow HQ. Customers who write now are answered when it is back.")
		if err := systemctl(ctx, "stop"); err != nil {
			return err
		}
	}
	if err := m.copy(ctx); err != nil {
		return errors.Join(err, m.goOn(context.WithoutCancel(ctx)))
	}
	if err := config.Edit(m.settings, map[string]string{"DATABASE_URL": m.new}); err != nil {
		return errors.Join(err, m.goOn(context.WithoutCancel(ctx)))
	}
	if !m.running {
		fmt.Fprintln(m.out, "The settings name PostgreSQL now. Start Flow HQ when you like: systemctl start flowhq")
		return nil
	}
	if err := systemctl(ctx, "start"); err != nil {
		back := config.Edit(m.settings, map[string]string{"DATABASE_URL": m.old})
		return errors.Join(err, back, m.goOn(context.WithoutCancel(ctx)))
	}
	fmt.Fprintf(m.out, "Flow HQ runs on PostgreSQL now. The old file stays as it was; remove it when you "+
		"are sure: %s\n", strings.TrimPrefix(m.old, "sqlite://"))
	return nil
}

// goOn starts what was stopped, on the old database.
func (m *move) goOn(ctx context.Context) error {
	fmt.Fprintln(m.out, "It did not work; Flow HQ goes on with the old database.")
	if !m.running {
		return nil
	}
	return systemctl(ctx, "start")
}

func systemctl(ctx context.Context, action string) error {
	if out, err := exec.CommandContext(ctx, "systemctl", action, "flowhq.service").CombinedOutput(); err != nil {
		return flowhq.Errorf(flowhq.CodeUnavailable,
			"The service could not be told to %s; `journalctl -u flowhq` tells why.\n%s", action,
			strings.TrimSpace(string(out)))
	}
	return nil
}

// makeDatabase makes role and database as PostgreSQL's own administrator, through its socket. Both may be there from an
// earlier try; the role then gets a new password.
func (m *move) makeDatabase(ctx context.Context) error {
	if _, err := user.Lookup(postgresRole); err == nil {
		return flowhq.Errorf(flowhq.CodeConflict, "This machine has a system user %s, which could use the database "+
			"without its password. Remove that user first.", postgresRole)
	}
	secret := make([]byte, 24)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	password := hex.EncodeToString(secret)
	// What is not to be logged or seen in a list of processes goes in by standard input, after logging is off for the
	// session.
	role, err := psql(ctx, fmt.Sprintf(`SET log_statement = 'none'; SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET password_encryption = 'scram-sha-256';
SELECT count(*) FROM pg_roles WHERE rolname = '%[1]s' \gset
\if :count
ALTER ROLE %[1]s LOGIN PASSWORD '%[2]s';
\else
CREATE ROLE %[1]s LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '%[2]s';
\endif
SHOW port;`, postgresRole, password))
	if err != nil {
		return err
	}
	_, err = psql(ctx, fmt.Sprintf(`SELECT count(*) FROM pg_database WHERE datname = '%[1]s' \gset
\if :count
\else
CREATE DATABASE %[1]s OWNER %[2]s ENCODING 'UTF8' TEMPLATE template0;
\endif
REVOKE CONNECT ON DATABASE %[1]s FROM PUBLIC;
GRANT CONNECT ON DATABASE %[1]s TO %[2]s;`, postgresDatabase, postgresRole))
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(strings.TrimSpace(role))
	if err != nil {
		return fmt.Errorf("PostgreSQL did not say its port but %q", role)
	}
	m.new = fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s", postgresRole, password, port, postgresDatabase)
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if _, err := storage.Inspect(ctx, m.new, storage.Options{}); err != nil {
		return flowhq.Errorf(flowhq.CodeUnavailable,
			"Role and database are made, but PostgreSQL does not let the role in by its password at 127.0.0.1:%d: %s\n"+
				"Its pg_hba.conf needs the line: host %s %s 127.0.0.1/32 scram-sha-256", port, plain(err),
			postgresDatabase, postgresRole)
	}
	fmt.Fprintf(m.out, "PostgreSQL has a database %s and a role %s with a random password now.\n", postgresDatabase,
		postgresRole)
	return nil
}

// psql runs statements as PostgreSQL's administrator and gives what they printed.
func psql(ctx context.Context, statements string) (string, error) {
	admin, err := user.Lookup(postgresAdmin)
	path, pathErr := exec.LookPath("psql")
	if err != nil || pathErr != nil {
		return "", flowhq.Errorf(flowhq.CodeNotFound,
			"PostgreSQL is not installed on this machine: sudo apt install postgresql")
	}
	uid, err := strconv.ParseUint(admin.Uid, 10, 32)
	if err != nil {
		return "", err
	}
	gid, err := strconv.ParseUint(admin.Gid, 10, 32)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, path, "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-f", "-")
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	cmd.Stdin = strings.NewReader(statements)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return "", flowhq.Errorf(flowhq.CodeUnavailable,
			"PostgreSQL does not do as it is told; is it running (systemctl status postgresql)?\n%s",
			indent(strings.TrimSpace(said.String())))
	}
	return out.String(), nil
}

// copy copies as the service's user, whose files the old database is.
func (m *move) copy(ctx context.Context) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	id, err := serviceIdentity()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, exe, "storage", "copy", "--from", m.old, "--to", "env:FLOWHQ_NEW_DATABASE")
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "FLOWHQ_NEW_DATABASE=" + m.new}
	if id != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: id}
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = m.out, &said
	if err := cmd.Run(); err != nil {
		return flowhq.Errorf(flowhq.CodeUnavailable, "The data could not be copied.\n%s",
			indent(strings.TrimSpace(said.String())))
	}
	return nil
}
