package main

import (
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"
)

func newLogs() *cobra.Command {
	var lines int
	var follow bool
	cmd := &cobra.Command{
		Use:   "logs TENANT",
		Short: "Print what a worker logged",
		Long:  "Prints the last lines of a worker's log; with --follow also what comes after, until Ctrl-C." + tenantHelp,
		Args:  exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			path := workerPath(args[0], fmt.Sprintf("/logs?lines=%d&follow=%t", lines, follow))
			res, err := c.open(cmd.Context(), http.MethodGet, path)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			_, err = io.Copy(cmd.OutOrStdout(), res.Body)
			if cmd.Context().Err() != nil { // Ctrl-C is how one stops following
				return nil
			}
			return err
		},
	}
	cmd.Flags().IntVarP(&lines, "lines", "n", 100, "how many of the last lines")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on printing what comes")
	return cmd
}
