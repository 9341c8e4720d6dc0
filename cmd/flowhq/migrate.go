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
		Long: `Brings the schema of the database that DATABASE_URL names up to date. The appliance does the same at
each start; this is for doing it beforehand. A database of the predecessor is taken over in place:
nothing is renamed or lost, and its web app goes on working. With --dry-run nothing is changed, and
what would be done is said.`,
		Args:        exactly(0),
		Annotations: becomesService(),
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
			if dryRun {
				plan, err := storage.MakePlan(ctx, dsn, options)
				if err != nil {
					return err
				}
				printPlan(out, plan)
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
