package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

const tenantHelp = "\n\nThe business is named by its id or the beginning of it, its number, or its name."

func newStart() *cobra.Command {
	return newAction("start", "Start a worker", "Starts the worker of a business and keeps it wished to run, over "+
		"restarts too.", "is started")
}

func newStop() *cobra.Command {
	return newAction("stop", "Stop a worker", "Stops the worker of a business; it stays stopped, over restarts too.",
		"is stopped")
}

func newRestart() *cobra.Command {
	force := false
	cmd := newAction("restart", "Restart a worker",
		"Restarts the worker of a business: it finishes the message in hand first. The linked device stays linked.",
		"is restarted")
	act := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if force {
			return runAction(cmd, args[0], "force-restart", "was killed and is started again")
		}
		return act(cmd, args)
	}
	cmd.Flags().BoolVar(&force, "force", false, "kill it at once instead of asking it to end")
	return cmd
}

func newAction(action, short, long, done string) *cobra.Command {
	return &cobra.Command{
		Use: action + " TENANT", Short: short, Long: long + tenantHelp, Args: exactly(1),
		ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runAction(cmd, args[0], action, done)
		},
	}
}

func runAction(cmd *cobra.Command, tenant, action, done string) error {
	c, err := newClient(cmd)
	if err != nil {
		return err
	}
	t, err := c.find(cmd.Context(), tenant)
	if err != nil {
		return err
	}
	if err := c.call(cmd.Context(), http.MethodPost, adminArea+t.TenantID+"/worker/"+action, nil); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "The worker of %s %s.\n", clip(t.Name, 60), done)
	return nil
}
