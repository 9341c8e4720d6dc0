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

// upgradeProof upgrades the package while customers of 20 linked businesses write.
func upgradeProof(ctx context.Context, l *lab) error {
	repo, err := l.repository(ctx, oldVersion, newVersion)
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
	g, err := l.boot(ctx, "bookworm", "upgrade", repo)
	if err != nil {
		return err
	}
	defer g.stop()
	err = g.stages(ctx, []stage{
		{"the old package is installed", installByName + `
apt-get install -y -qq flowhq=` + oldVersion + ` >/dev/null 2>&1
flowhq admin show-setup | sed -n 's/^Password: *//p' | head -1 >/root/password
await 20 serves`},
		{fmt.Sprintf("%d linked businesses, customers writing, old to new", loadTenants), fmt.Sprintf(
			`/share/systemtest inside -tenants %d -version %s -out /share/upgrade.json `+
				`-upgrade 'apt-get install -y -qq flowhq=%s'`, loadTenants, newVersion, newVersion)},
	})
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(repo, "upgrade.json"))
	if err != nil {
		return err
	}
	var f figures
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	page := f.page()
	fmt.Println(page)
	if l.out != "" {
		if err := os.WriteFile(l.out, []byte(page), 0o644); err != nil {
			return err
		}
	}
	return f.judge()
}

// judge holds the figures to what was promised.
func (f figures) judge() error {
	var errs []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	want(f.DropsAtHandOver == 0, "%d sessions dropped at the hand-over", f.DropsAtHandOver)
	for i, n := range f.Logins {
		want(n == 1, "business %d reconnected %d times", i, n)
	}
	want(len(f.Gaps) == f.Tenants, "%d gaps for %d businesses", len(f.Gaps), f.Tenants)
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

// page is the page of the benchmarks.
func (f figures) page() string {
	var s strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&s, format+"\n", args...) }
	logins := 0
	for _, n := range f.Logins {
		logins += n
	}
	line("# An upgrade, measured")
	line("")
	line("`make bench-upgrade` makes this page: Debian 12 under systemd-nspawn, the package installed from a signed "+
		"repository, %d businesses linked", f.Tenants)
	line("to the simulator, each with a customer who writes, waits for the answer and writes again; then `apt-get " +
		"install` of the next version.")
	line("Simulator, customers and what watches share the machine's processors. The sessions are looked at every 10 " +
		"ms, the page is asked")
	line("for every 10 ms by a new connection.")
	line("")
	line("%s; load average at the end %s.", time.Now().UTC().Format(time.DateOnly), loadAverage())
	line("")
	line("| what | measured | promised |")
	line("| --- | --- | --- |")
	line("| sessions dropped at the hand-over of the appliance | %d of %d | 0 |", f.DropsAtHandOver, f.Tenants)
	line("| planned reconnects, each worker's | %d for %d workers | exactly one each |", logins, f.Tenants)
	line("| session away at its reconnect: median (longest) | %.2f s (%.2f s) | at most 3 s |", f.median().Seconds(),
		f.longest().Seconds())
	line("| messages written by customers, answered | %d, %d | all |", f.Asked, f.Answered)
	line("| slowest answer, over the whole upgrade | %.2f s | |", f.Slowest.Seconds())
	line("| log lines of workers wanted, found | %d, %d | none lost |", f.LinesWanted, f.LinesFound)
	line("| new QR codes, devices linked anew | %d, %d | 0 |", f.NewCodes, f.Unlinked)
	line("| page: calls, refused | %d, %d | 0 refused |", f.PageCalls, f.PageRefused)
	line("| page: longest wait for an answer | %.2f s | back within 2 s |", f.PageAway.Seconds())
	line("| apt's whole work, check and hand-over in it | %.1f s | |", f.HandOver.Seconds())
	line("| until the last worker was moved | %.1f s | |", f.All.Seconds())
	return s.String()
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
