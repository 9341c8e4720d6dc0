// Command systemtest proves the installed product on whole systems: real systemd in throw-away Debian guests. `make
// test-system` runs all of it, .ci/run the quick part. It runs as root on Debian, in the project's folder, and says
// what it needs.
//
// Two kinds of guest, since neither can show everything everywhere. systemd-nspawn shares the machine's kernel: quick,
// and right for all that does not need control groups of version 2. User-mode Linux has a kernel of its own, where
// controllers are as on a server; what needs them fails there when they are missing. Where the processor cannot run
// that kernel this is said, and all but the quick part counts it as a failure.
//
// It may import what the end-to-end tests use (internal/harness) and nothing of the product.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// proof is one thing that is shown on one kind of guest.
type proof struct {
	name  string
	quick bool // runs at every change
	long  string
	run   func(ctx context.Context, lab *lab) error
	uml   bool // in user-mode Linux, which not every processor can run
}

func proofs() []proof {
	return []proof{
		{"life-bookworm", true, "Debian 12: install by name from the signed repository, crash, watchdog, upgrade, " +
			"refusal, downgrade, remove, purge", lifeOn("bookworm"), false},
		{"life-trixie", false, "the same on Debian 13", lifeOn("trixie"), false},
		{"postgres", false, "storage use postgres, upgrades refused while the database is away", postgresProof, false},
		{"proxy", true, "the nginx sample: TLS, forwarded headers, server-sent events, what is open", proxyProof,
			false},
		{"service", false, "flowhq service install, for machines without the package", serviceProof, false},
		{"docs", true, "every command of the guides, as written", docsProof, false},
		{"upgrade", false, "20 linked businesses, customers writing all the time, old to new package", upgradeProof,
			false},
		{"controllers-bookworm", true, "Debian 12 with controllers: limits, kill -9, adoption, reboot",
			controllersOn("bookworm"), true},
		{"controllers-trixie", false, "the same on Debian 13", controllersOn("trixie"), true},
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "inside" { // in a guest
		os.Exit(inside(os.Args[2:]))
	}
	quick := flag.Bool("quick", false, "only what is shown at every change")
	list := flag.Bool("list", false, "say what there is to be shown")
	out := flag.String("out", "", "write the upgrade's numbers to this page")
	dir := flag.String("dir", "", "work in this folder and leave it, packages included, for the next run")
	flag.Parse()
	log.SetFlags(0)
	if *list {
		for _, p := range proofs() {
			fmt.Printf("%-21s %s\n", p.name, p.long)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *quick, *out, *dir, flag.Args()); err != nil {
		log.Fatal("systemtest: ", err)
	}
}

func run(ctx context.Context, quick bool, out, dir string, names []string) error {
	chosen, err := choose(quick, names)
	if err != nil {
		return err
	}
	lab, err := newLab(out, dir)
	if err != nil {
		return err
	}
	defer lab.close()
	began := time.Now()
	var missing []string
	for _, p := range chosen {
		start := time.Now()
		fmt.Printf("== %s: %s\n", p.name, p.long)
		if why := p.impossible(ctx); why != "" {
			fmt.Printf("== %s: NOT SHOWN on this machine: %s\n", p.name, why)
			missing = append(missing, p.name)
			continue
		}
		if err := p.run(ctx, lab); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Printf("== %s: shown in %s\n", p.name, time.Since(start).Round(time.Second))
	}
	if len(missing) == 0 {
		fmt.Printf("All %d shown in %s.\n", len(chosen), time.Since(began).Round(time.Second))
		return nil
	}
	fmt.Printf("%d of %d shown in %s; not on this machine: %s.\n", len(chosen)-len(missing), len(chosen),
		time.Since(began).Round(time.Second), strings.Join(missing, ", "))
	if quick {
		return nil
	}
	return fmt.Errorf("not all could be shown on this machine")
}

// impossible tells why this machine cannot show a proof at all, "" when it can.
func (p proof) impossible(ctx context.Context) string {
	if !p.uml {
		return ""
	}
	out, err := exec.CommandContext(ctx, "tools/uml-runs.sh").CombinedOutput()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok && failed.ExitCode() == 3 {
		return strings.TrimSpace(string(out))
	}
	return "" // whatever else it is will show
}

func choose(quick bool, names []string) ([]proof, error) {
	var chosen []proof
	for _, p := range proofs() {
		if slices.Contains(names, p.name) || len(names) == 0 && (p.quick || !quick) {
			chosen = append(chosen, p)
		}
	}
	if len(names) > 0 && len(chosen) != len(names) {
		return nil, fmt.Errorf("not all of %s are known; -list says what is", strings.Join(names, ", "))
	}
	return chosen, nil
}
