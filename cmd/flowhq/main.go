// Command flowhq is the product: one binary with an explicit subcommand for everything that it can be. `flowhq serve` is the
// appliance, `flowhq worker` the child process of one business; the rest looks at a running appliance or at its surroundings.
//
// It may import the appliance with what is below it, storage and procman, and nothing else of the project.
package main

import (
	_ "time/tzdata" // a small server may have no time zones of its own, and a booking in the wrong one is a lost customer

	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	if long := longRun(args); long != nil {
		long.SetArgs(args)
		return exitCode(long.ErrOrStderr(), long.Execute()) // they mind signals themselves
	}
	root := newRoot()
	root.SetArgs(args)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return exitCode(root.ErrOrStderr(), root.ExecuteContext(ctx))
}
