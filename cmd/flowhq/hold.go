package main

import (
	"github.com/spf13/cobra"

	"flowhq/appliance/host"
)

func newHold() *cobra.Command {
	return &cobra.Command{
		Use:    "hold",
		Short:  "Body of flowhq-workers.service: holds the control groups of workers",
		Hidden: true,
		Args:   exactly(0),
		RunE:   func(*cobra.Command, []string) error { return host.HoldWorkerSlice() },
	}
}
