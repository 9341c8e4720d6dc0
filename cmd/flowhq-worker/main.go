// Command flowhq-worker is the engine of Flow HQ: the process of one business. It holds the business's linked WhatsApp
// device and answers its customers. The appliance starts one for each business; nobody starts it by hand.
//
// It may import package worker and what that is made of, and nothing of the appliance. It is under the GNU General
// Public License version 3, because of the Signal protocol library that it links.
package main

import (
	// a small server may have no time zones of its own, and a booking in the wrong one is a lost customer
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"flowhq/wire"
	"flowhq/worker"
)

// version is the engine's version. The linker writes it (-X main.version=…).
var version = "dev"

// Exit statuses beside those in package wire.
const (
	exitFailure = 1
	exitUsage   = 2
)

const usage = `flowhq-worker is the engine of Flow HQ: the process of one business.

The appliance (flowhq serve) starts it; it reads its orders from the environment.

  flowhq-worker              runs the worker
  flowhq-worker --version    shows the version
  flowhq-worker --protocol   shows the oldest and the newest version of the protocol that it speaks with the appliance
  flowhq-worker --licence    says where licence and source are
`

const licence = `flowhq-worker is free software under the GNU General Public License, version 3, because it links the
Signal protocol library libsignal. You get its complete source, free of charge, from where you got the program; the file
/usr/share/doc/flowhq-engine/copyright says how. There is no warranty, as far as the law allows.
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, problems io.Writer) int {
	switch {
	case len(args) == 0:
		return work(problems)
	case len(args) > 1:
		fmt.Fprint(problems, usage)
		return exitUsage
	}
	switch args[0] {
	case "--version":
		fmt.Fprintln(out, "flowhq-worker", version)
	case "--protocol":
		fmt.Fprintln(out, wire.OldestProtocol, wire.Protocol)
	case "--licence":
		fmt.Fprint(out, licence)
	case "--help", "-h":
		fmt.Fprint(out, usage)
	default:
		fmt.Fprintf(problems, "flowhq-worker does not know %q.\n\n%s", args[0], usage)
		return exitUsage
	}
	return 0
}

// work is the worker itself, from its environment.
func work(problems io.Writer) int {
	c, err := worker.ConfigFromEnv(os.Getenv)
	if err != nil {
		fmt.Fprintf(problems, "%v\nThe appliance starts this program; see flowhq-worker --help.\n", err)
		return wire.ExitConfig
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	err = worker.Run(ctx, c)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, worker.ErrLocked):
		fmt.Fprintln(problems, err)
		return wire.ExitLocked
	}
	fmt.Fprintln(problems, err)
	return exitFailure
}
