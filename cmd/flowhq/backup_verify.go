package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance"
	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
)

func newBackupVerify() *cobra.Command {
	var k keyOptions
	var scratch string
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Prove that a backup can be brought back",
		Long: `Reads a whole backup, compares every checksum, restores it into a database of its own in a temporary
folder, counts what arrived, and looks over every business's files. Nothing of the running appliance
is touched, and nothing stays.

FILE is a file, a name in BACKUP_TO, or s3://bucket/folder/name.`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			open, keys, err := k.open(cmd, args[0])
			if err != nil {
				return err
			}
			out := newRestoreProgress(cmd)
			got, err := backup.Verify(cmd.Context(), scratch, open, keys, out.progress)
			out.end()
			if err != nil {
				return err
			}
			describeBackup(cmd.OutOrStdout(), got)
			fmt.Fprintln(cmd.OutOrStdout(), "The backup is good: every checksum is right, and it was brought "+
				"back whole.")
			return nil
		},
	}
	k.flags(cmd)
	cmd.Flags().StringVar(&scratch, "scratch", "",
		"folder for what is brought back meanwhile, instead of the system's for temporary files")
	return cmd
}

func describeBackup(out io.Writer, got backup.Restored) {
	m, c := got.Manifest, got.Contents
	fmt.Fprintf(out, "Taken %s on %s by Flow HQ %s from %s.\n", m.TakenAt.UTC().Format(time.RFC3339), clip(m.Host, 60),
		m.Version, m.Engine)
	fmt.Fprintf(out, "It holds %s and %s.\n", businesses(len(c.Tenants)), rows(c.Rows()))
	if len(c.LeftOut) > 0 {
		fmt.Fprintf(out, "Left out, since they are not Flow HQ's: %s.\n", strings.Join(c.LeftOut, ", "))
	}
	for _, p := range c.Problems {
		fmt.Fprintf(out, "It lacks something: %s\n", p)
	}
}

// keyOptions say how a backup is decrypted.
type keyOptions struct{ passphraseFile, identityFile string }

func (k *keyOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&k.passphraseFile, "passphrase-file", "",
		"the file whose first line the backup was encrypted by, instead of BACKUP_PASSPHRASE_FILE")
	cmd.Flags().StringVar(&k.identityFile, "identity-file", "",
		"the file with the age identity that the backup was encrypted for")
}

// open tells how to read a backup: a file, a name in BACKUP_TO, or s3://….
func (k *keyOptions) open(cmd *cobra.Command, name string) (func(context.Context) (io.ReadCloser, error), archive.Keys,
	error) {
	src, err := source(cmd)
	if err != nil {
		return nil, archive.Keys{}, err
	}
	c, err := appliance.Settings(src)
	if err != nil {
		return nil, archive.Keys{}, err
	}
	keys, err := appliance.BackupKeys(c)
	if k.passphraseFile != "" {
		keys.Passphrase, err = appliance.ReadPassphrase(k.passphraseFile)
	}
	if err != nil {
		return nil, archive.Keys{}, err
	}
	keys.Recipient = ""
	if k.identityFile != "" {
		text, err := os.ReadFile(k.identityFile)
		if err != nil {
			return nil, archive.Keys{}, &flowhq.Error{Code: flowhq.CodeInvalid,
				Message: "The file with the identity can't be read: " + k.identityFile, Cause: err}
		}
		keys.Identities = []string{string(text)}
	}
	dir, base := c.Backup.To, name
	if at := strings.LastIndexByte(name, '/'); at >= 0 {
		dir, base = name[:at], name[at+1:]
		if dir == "" {
			dir = "/"
		}
	} else if _, err := os.Stat(name); err == nil || dir == "" {
		dir = "."
	}
	place, err := appliance.BackupPlace(c, dir)
	if err != nil {
		return nil, archive.Keys{}, err
	}
	return func(ctx context.Context) (io.ReadCloser, error) { return place.Open(ctx, base) }, keys, nil
}
