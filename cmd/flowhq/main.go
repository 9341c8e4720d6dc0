// Command flowhq is the appliance and its command line. `flowhq serve` is the appliance; the other commands talk to a
// running appliance or look at its surroundings. The workers are another program, flowhq-worker.
//
// It may import the appliance with what is below it, storage and procman. It links neither whatsmeow nor libsignal.
package main

import (
	// a small server may have no time zones of its own, and a booking in the wrong one is a lost customer
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
		return exitCode(long.ErrOrStderr(), execute(context.Background(), long, args)) // they handle signals themselves
	}
	root := newRoot()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return exitCode(root.ErrOrStderr(), execute(ctx, root, args))
}
