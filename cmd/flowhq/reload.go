package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"flowhq/appliance"
)

func newReload() *cobra.Command {
	return &cobra.Command{
		Use:   "reload",
		Short: "Let the running appliance read its settings afresh",
		Long: `Lets the running appliance read its settings afresh, as SIGHUP does, and says which changes need a restart. Log level, limits and
the workers' memory change at once. Wrong settings change nothing.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			var done appliance.Reloaded
			if err := c.call(cmd.Context(), http.MethodPost, "/v1/reload", &done); err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			for _, w := range done.Warnings {
				fmt.Fprintln(out, "warning:", w)
			}
			fmt.Fprintln(out, "The settings were read afresh.")
			if len(done.NeedRestart) > 0 {
				fmt.Fprintln(out, "These changes need a restart:", strings.Join(done.NeedRestart, ", "))
			}
			return nil
		},
	}
}
