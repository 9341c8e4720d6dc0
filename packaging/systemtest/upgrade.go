package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Bounds that an upgrade is held to.
const (
	loadTenants = 20
	gapLimit    = 3 * time.Second
	awayLimit   = 2 * time.Second
)

// moves are the moves of the upgrade's proof, in the order in which they are made.
func moves() []phase {
	return []phase{
		{"one package to two", "apt-get install -y -qq flowhq=" + newVersion + " flowhq-engine=" + newVersion,
			newVersion, newVersion},
		{"the engine alone", "apt-get install -y -qq --only-upgrade flowhq-engine", newVersion, nextEngine},
		{"the engine's way back", "flowhq rollback --engine", newVersion, newVersion},
	}
}

// upgradeProof moves from the last version of one package to two packages while customers of 20 linked businesses
// write, then upgrades the engine alone, and goes back.
func upgradeProof(ctx context.Context, l *lab) error {
	repo, err := l.repository(ctx, onePackage, newVersion, nextEngine)
	if err != nil {
		return err
	}
	wasim, err := l.simulator(ctx)
	if err != nil {
		return err
	}
	for name, from := range map[string]string{"wasim": wasim, "systemtest": l.self} {
		if err := command(ctx, "cp", from, filepath.Join(repo, name)); err != nil {
			return err
		}
	}
	phases, err := json.Marshal(moves())
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(repo, "phases.json"), phases, 0o644); err != nil {
		return err
	}
	g, err := l.boot(ctx, "bookworm", "upgrade", repo)
	if err != nil {
		return err
	}
	defer g.stop()
	err = g.stages(ctx, []stage{
		{"the last package that held both programs is installed", installByName + `
apt-get install -y -qq flowhq=` + onePackage + ` >/dev/null 2>&1
[ ! -e /usr/lib/flowhq-engine ]
flowhq admin show-setup | sed -n 's/^Password: *//p' | head -1 >/root/password
await 20 serves`},
		{fmt.Sprintf("%d linked businesses, customers writing: to two packages, the engine alone, and back",
			loadTenants), fmt.Sprintf(
			`/share/systemtest inside -tenants %d -out /share/upgrade.json -phases "$(cat /share/phases.json)"`,
			loadTenants)},
	})
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(repo, "upgrade.json"))
	if err != nil {
		return err
	}
	var all []figures
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	page := pageOf(all)
	fmt.Println(page)
	if l.out != "" {
		if err := os.WriteFile(l.out, []byte(page), 0o644); err != nil {
			return err
		}
	}
	var errs []error
	for _, f := range all {
		if err := f.judge(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.Phase.Name, err))
		}
	}
	return errors.Join(errs...)
}

// judge holds the figures to what was promised.
func (f figures) judge() error {
	var errs []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	want(f.ApplianceStays || f.Phase.Name == moves()[0].Name, "the appliance was restarted")
	want(f.DropsAtHandOver == 0, "%d sessions dropped at the hand-over", f.DropsAtHandOver)
	for i, n := range f.Logins {
		want(n == 1, "business %d reconnected %d times", i, n)
	}
	// two workers that are moved right after each other may be seen as one gap
	want(len(f.Gaps) > 0 && len(f.Gaps) <= f.Tenants, "%d gaps for %d businesses", len(f.Gaps), f.Tenants)
	want(f.longest() <= gapLimit, "a session was away for %s", f.longest())
	want(f.Answered == f.Asked, "%d of %d messages answered", f.Answered, f.Asked)
	want(f.LinesFound >= f.LinesWanted, "%d of %d log lines found", f.LinesFound, f.LinesWanted)
	want(f.NewCodes == 0 && f.Unlinked == 0, "%d new codes, %d devices linked anew", f.NewCodes, f.Unlinked)
	want(f.NotActive == 0, "%d businesses are not ACTIVE", f.NotActive)
	want(f.PageRefused == 0, "%d of %d calls of the page were refused", f.PageRefused, f.PageCalls)
	want(f.PageAway <= awayLimit, "the page was away for %s", f.PageAway)
	want(f.MessagesIn >= f.Asked && f.MessagesOut >= f.Answered, "the log holds %d in, %d out", f.MessagesIn,
		f.MessagesOut)
	return errors.Join(errs...)
}

func (f figures) longest() time.Duration {
	if len(f.Gaps) == 0 {
		return 0
	}
	return slices.Max(f.Gaps)
}

func (f figures) median() time.Duration {
	if len(f.Gaps) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(f.Gaps))
	return sorted[len(sorted)/2]
}

// pageOf is the page of the benchmarks.
func pageOf(all []figures) string {
	var s strings.Builder
	fmt.Fprintf(&s, "# Upgrades, measured\n\n"+
		"`make bench-upgrade` makes this page: Debian 12 under systemd-nspawn, the package of the last version "+
		"that was one\n"+
		"program (%s) installed from a signed repository, %d businesses linked to the simulator, each with a "+
		"customer who\n"+
		"writes, waits for the answer and writes again. Then apt brings the two packages, then the engine "+
		"alone, and the\n"+
		"engine goes back. Simulator, customers and what watches share the machine's processors. The sessions are "+
		"looked at\n"+
		"every 10 ms, the page is asked for every 10 ms by a new connection.\n\n", onePackageCommit, loadTenants)
	fmt.Fprintf(&s, "%s; load average at the end %s.\n", time.Now().UTC().Format(time.DateOnly), loadAverage())
	for _, f := range all {
		f.table(&s)
	}
	return s.String()
}

func (f figures) table(s *strings.Builder) {
	line := func(format string, args ...any) { fmt.Fprintf(s, format+"\n", args...) }
	logins := 0
	for _, n := range f.Logins {
		logins += n
	}
	line("\n## %s\n\n`%s`\n", strings.ToUpper(f.Phase.Name[:1])+f.Phase.Name[1:], f.Phase.Command)
	line("| what | measured | promised |")
	line("| --- | --- | --- |")
	if f.Phase.Name == moves()[0].Name {
		line("| sessions dropped at the hand-over of the appliance | %d of %d | 0 |", f.DropsAtHandOver, f.Tenants)
	} else {
		line("| the appliance's process stays | %t | true |", f.ApplianceStays)
	}
	line("| planned reconnects, each worker's | %d for %d workers | exactly one each |", logins, f.Tenants)
	line("| session away at its reconnect: median (longest) | %.2f s (%.2f s) | at most 3 s |", f.median().Seconds(),
		f.longest().Seconds())
	line("| messages written by customers, answered | %d, %d | all |", f.Asked, f.Answered)
	line("| slowest answer, over the whole move | %.2f s | |", f.Slowest.Seconds())
	line("| log lines of workers wanted, found | %d, %d | none lost |", f.LinesWanted, f.LinesFound)
	line("| new QR codes, devices linked anew | %d, %d | 0 |", f.NewCodes, f.Unlinked)
	line("| page: calls, refused | %d, %d | 0 refused |", f.PageCalls, f.PageRefused)
	line("| page: longest wait for an answer | %.2f s | back within 2 s |", f.PageAway.Seconds())
	line("| the command's whole work | %.1f s | |", f.HandOver.Seconds())
	line("| until the last worker was moved | %.1f s | |", f.All.Seconds())
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
