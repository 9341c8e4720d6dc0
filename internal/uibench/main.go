// Command uibench measures the admin pages: weight and steadiness of the first view in a real browser, the server's
// time with a thousand businesses, what fifty open pages cost, and how soon a page reacts to a press over a slow line.
// `make bench-ui` writes docs/benchmarks/ui.md with it.
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
	out := flag.String("out", filepath.Join("docs", "benchmarks", "ui.md"), "file to write")
	bin := flag.String("bin", filepath.Join("bin", "flowhq"), "program to measure")
	tenants := flag.Int("tenants", 1000, "businesses")
	views := flag.Int("views", 2000, "requests for pages")
	only := flag.String("only", "", "the part that is measured alone, printed and not written: first view, server's "+
		"time, open pages, reactions")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *bin, *out, *only, *tenants, *views); err != nil {
		fmt.Fprintln(os.Stderr, "uibench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, bin, out, only string, tenants, views int) (err error) {
	bin, err = filepath.Abs(bin)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "flowhq-uibench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	dsn := "sqlite://" + filepath.Join(dir, "flowhq.db")
	began := time.Now()
	if err := fill(ctx, dsn, tenants); err != nil {
		return fmt.Errorf("fill the database: %w", err)
	}
	say("%d businesses with a day of messages in %s", tenants, time.Since(began).Round(time.Millisecond))
	a, err := harness.StartAppliance(ctx, harness.Options{Bin: bin, Dir: dir, DatabaseURL: dsn,
		Env: map[string]string{"LOG_LEVEL": "warn"}})
	if err != nil {
		return err
	}
	defer func() { _ = a.Stop(30 * time.Second) }()
	r := result{tenants: tenants}
	for _, part := range []struct {
		name string
		do   func(context.Context, *harness.Appliance) error
	}{
		{"first view", r.firstView}, {"server's time", func(ctx context.Context, a *harness.Appliance) error {
			return r.serve(ctx, a, views)
		}},
		{"open pages", r.streams}, {"reactions", r.reactions},
	} {
		if only != "" && only != part.name {
			continue
		}
		if err := part.do(ctx, a); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		say("%s measured", part.name)
	}
	page := r.markdown()
	fmt.Print(page)
	if only != "" {
		return nil
	}
	return os.WriteFile(out, []byte(page), 0o644)
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
