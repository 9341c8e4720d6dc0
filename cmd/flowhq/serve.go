package main

import (
	"context"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"flowhq/appliance"
)

// heapGrowth is by how many percent the appliance's heap grows before it is collected: half of Go's default, as a
// little processor time is easier spared on a small server than memory that 500 workers could use.
const heapGrowth = 50

func newServe() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the appliance",
		Long: `Runs the appliance: admin page, portal API, and a worker process for each business whose worker is
wished to run.

SIGTERM or Ctrl-C stops everything, workers included; at the next start they come back by
themselves. SIGHUP reads the settings afresh: log level, limits and the workers' memory change at
once, and the log names what needs a restart. If the appliance crashes, its workers go on answering
and the next start finds them.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			src, err := source(cmd)
			if err != nil {
				return err
			}
			if os.Getenv("GOGC") == "" {
				debug.SetGCPercent(heapGrowth)
			}
			return appliance.Run(context.Background(), src)
		},
	}
}
