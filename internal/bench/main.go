// Command bench measures the whole product on this machine: memory of idle linked workers, of the appliance, and the
// time from a customer's message to the reply in the customer's inbox by its stages, and the return of a large fleet
// after an outage. Simulator and appliance run as real processes; only the network to WhatsApp is missing. `make
// bench-fleet` builds what it needs and writes docs/benchmarks/fleet.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"flowhq/internal/harness"
)

func main() {
	b := bench{begun: time.Now()}
	compared := false
	flag.IntVar(&b.tenants, "tenants", 200, "how many businesses, each with a linked worker")
	flag.IntVar(&b.rate, "rate", 100, "customers' messages a second")
	flag.DurationVar(&b.period, "load", 2*time.Minute, "how long customers write")
	flag.IntVar(&b.reconnecting, "reconnect", 500,
		"how many workers return after an outage of WhatsApp; 0: not measured")
	flag.DurationVar(&b.idle, "idle", time.Minute, "how long the idle fleet is watched")
	flag.StringVar(&b.bin, "bin", "bin", "folder of the programs flowhq, flowhq-worker and wasim")
	flag.BoolVar(&compared, "compared", false, "measure the last version of one program first, in the same way")
	flag.StringVar(&b.each, "each", "", "file to write the stages of each message to, as CSV: to see when slow "+
		"ones happened")
	out := flag.String("out", "", "file to write the result to, in Markdown; it is printed as well")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, &b, compared, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, b *bench, compared bool, out string) error {
	dir, err := os.MkdirTemp("", "flowhq-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if b.bin, err = filepath.Abs(b.bin); err != nil {
		return err
	}
	b.program = filepath.Join(b.bin, "flowhq")
	var before *result
	if compared {
		if before, err = b.before(ctx, filepath.Join(dir, "before")); err != nil {
			return fmt.Errorf("the version before: %w", err)
		}
	}
	r, err := b.measure(ctx, dir)
	if err != nil {
		return err
	}
	text := r.markdown(b, before)
	fmt.Print(text)
	if out == "" {
		return nil
	}
	return os.WriteFile(out, []byte(text), 0o644)
}

// before measures the last version of which appliance and workers were one program, without the outage.
func (b *bench) before(ctx context.Context, dir string) (*result, error) {
	program, err := harness.BuildLastOneProgram(ctx)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	old := bench{
		begun: b.begun, tenants: b.tenants, rate: b.rate, period: b.period, idle: b.idle, bin: b.bin, program: program,
	}
	b.say("the version before, commit %s", harness.LastOneProgram)
	r, err := old.measure(ctx, dir)
	return &r, err
}
