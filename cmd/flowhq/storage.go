package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance"
	"flowhq/storage"
)

func newStorage() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "storage",
		Short: "Move the database from one engine to the other",
		Long: `Moves the database: from SQLite to PostgreSQL, back, or to another server. docs/migrating.md
tells it step by step.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newStorageCopy(), newStorageUse())
	return cmd
}

func newStorageCopy() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "copy",
		Short: "Copy everything from one database to another",
		Long: `Copies everything from one database to another: SQLite to PostgreSQL, back, or to another server.

Stop Flow HQ first (systemctl stop flowhq); a source that is in use is refused, and so is a target
that is not empty. The source stays as it is. A copy that was interrupted is carried on by the same
command. At the end every table is counted and checksummed on both sides. Until that is done,
nothing else can use the target; then the last words say how to switch over.

Without --from it is the database of the settings (DATABASE_URL). Every user of the machine can see
a password in a command line: write env:NAME to take an address from the environment variable NAME,
or keep the password in ~/.pgpass.

  flowhq storage copy --from sqlite:///var/lib/flowhq/flowhq.db --to postgres:///flowhq
  NEW=postgres://flowhq:secret@db.example.com/flowhq flowhq storage copy --to env:NEW`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return runStorageCopy(cmd, from, to) },
	}
	cmd.Flags().StringVar(&from, "from", "", "the database to copy: sqlite:…, postgres:… or env:NAME")
	cmd.Flags().StringVar(&to, "to", "", "the empty database to copy into: sqlite:…, postgres:… or env:NAME")
	return cmd
}

func runStorageCopy(cmd *cobra.Command, from, to string) error {
	if to == "" {
		return usageError{fmt.Errorf("--to is missing: say where to copy to")}
	}
	source, err := databaseAddress(cmd, "--from", from)
	if err != nil {
		return err
	}
	target, err := databaseAddress(cmd, "--to", to)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	show := newProgress(out)
	result, err := storage.Copy(cmd.Context(), source, target, storage.Options{Logger: slog.New(slog.DiscardHandler)},
		show.copying)
	show.end()
	if err != nil {
		return err
	}
	printCopied(out, result)
	return nil
}

// databaseAddress gives the address that an option means.
func databaseAddress(cmd *cobra.Command, option, value string) (string, error) {
	if name, ok := strings.CutPrefix(value, "env:"); ok {
		if value = os.Getenv(name); value == "" {
			return "", usageError{fmt.Errorf("%s: the environment variable %s is empty", option, name)}
		}
	}
	if value == "" {
		src, err := source(cmd)
		if err != nil {
			return "", err
		}
		c, err := appliance.Settings(src)
		if err != nil {
			return "", err
		}
		value = c.DatabaseURL.Reveal()
	}
	if err := storage.Check(value); err != nil {
		if wrong, ok := errors.AsType[*flowhq.Error](err); ok && len(wrong.Fields) > 0 {
			return "", usageError{fmt.Errorf("%s: %s", option, wrong.Fields[0].Message)}
		}
		return "", err
	}
	return value, nil
}

func printCopied(out io.Writer, r storage.CopyResult) {
	if r.Already {
		fmt.Fprintf(out, "%s was copied to %s before, all of it, and checked. Nothing was done.\n", r.Source, r.Target)
		fmt.Fprint(out, switchOver)
		return
	}
	fmt.Fprintf(out, "Copied from %s\n         to %s\n", r.Source, r.Target)
	for _, t := range r.Tables {
		fmt.Fprintf(out, "  %-20s %10d rows, checksum %.12s on both sides\n", t.Name, t.Rows, t.Digest)
	}
	if len(r.Others) > 0 {
		fmt.Fprintf(out, "Not copied, since it is not Flow HQ's: %s\n", strings.Join(r.Others, ", "))
	}
	again := ""
	if r.Resumed {
		again = " (an earlier copy that was interrupted is carried on)"
	}
	fmt.Fprintf(out, "%d rows in %s%s; both sides are the same.\n%s", r.Rows, r.Took.Round(time.Second), again,
		switchOver)
}

const switchOver = `
To switch over: set DATABASE_URL to the new address in the environment file, then start Flow HQ.
From that moment on the new database is the true one. Never start Flow HQ on the old one again after
that, or the two go apart. The old database is as it was; remove it when you are sure. To go back
before anything was written: set DATABASE_URL back.
`
