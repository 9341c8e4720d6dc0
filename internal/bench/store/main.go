// Command store measures the store on both engines: rows of the message log a second, pages among many rows, the size
// on disk, copies, backups and the removal of old rows; beside them the same inserts by the drivers without our code.
// PostgreSQL is a private server whose commits reach the disk. `make bench-store` writes docs/benchmarks/store.md.
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
)

// bench is what is measured, and where.
type bench struct {
	tenants int           // on the list
	rows    int           // of the message log, when all of it is backed up, restored and copied
	paged   int           // of the message log, when pages are asked for
	span    time.Duration // how long each rate is measured
	engines string
	bin     string
	dir     string
	ids     []string // of the businesses of the database that is filled
}

func main() {
	var b bench
	flag.IntVar(&b.tenants, "tenants", 10_000, "how many businesses the list has")
	flag.IntVar(&b.rows, "rows", 1_000_000, "how many rows the message log has when it is backed up, "+
		"restored and copied")
	flag.IntVar(&b.paged, "paged", 10_000_000, "how many it has when pages are asked for")
	flag.DurationVar(&b.span, "span", 5*time.Second, "how long each rate is measured")
	flag.StringVar(&b.engines, "engines", "postgresql,sqlite", "which engines are measured")
	flag.StringVar(&b.bin, "bin", "bin/flowhq", "the program whose pages are asked for")
	parent := flag.String("dir", "/var/tmp", "a folder on the disk that is measured")
	out := flag.String("out", "", "file to write the page to, in Markdown; it is printed as well")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, &b, *parent, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench-store:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, b *bench, parent, out string) (err error) {
	if b.dir, err = os.MkdirTemp(parent, "fhq"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	if err := os.Chmod(b.dir, 0o755); err != nil { // the server runs as another user
		return err
	}
	if b.bin, err = filepath.Abs(b.bin); err != nil {
		return err
	}
	results, err := b.measure(ctx)
	if err != nil {
		return err
	}
	text := b.markdown(results)
	fmt.Print(text)
	if out == "" {
		return nil
	}
	return os.WriteFile(out, []byte(text), 0o644)
}
