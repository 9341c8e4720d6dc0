package main

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
)

func newEvents() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:               "events TENANT",
		Short:             "Print a business's time line",
		Long:              "Prints what happened to a business and its worker, with causes, oldest first." + tenantHelp,
		Args:              exactly(1),
		ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			var events []flowhq.TenantEvent
			if err := c.call(cmd.Context(), http.MethodGet, workerPath(args[0], fmt.Sprintf("/events?limit=%d", limit)), &events); err != nil {
				return err
			}
			for _, e := range slices.Backward(events) {
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %-8s  %s\n", e.CreatedAt.UTC().Format(time.RFC3339), e.Type, clip(e.Detail, 1000))
			}
			return nil
		},
	}
	cmd.Flags().IntVarP(&limit, "limit", "n", flowhq.DefaultLimit, "how many, 1 to 1000")
	return cmd
}
