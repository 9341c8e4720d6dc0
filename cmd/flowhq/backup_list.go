package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
)

func newBackupList() *cobra.Command {
	var from string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the backups that are kept",
		Long:  "Lists the backups in BACKUP_TO, or in another folder or S3-compatible storage (--from), newest first.",
		Args:  exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			place, _, err := backupOptions{to: from}.where(cmd)
			if err != nil {
				return err
			}
			list, err := place.List(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), list)
			}
			if len(list) == 0 {
				fmt.Fprintf(cmd.OutOrStdout(), "There are no backups in %s. `flowhq backup` takes one.\n", place)
				return nil
			}
			return printBackups(cmd, list)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "folder or s3://bucket/folder instead of BACKUP_TO")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printBackups(cmd *cobra.Command, list []flowhq.Backup) error {
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TAKEN\tSIZE\tOF\tENCRYPTED\tNAME")
	for _, b := range list {
		of, sealed := "everything", "no"
		if b.TenantID != "" {
			of = "business " + b.TenantID + "…"
		}
		if b.Encrypted {
			sealed = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", b.TakenAt.UTC().Format(time.RFC3339), mebibytes(b.Size), of, sealed,
			b.Name)
	}
	return w.Flush()
}
