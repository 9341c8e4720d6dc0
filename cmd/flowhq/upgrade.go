package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance"
	"flowhq/appliance/release"
)

// What a version's check of itself may take, and what a backup before an upgrade.
const (
	selfCheckPatience = time.Minute
	backupPatience    = 2 * time.Hour
)

// switcher puts versions of an installed program in force.
type switcher struct {
	release.Layout
	out io.Writer

	check   func(ctx context.Context, program string) (said string, err error)   // the version's own check of itself
	outlook func(ctx context.Context, program string) (appliance.Outlook, error) // what becomes of the database by it
	// has a backup taken by the version in force
	backup func(ctx context.Context, program string) (said string, err error)
	reload func(ctx context.Context) error // lets a running service hand over; nil without error where none runs
}

func newSwitcher(out io.Writer) *switcher {
	return &switcher{Layout: release.Appliance(), out: out, check: selfCheck, outlook: outlookOf, backup: backupBy,
		reload: reloadService}
}

func newUpgrade() *cobra.Command {
	var bare, engine bool
	cmd := &cobra.Command{
		Use:   "upgrade",
		Short: "Put the version that the package brought in force",
		Long: `Puts the version that the package brought in force, as apt does by itself at each upgrade: the new
program first checks itself, the settings and the database. When it is fit, the running appliance
hands over to it without stopping, and each worker is moved to it in turn by one short reconnect.
When it is not, everything stays as it is, over reboots too.

A version that changes the database gets a backup taken first, by the version in force: that is the
way back then. Where none can be taken, the version is not put in force.

This is for trying again after a refused upgrade, once its cause is gone; "flowhq upgrade-check"
names the cause.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if os.Geteuid() != 0 {
				return flowhq.Errorf(flowhq.CodeForbidden,
					"Only root may change the version in force. Run the command with sudo.")
			}
			if engine {
				return newEngineSwitcher(cmd.OutOrStdout()).upgrade(cmd.Context())
			}
			s := newSwitcher(cmd.OutOrStdout())
			if bare {
				s.backup = nil
			}
			return s.upgrade(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&bare, "without-backup", false,
		"take no backup first, even if the version changes the database")
	cmd.Flags().BoolVar(&engine, "engine", false, "put the engine in force that package flowhq-engine brought; the "+
		"appliance stays as it is")
	return cmd
}

func newRollback() *cobra.Command {
	var engine bool
	cmd := &cobra.Command{
		Use:   "rollback",
		Short: "Go back to the version before",
		Long: `Puts the version that was in force before the last upgrade in force again, in the same way as an
upgrade: the appliance hands over and no session is dropped. It is refused when the database was
changed in a way that the version before does not know. The version is kept until the next upgrade;
apt still counts the newer one as installed, and a later upgrade goes on from there.

With --engine the workers' program goes back instead, which package flowhq-engine brings: each
worker reconnects once, the appliance is not restarted.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if os.Geteuid() != 0 {
				return flowhq.Errorf(flowhq.CodeForbidden,
					"Only root may change the version in force. Run the command with sudo.")
			}
			if engine {
				return newEngineSwitcher(cmd.OutOrStdout()).rollback(cmd.Context())
			}
			return newSwitcher(cmd.OutOrStdout()).rollback(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&engine, "engine", false, "go back to the engine before; the appliance stays as it is")
	return cmd
}

// upgrade puts the packaged version in force, or notes why not.
func (s *switcher) upgrade(ctx context.Context) error {
	version, err := s.brought()
	if err != nil {
		return err
	}
	if version == "" {
		return flowhq.Errorf(flowhq.CodeNotFound, "Flow HQ was not installed by its package here (nothing is in %s).",
			release.Appliance().Dir)
	}
	was, err := s.Current()
	if err != nil {
		return err
	}
	if err := s.Keep(version); err != nil {
		return err
	}
	if was != "" {
		if said, err := s.check(ctx, s.Program(version)); err != nil {
			return s.refuse(version, was, said)
		}
		if said, err := s.saveBefore(ctx, version, was); err != nil {
			return s.refuse(version, was, said)
		}
	}
	if err := s.Switch(version); err != nil {
		return err
	}
	if err := s.reload(ctx); err != nil {
		return errors.Join(s.back(ctx, was), s.refuse(version, was, plain(err)))
	}
	if was != "" && was != version {
		fmt.Fprintf(s.out, "Flow HQ %s is in force; %s is kept for `flowhq rollback`.\n", version, was)
	}
	return errors.Join(s.Accept(), s.Prune())
}

// saveBefore has a backup taken when a version is about to change the database, and gives why that was not possible.
func (s *switcher) saveBefore(ctx context.Context, version, was string) (string, error) {
	o, err := s.outlook(ctx, s.Program(version))
	switch {
	case err != nil:
		return plain(err), err
	case !o.Changes():
		return "", nil
	case s.backup == nil:
		fmt.Fprintf(s.out, "Flow HQ %s changes the database (schema %d to %d). No backup is taken before, as "+
			"you wished.\n", version, o.Schema, o.Wanted)
		return "", nil
	case !o.Backups:
		fmt.Fprintf(s.out, "Flow HQ %s changes the database (schema %d to %d). No backup is taken before: "+
			"BACKUP_TO is off.\n", version, o.Schema, o.Wanted)
		return "", nil
	}
	fmt.Fprintf(s.out, "Flow HQ %s changes the database (schema %d to %d). A backup is taken first; this may take "+
		"some minutes.\n", version, o.Schema, o.Wanted)
	said, err := s.backup(ctx, s.Program(was))
	if err != nil {
		return "The version changes the database, and the backup before that could not be taken:\n" + said +
			"\nTo go on without one: sudo flowhq upgrade --without-backup", err
	}
	fmt.Fprintln(s.out, said)
	return "", nil
}

// brought gives the version that a package brought: the one whose own file this program is, since rpm has two of them
// for a moment; else the only one there is.
func (s *switcher) brought() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	if version := s.PackagedAs(exe); version != "" {
		return version, nil
	}
	return s.Packaged()
}

// back puts the version before in force again after a switch that failed.
func (s *switcher) back(ctx context.Context, was string) error {
	if was == "" {
		return nil
	}
	if err := s.Switch(was); err != nil {
		return err
	}
	_ = s.reload(ctx) // a service that fails is started anew by systemd, from what is in force by now
	return nil
}

// refuse notes why a version is not in force and says so.
func (s *switcher) refuse(version, was, reason string) error {
	if err := s.Refuse(release.Refusal{Version: version, Reason: reason, At: time.Now().UTC()}); err != nil {
		return err
	}
	return flowhq.Errorf(flowhq.CodeConflict, "Flow HQ %s was not put in force; %s goes on, over reboots "+
		"too.\n%s\nWhen the cause is gone: sudo flowhq upgrade",
		version, was, indent(reason))
}

// rollback puts the version before in force.
func (s *switcher) rollback(ctx context.Context) error {
	now, err := s.Current()
	if err != nil {
		return err
	}
	before, err := s.Previous()
	if err != nil {
		return err
	}
	if _, err := os.Stat(s.Program(before)); before == "" || err != nil {
		return flowhq.Errorf(flowhq.CodeNotFound, "There is no version to go back to: only %s was ever in force here.",
			now)
	}
	if said, err := s.check(ctx, s.Program(before)); err != nil {
		return flowhq.Errorf(flowhq.CodeConflict, "Going back to %s is not possible; %s goes on.\n%s", before, now,
			indent(said))
	}
	if err := s.Switch(before); err != nil {
		return err
	}
	if err := s.reload(ctx); err != nil {
		return errors.Join(flowhq.Errorf(flowhq.CodeUnavailable, "Version %s did not take over; %s goes on.\n%s",
			before, now, indent(plain(err))), s.back(ctx, now))
	}
	fmt.Fprintf(s.out, "Flow HQ %s is in force again.\n", before)
	return nil
}

// selfCheck lets a version check itself as the service's user, and gives what it said was wrong.
func selfCheck(ctx context.Context, program string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, selfCheckPatience)
	defer cancel()
	cmd, err := ofService(ctx, program, "upgrade-check", "--self")
	if err != nil {
		return plain(err), err
	}
	out, err := cmd.CombinedOutput()
	if err == nil {
		return "", nil
	}
	return appliance.RefusalOf(string(out), err), err
}

// outlookOf asks a version what it would do to the database.
func outlookOf(ctx context.Context, program string) (o appliance.Outlook, err error) {
	ctx, cancel := context.WithTimeout(ctx, selfCheckPatience)
	defer cancel()
	cmd, err := ofService(ctx, program, "upgrade-check", "--outlook")
	if err != nil {
		return o, err
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return o, errors.New(appliance.RefusalOf(said.String(), err))
	}
	return o, json.Unmarshal(out, &o)
}

// backupBy has a version take a backup to where the settings say, and gives what it said.
func backupBy(ctx context.Context, program string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, backupPatience)
	defer cancel()
	cmd, err := ofService(ctx, program, "backup")
	if err != nil {
		return plain(err), err
	}
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// ofService is a command of a version, run as the service's user.
func ofService(ctx context.Context, program string, args ...string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	if os.Geteuid() != 0 {
		return cmd, nil
	}
	id, err := serviceIdentity()
	if err == nil && id != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: id}
	}
	return cmd, err
}

// reloadService lets the running service hand over to the program in force. A service that does not run takes it at its
// next start.
func reloadService(ctx context.Context) error {
	if exec.CommandContext(ctx, "systemctl", "is-active", "--quiet", "flowhq.service").Run() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "systemctl", "reload", "flowhq.service")
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return flowhq.Errorf(flowhq.CodeUnavailable,
			"The running service did not hand over; `journalctl -u flowhq` tells why.\n%s",
			strings.TrimSpace(said.String()))
	}
	return runsInForce(ctx)
}

// runsInForce looks at the service's main process itself: is it the program in force?
func runsInForce(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "systemctl", "show", "--property=MainPID", "--value",
		"flowhq.service").Output()
	if err != nil {
		return err
	}
	runs, err := os.Stat("/proc/" + strings.TrimSpace(string(out)) + "/exe")
	if err != nil {
		return flowhq.Errorf(flowhq.CodeUnavailable,
			"The service ended in the hand-over; `journalctl -u flowhq` tells why.")
	}
	wanted, err := os.Stat(release.Appliance().InForce())
	if err != nil {
		return err
	}
	if !os.SameFile(runs, wanted) {
		return flowhq.Errorf(flowhq.CodeUnavailable,
			"The running service did not hand over, though it was asked to; `journalctl -u flowhq` tells why.")
	}
	return nil
}
