package main

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"flowhq/appliance"
	"flowhq/storage"
)

func newMigrate() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to date",
		Long: `Brings the schema of the database that DATABASE_URL names up to date. The appliance does the same at each start; this is
for doing it beforehand. A database of the predecessor is taken over as it is. With --dry-run nothing is changed.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			src, err := source(cmd)
			if err != nil {
				return err
			}
			c, err := appliance.Settings(src)
			if err != nil {
				return err
			}
			options := storage.Options{Logger: slog.New(slog.DiscardHandler)}
			ctx, out, dsn := cmd.Context(), cmd.OutOrStdout(), c.DatabaseURL.Reveal()
			before, err := storage.Inspect(ctx, dsn, options)
			switch {
			case err != nil && dryRun:
				return err
			case dryRun && before.UpToDate():
				fmt.Fprintf(out, "%s is up to date (version %d).\n", before.Database, before.Current)
				return nil
			case dryRun:
				fmt.Fprintf(out, "%s is at version %d and would be brought to %d.\n", before.Database, before.Current, before.Wanted)
				return nil
			}
			store, err := storage.Open(ctx, dsn, options)
			if err != nil {
				return err
			}
			version, err := store.Version(ctx)
			if err == nil {
				fmt.Fprintf(out, "%s is up to date (version %d).\n", store, version)
			}
			if cerr := store.Close(); err == nil {
				err = cerr
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be done and change nothing")
	return cmd
}
