package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance"
	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
	"flowhq/appliance/localapi"
)

func newBackup() *cobra.Command {
	var o backupOptions
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Take a backup now; list and verify backups",
		Long: `Takes a backup of the database and of every business's folder, while everything runs: one file,
which is there whole or not at all. Without options the appliance does it, as it does every day: to
BACKUP_TO, encrypted as the settings say, with outdated ones removed afterwards. With options the
command does it, with its own user's rights.

  flowhq backup --to /mnt/usb                      into a folder
  flowhq backup --to s3://bucket/folder            into S3-compatible storage (BACKUP_S3_… name keys and address)
  flowhq backup --tenant "Neema Salon"             one business alone
  flowhq backup --passphrase-file key.txt          encrypted by the file's first line
  flowhq backup --recipient age1…                  encrypted for the holder of an age identity

An appliance that does not run is no obstacle: the command reads database and folders itself then.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return runBackup(cmd, o) },
	}
	cmd.Flags().StringVar(&o.to, "to", "", "folder or s3://bucket/folder instead of BACKUP_TO")
	cmd.Flags().StringVar(&o.tenant, "tenant", "",
		"one business: its id or the beginning of it, its number, or its name")
	cmd.Flags().StringVar(&o.passphraseFile, "passphrase-file", "", "encrypt by this file's first line")
	cmd.Flags().StringVar(&o.recipient, "recipient", "", "encrypt for this age recipient")
	cmd.MarkFlagsMutuallyExclusive("passphrase-file", "recipient")
	cmd.AddCommand(newBackupList(), newBackupVerify())
	return cmd
}

type backupOptions struct{ to, tenant, passphraseFile, recipient string }

func runBackup(cmd *cobra.Command, o backupOptions) error {
	c, err := newClient(cmd)
	if err != nil {
		return err
	}
	running := c.running(cmd.Context())
	if running && o == (backupOptions{}) {
		return c.followBackup(cmd)
	}
	place, keys, err := o.where(cmd)
	if err != nil {
		return err
	}
	take := c.streamed(cmd, o.tenant)
	if !running {
		var done func()
		if take, done, err = offline(cmd, o.tenant); err != nil {
			return err
		}
		defer done()
	}
	return putBackup(cmd, place, keys, take)
}

// running tells whether an appliance answers.
func (c *client) running(ctx context.Context) bool {
	return c.call(ctx, http.MethodGet, statusPath, nil) == nil
}

// followBackup has the appliance take a backup and waits for what it comes to.
func (c *client) followBackup(cmd *cobra.Command) error {
	ctx, out := cmd.Context(), newBackupProgress(cmd)
	if err := c.call(ctx, http.MethodPost, "/admin/backups", nil); err != nil {
		return err
	}
	for {
		var v struct {
			State   flowhq.BackupState `json:"state"`
			Backups []flowhq.Backup    `json:"backups"`
		}
		if err := c.call(ctx, http.MethodGet, "/admin/backups", &v); err != nil {
			return err
		}
		s := v.State
		if s.Running {
			out.show(s.Phase, s.Done, s.Total, "")
			if err := wait(ctx, 200*time.Millisecond); err != nil {
				return err
			}
			continue
		}
		out.end()
		if s.Failure != "" {
			return flowhq.Errorf(flowhq.CodeUnavailable, "%s", s.Failure)
		}
		name := ""
		if len(v.Backups) > 0 {
			name = v.Backups[0].Name
		}
		return said(cmd, s.Place, name, s.LastSize, s.Problems)
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// where gives the place and the keys that the options and, where they say nothing, the settings mean.
func (o backupOptions) where(cmd *cobra.Command) (backup.Place, archive.Keys, error) {
	src, err := source(cmd)
	if err != nil {
		return nil, archive.Keys{}, err
	}
	c, err := appliance.Settings(src)
	if err != nil {
		return nil, archive.Keys{}, err
	}
	to := o.to
	if to == "" {
		if to = c.Backup.To; to == "" {
			return nil, archive.Keys{}, usageError{errors.New("BACKUP_TO is off: say where the backup goes (--to)")}
		}
	}
	place, err := appliance.BackupPlace(c, to)
	if err != nil {
		return nil, archive.Keys{}, err
	}
	keys := archive.Keys{Recipient: o.recipient}
	switch {
	case o.passphraseFile != "":
		keys.Passphrase, err = appliance.ReadPassphrase(o.passphraseFile)
	case o.recipient == "":
		keys, err = appliance.BackupKeys(c)
	}
	if err == nil && keys.Sealing() {
		err = keys.Check()
	}
	return place, keys, err
}

// taken is what a backup holds, as far as the command line wants to know.
type taken struct {
	tenant   string // id, "" for all
	problems []string
}

// takeFunc writes a backup, unencrypted; begin is told which tenant it is of and gives what to write to.
type takeFunc func(begin func(tenant string) (io.Writer, error)) (taken, error)

// streamed has the running appliance take the backup.
func (c *client) streamed(cmd *cobra.Command, tenant string) takeFunc {
	return func(begin func(string) (io.Writer, error)) (t taken, err error) {
		path := "/local/backup"
		if tenant != "" {
			found, err := c.find(cmd.Context(), tenant)
			if err != nil {
				return t, err
			}
			path += "?tenant=" + url.QueryEscape(found.TenantID)
		}
		res, err := c.open(cmd.Context(), http.MethodGet, path)
		if err != nil {
			return t, err
		}
		defer res.Body.Close()
		t.tenant = res.Header.Get(localapi.TenantHeader)
		to, err := begin(t.tenant)
		if err != nil {
			return t, err
		}
		if _, err := io.Copy(to, res.Body); err != nil {
			return t, err
		}
		if failure, _ := url.PathUnescape(res.Trailer.Get(localapi.TrailerFailure)); failure != "" {
			return t, flowhq.Errorf(flowhq.CodeUnavailable, "%s", failure)
		}
		problems, err := url.PathUnescape(res.Trailer.Get(localapi.TrailerProblems))
		if err != nil || problems == "" {
			return t, errors.New("the appliance ended before the backup did")
		}
		return t, json.Unmarshal([]byte(problems), &t.problems)
	}
}

// putBackup puts what take writes into a place, encrypted if so wished.
func putBackup(cmd *cobra.Command, place backup.Place, keys archive.Keys, take takeFunc) error {
	ctx, out := cmd.Context(), newBackupProgress(cmd)
	var up backup.Upload
	var sealed io.WriteCloser
	name, size := "", int64(0)
	t, err := take(func(tenant string) (io.Writer, error) {
		name = backup.NameOf(time.Now(), tenant, keys.Sealing())
		var err error
		if up, err = place.Create(ctx, name); err != nil {
			return nil, err
		}
		sealed, err = keys.Seal(writerFunc(func(p []byte) (int, error) {
			n, err := up.Write(p)
			size += int64(n)
			out.bytes(size)
			return n, err
		}))
		return sealed, err
	})
	if err == nil {
		err = sealed.Close()
	}
	out.end()
	if err != nil {
		if up != nil {
			up.Abort()
		}
		return backup.Explain(err, "the backup")
	}
	if err := up.Commit(); err != nil {
		return err
	}
	return said(cmd, place.String(), name, size, t.problems)
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }

// said tells what a backup came to. One that lacks something is a failure that has left a file.
func said(cmd *cobra.Command, place, name string, size int64, problems []string) error {
	fmt.Fprintf(cmd.OutOrStdout(), "Backup %s (%s) is in %s.\n", name, mebibytes(size), place)
	if len(problems) == 0 {
		return nil
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "It lacks something:\n  %s\n", strings.Join(problems, "\n  "))
	return quietFailure(exitFailure)
}

// hostName names this machine in backups.
func hostName() string {
	host, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return host
}
