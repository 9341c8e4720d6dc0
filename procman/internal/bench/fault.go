package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"flowhq/procman"
)

// fault is the fault run: children that crash, leak, ignore signals, fork and
// write, under a manager that is killed every few seconds.
type fault struct {
	b        *bench
	m        *ours
	store    *store
	children int
	names    []string
	outcome  faultOutcome
}

// faultOutcome is what a fault run came to.
type faultOutcome struct {
	When       time.Time `json:"when"`
	Seconds    float64   `json:"seconds"`
	Children   int       `json:"children"`
	Kills      int       `json:"kills"`
	Commands   int       `json:"commands"`
	Starts     int       `json:"starts"`
	Written    int       `json:"lines"`
	Lost       int       `json:"lost"`
	Repeated   int       `json:"repeated"`
	Orphans    int       `json:"orphans"`
	Duplicates int       `json:"duplicates"`
	FDs        [2]int    `json:"descriptors"` // at first, in the end
	Goroutines [2]int    `json:"goroutines"`
}

func (o faultOutcome) String() string {
	return fmt.Sprintf("%d kills of the manager, %d commands, %d starts of %d children, %d lines: %d lost, %d "+
		"repeated; %d orphans, %d duplicates",
		o.Kills, o.Commands, o.Starts, o.Children, o.Written, o.Lost, o.Repeated, o.Orphans, o.Duplicates)
}

func faultMain(args []string) {
	flags := flag.NewFlagSet("fault", flag.ExitOnError)
	length := flags.Duration("for", 10*time.Minute, "how long")
	children := flags.Int("children", 50, "how many children")
	cgroup := flags.String("cgroup", cgroupMount(), "cgroup v2 folder, empty for none")
	kept := flags.String("results", "", "file that keeps all results")
	out := flags.String("out", "", "page to write from them")
	verbose := flags.Bool("v", false, "log of the manager")
	_ = flags.Parse(args)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	outcome, err := faultRun(ctx, *length, *children, *cgroup, *verbose)
	if err == nil && *kept != "" {
		err = keepOutcome(outcome, *cgroup, *kept, *out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fault run:", err)
		os.Exit(1)
	}
}

// keepOutcome puts a fault run that held onto the page.
func keepOutcome(o faultOutcome, cgroup, kept, out string) error {
	all, err := loadResults(kept)
	if err != nil {
		return err
	}
	label := labelGroups
	if cgroup == "" {
		label = labelPlain
	}
	all.Machine, all.Faults[label] = machine(), &o
	if err := all.save(kept); err != nil || out == "" {
		return err
	}
	return all.write(out)
}

func faultRun(ctx context.Context, length time.Duration, children int, cgroup string, verbose bool) (
	faultOutcome, error,
) {
	b, err := newBench(ctx, options{cgroup: cgroup})
	if err != nil {
		return faultOutcome{}, err
	}
	defer b.close()
	f := &fault{b: b, children: children, outcome: faultOutcome{When: time.Now(), Children: children}}
	if f.store, err = newStore(filepath.Join(b.dir, "notify")); err != nil {
		return f.outcome, err
	}
	defer f.store.close()
	if err := f.up(cgroup, verbose); err != nil {
		return f.outcome, err
	}
	defer b.clean(f.m)
	err = f.torment(length * 4 / 5)
	if err == nil {
		err = f.growth(length / 5)
	}
	err = errors.Join(err, f.behind(), b.ctx.Err())
	f.outcome.Seconds = time.Since(f.outcome.When).Seconds()
	return f.outcome, err
}

func (f *fault) up(cgroup string, verbose bool) error {
	var err error
	f.m = &ours{label: labelGroups, exe: filepath.Join(f.b.dir, "procman-manager"), cgroup: cgroup,
		edit: func(c *managerConfig) {
			c.Store, c.Verbose = f.store.path, verbose
			c.Specs = nil
			for i := range f.children {
				name := fmt.Sprintf("c%02d", i)
				f.names = append(f.names, name)
				c.Specs = append(c.Specs, procman.Spec{
					Name: name, Argv: []string{f.b.exe, "child", "chaos", f.b.dir, name, f.b.number},
					Restart: procman.RestartPolicy{Base: 20 * time.Millisecond, Ceiling: time.Second,
						ResetAfter: time.Second},
					Stop:   procman.StopPolicy{Grace: 300 * time.Millisecond, Linger: 50 * time.Millisecond},
					Memory: procman.MemoryPolicy{Max: 120 << 20},
					Output: procman.OutputPolicy{MaxSizeMB: 1},
				})
			}
		}}
	dir, err := os.MkdirTemp(f.b.dir, "run-")
	if err != nil {
		return err
	}
	return f.m.up(dir, nil)
}

// torment kills the manager every few seconds and has it do things in between.
func (f *fault) torment(length time.Duration) error {
	for end := time.Now().Add(length); time.Now().Before(end) && f.b.ctx.Err() == nil; {
		for next := time.Now().Add(time.Duration(1000+rand.IntN(4000)) * time.Millisecond); time.Now().Before(next); {
			f.b.pause(time.Duration(rand.IntN(400)) * time.Millisecond)
			if err := f.command(); err != nil {
				return err
			}
		}
		f.b.kill9(f.m)
		f.outcome.Kills++
		f.b.pause(time.Duration(rand.IntN(600)) * time.Millisecond)
		if err := f.m.again(); err != nil {
			return fmt.Errorf("the manager does not come back: %w", err)
		}
	}
	return nil
}

func (f *fault) command() error {
	verb := []string{"restart", "stop", "start"}[rand.IntN(3)]
	f.outcome.Commands++
	name := f.names[rand.IntN(len(f.names))]
	if err := f.m.order(verb + " " + name); err != nil && !strings.Contains(err.Error(), "error") {
		return err
	}
	return nil
}

// growth leaves the manager alive, with its children as bad as ever, and
// compares what it holds at the beginning and at the end.
func (f *fault) growth(length time.Duration) error {
	for _, name := range f.names {
		if err := f.m.order("start " + name); err != nil {
			return err
		}
	}
	f.b.pause(min(length/4, 10*time.Second))
	fds, goroutines, err := f.health()
	if err != nil {
		return err
	}
	f.b.pause(length)
	fdsThen, goroutinesThen, err := f.health()
	if err != nil {
		return err
	}
	f.outcome.FDs, f.outcome.Goroutines = [2]int{fds, fdsThen}, [2]int{goroutines, goroutinesThen}
	fmt.Printf("the manager holds %d descriptors and %d goroutines, %v later %d and %d\n", fds, goroutines, length,
		fdsThen, goroutinesThen)
	// At any moment some children are between two lives and some timers run.
	if fdsThen > fds+f.children || goroutinesThen > goroutines+f.children {
		return errors.New("descriptors or goroutines grow")
	}
	return nil
}

func (f *fault) health() (fds, goroutines int, err error) {
	answer, err := f.m.ask("health")
	if err == nil {
		_, err = fmt.Sscan(answer, &fds, &goroutines)
	}
	return fds, goroutines, err
}

// verdict ends everything and counts what went wrong.
func (f *fault) behind() error {
	var errs []error
	if err := f.m.order("stop-all"); err != nil {
		errs = append(errs, err)
	}
	orphans := f.b.children.living()
	duplicates, _ := os.ReadFile(filepath.Join(f.b.dir, "duplicates"))
	o := &f.outcome
	for _, name := range f.names {
		n := readTally(filepath.Join(f.b.dir, name+".count"))
		l, r := countLines(f.m.logs(name), n)
		if l > 0 {
			fmt.Printf("%s: %d of %d lines are lost: %v\n", name, l, n, missing(f.m.logs(name), n))
		}
		o.Written, o.Lost, o.Repeated = o.Written+n, o.Lost+l, o.Repeated+r
		o.Starts += readTally(filepath.Join(f.b.dir, name+".starts"))
	}
	o.Orphans, o.Duplicates = len(orphans), strings.Count(string(duplicates), "\n")
	fmt.Println(o)
	if len(orphans) > 0 {
		errs = append(errs, fmt.Errorf("orphans are left: %v", orphans))
	}
	if len(duplicates) > 0 {
		errs = append(errs, fmt.Errorf("duplicates:\n%s", duplicates))
	}
	if o.Lost > 0 {
		errs = append(errs, fmt.Errorf("%d lines are lost", o.Lost))
	}
	if o.Written == 0 {
		errs = append(errs, errors.New("nothing was written"))
	}
	return errors.Join(errs...)
}

// missing lists the first few lost numbers.
func missing(files []string, count int) (list []int) {
	for n, times := range numbersIn(files, count) {
		if times == 0 && len(list) < 10 {
			list = append(list, n)
		}
	}
	return list
}
