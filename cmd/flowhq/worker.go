package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"flowhq/worker"
)

func newWorker() *cobra.Command {
	return &cobra.Command{
		Use:    "worker",
		Short:  "Body of one business's process; the appliance starts it",
		Hidden: true,
		Args:   exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := worker.ConfigFromEnv(os.Getenv)
			if err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), err)
				return quietFailure(worker.ExitConfig)
			}
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
			defer stop()
			err = worker.Run(ctx, c)
			if errors.Is(err, worker.ErrLocked) {
				fmt.Fprintln(cmd.ErrOrStderr(), err)
				return quietFailure(worker.ExitLocked)
			}
			return err
		},
	}
}
