// Command bench measures procman beside other process managers: the same child
// programs, the same machine, one run, one table. It also holds the fault run,
// in which a manager is killed every few seconds under children that misbehave.
//
//	bench [-peers DIR] [-install] [-only NAMES] [-rows NAMES] [-results FILE] [-out FILE] [-quick]
//	bench fault [-for 10m] [-cgroup FOLDER] [-results FILE] [-out FILE]
//
// Rows can be measured in several runs: -results keeps them all, and the page is
// written from all of them.
//
// With -install (or PEERS=1 in the environment) PM2 is installed from npm, and
// supervisord, runit and s6 from Debian, all into the folder of -peers and
// nowhere else. What is not found there or in PATH is left out.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"flowhq/procman/internal/child"
)

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "child":
			child.Main(os.Args[2:])
		case "manager":
			managerMain(os.Args[2:])
			return
		case "fault":
			faultMain(os.Args[2:])
			return
		}
	}
	if err := compare(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options of a comparison.
type options struct {
	peers   string
	install bool
	only    string
	rows    string
	out     string
	results string
	quick   bool
	cgroup  string
}

func compare() error {
	var o options
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	flag.StringVar(&o.peers, "peers", filepath.Join(cache, "procman-peers"), "folder of the peers")
	flag.BoolVar(&o.install, "install", os.Getenv("PEERS") == "1", "install the peers first")
	flag.StringVar(&o.only, "only", "", "names of the managers to measure, with commas (all)")
	flag.StringVar(&o.rows, "rows", "", "names of the rows to measure, with commas (all)")
	flag.StringVar(&o.out, "out", "", "file for the table (standard output)")
	flag.StringVar(&o.results, "results", "", "file that keeps all results, so that rows can be measured in "+
		"several runs")
	flag.BoolVar(&o.quick, "quick", false, "a tenth of everything, to see that it runs")
	flag.StringVar(&o.cgroup, "cgroup", cgroupMount(), "cgroup v2 folder for procman's groups")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if o.install {
		if err := installPeers(ctx, o.peers); err != nil {
			return err
		}
	}
	all, err := loadResults(o.results)
	if err != nil {
		return err
	}
	all.Machine = machine()
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	defer b.close()
	if err := b.run(all); err != nil {
		return fmt.Errorf("not finished, nothing is reported: %w", err)
	}
	return all.write(o.out)
}

func (r *results) write(path string) error {
	text := r.report()
	if path == "" {
		fmt.Print(text)
		return nil
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// wanted tells whether name is in a list with commas; an empty list holds all.
func wanted(list, name string) bool {
	return list == "" || strings.Contains(","+list+",", ","+name+",")
}
