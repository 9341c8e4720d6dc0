package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"flowhq/appliance"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  exactly(0),
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintf(cmd.OutOrStdout(), "flowhq %s (%s, %s/%s)\n", appliance.Version, runtime.Version(),
				runtime.GOOS, runtime.GOARCH)
		},
	}
}
