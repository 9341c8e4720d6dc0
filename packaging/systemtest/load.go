package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"flowhq"
	"flowhq/internal/harness"
)

// figures are what the upgrade under load came to.
type figures struct {
	Tenants, Asked, Answered      int
	Slowest                       time.Duration // answer to a customer
	DropsAtHandOver               int           // sessions that went away before the new program was ready
	Logins                        []int         // of each device, over the whole upgrade
	Gaps                          []time.Duration
	PageCalls, PageRefused        int
	PageAway                      time.Duration // longest wait for an answer of the page
	LinesWanted, LinesFound       int
	NewCodes, NotActive, Unlinked int
	HandOver, All                 time.Duration // apt's whole work; until the last worker was moved
	MessagesIn, MessagesOut       int           // in the log of the database
}

// load is what goes on in a guest while a package is upgraded.
type load struct {
	api     *harness.API
	sim     *harness.Simulator
	tenants []*talk
	stop    atomic.Bool
	f       figures
}

// talk is one business with a customer who writes all the time.
type talk struct {
	id, number, customer string
	device               string
	logins               map[time.Time]bool
	asked, groups        int
	slowest              time.Duration
}

// inside is what this program does in a guest.
func inside(args []string) int {
	log.SetFlags(0)
	set := flag.NewFlagSet("inside", flag.ExitOnError)
	tenants := set.Int("tenants", 20, "businesses")
	wasim := set.String("wasim", "/share/wasim", "the simulator's program")
	upgrade := set.String("upgrade", "", "shell command that upgrades")
	want := set.String("version", "", "version that is to be in force afterwards")
	out := set.String("out", "", "where the figures go, as JSON")
	if err := set.Parse(args); err != nil {
		return 2
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	l := &load{}
	if err := l.run(ctx, *tenants, *wasim, *upgrade, *want); err != nil {
		log.Print(err)
		return 1
	}
	text, err := json.MarshalIndent(l.f, "", "  ")
	if err == nil {
		err = os.WriteFile(*out, text, 0o644)
	}
	if err != nil {
		log.Print(err)
		return 1
	}
	return 0
}

func (l *load) run(ctx context.Context, tenants int, wasim, upgrade, want string) (err error) {
	if l.sim, err = harness.StartSimulator(wasim, "/root/simulator"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.sim.Stop(20*time.Second)) }()
	if err := l.configure(); err != nil {
		return err
	}
	if err := l.open(ctx, tenants); err != nil {
		return err
	}
	return l.measure(ctx, upgrade, want)
}

// configure points the installed appliance at the simulator.
func (l *load) configure() error {
	settings := fmt.Sprintf("\nWHATSAPP_SIMULATOR=%s\nWHATSAPP_SIMULATOR_KEY=%s\n", l.sim.Listen, l.sim.RootKey) +
		"TYPING_DELAY=off\nRATE_LIMIT_MAX_PER_MINUTE=6000\nCONTACT_REPLY_MAX=0\nLOG_LEVEL=debug\n"
	f, err := os.OpenFile("/etc/flowhq/flowhq.env", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(settings); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	if out, err := exec.Command("systemctl", "restart", "flowhq.service").CombinedOutput(); err != nil {
		return fmt.Errorf("restart: %w\n%s", err, out)
	}
	password, err := os.ReadFile("/root/password")
	if err != nil {
		return err
	}
	l.api = harness.NewAPI("http://127.0.0.1:3000", strings.TrimSpace(string(password)), "")
	return nil
}

// open makes and links the businesses.
func (l *load) open(ctx context.Context, n int) error {
	l.tenants = make([]*talk, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(6)
	for i := range n {
		group.Go(func() error {
			t := &talk{number: fmt.Sprintf("+2557010%05d", i), customer: fmt.Sprintf("+2557110%05d", i),
				logins: make(map[time.Time]bool)}
			l.tenants[i] = t
			name := fmt.Sprintf("Biashara %d", i)
			made, err := l.api.Create(ctx, harness.NewTenant{
				Name: name, PhoneNumber: t.number, BusinessName: name, TemplateType: flowhq.TemplateTypes()[i%3],
				Language: flowhq.Swahili,
			})
			if err != nil {
				return err
			}
			t.id = made.ID
			if err := l.api.Worker(ctx, t.id, "start"); err != nil {
				return err
			}
			if err := l.api.Link(ctx, l.sim, t.id, t.number, name); err != nil {
				return err
			}
			if err := l.sim.AddCustomer(ctx, t.customer, "Mteja", "pn"); err != nil {
				return err
			}
			p, err := l.sim.Phone(ctx, t.number)
			if err != nil || len(p.Devices) != 1 {
				return fmt.Errorf("%s has %d devices: %w", name, len(p.Devices), err)
			}
			t.device = p.Devices[0].JID
			return nil
		})
	}
	return group.Wait()
}

// measure lets customers write while the package is upgraded, and until every worker was moved.
func (l *load) measure(ctx context.Context, upgrade, want string) error {
	l.f.Tenants = len(l.tenants)
	watch, unwatch := context.WithCancel(ctx)
	defer unwatch()
	var watchers sync.WaitGroup
	handed := make(chan time.Time, 1)
	watchers.Go(func() { l.watchPage(watch) })
	watchers.Go(func() { l.watchSessions(watch, handed) })
	watchers.Go(func() { l.watchLogins(watch) })
	group, talking := errgroup.WithContext(ctx)
	for _, t := range l.tenants {
		group.Go(func() error { return l.converse(talking, t) })
	}
	wait(ctx, 5*time.Second)
	begun := time.Now()
	out, err := exec.CommandContext(ctx, "sh", "-c", upgrade).CombinedOutput()
	if err != nil {
		return fmt.Errorf("upgrade: %w\n%s", err, out)
	}
	l.f.HandOver = time.Since(begun)
	handed <- time.Now()
	err = harness.Until(ctx, 200*time.Millisecond, func() error { return l.allMoved(ctx, want) })
	if err != nil {
		return err
	}
	l.f.All = time.Since(begun)
	wait(ctx, 5*time.Second)
	l.stop.Store(true)
	if err := group.Wait(); err != nil {
		return err
	}
	unwatch()
	watchers.Wait()
	return l.count(ctx)
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// converse writes and waits for the answer, again and again; between, something in a group that leaves a line in the
// log.
func (l *load) converse(ctx context.Context, t *talk) error {
	for !l.stop.Load() {
		begun := time.Now()
		if _, err := l.sim.Ask(ctx, t.customer, t.number, "Habari", 30*time.Second); err != nil {
			return fmt.Errorf("message %d of %s: %w", t.asked+1, t.customer, err)
		}
		t.asked++
		t.slowest = max(t.slowest, time.Since(begun))
		if err := l.sim.SendIn(ctx, t.customer, t.number, "kikundi", "group"); err != nil {
			return err
		}
		t.groups++
		wait(ctx, 400*time.Millisecond)
	}
	return nil
}

// watchPage asks for the page all the time, each time by a new connection as a new visitor would.
func (l *load) watchPage(ctx context.Context) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 15 * time.Second}
	for ctx.Err() == nil {
		begun := time.Now()
		res, err := client.Get("http://127.0.0.1:3000/readyz")
		l.f.PageCalls++
		if err != nil || res.StatusCode != http.StatusOK {
			l.f.PageRefused++
		}
		if err == nil {
			_ = res.Body.Close()
		}
		l.f.PageAway = max(l.f.PageAway, time.Since(begun))
		wait(ctx, 10*time.Millisecond)
	}
}

// watchSessions sees when fewer sessions are there than should be, and for how long.
func (l *load) watchSessions(ctx context.Context, handed <-chan time.Time) {
	var since time.Time
	moving := false // a program of the new version answers
	for ctx.Err() == nil {
		if !moving {
			moving = l.newProgram(ctx, handed)
		}
		st, err := l.sim.Stats(ctx)
		if err != nil {
			continue
		}
		now := time.Now()
		missing := st.DevicesOnline < len(l.tenants)
		if missing && since.IsZero() {
			since = now
			if !moving {
				l.f.DropsAtHandOver += len(l.tenants) - st.DevicesOnline
			}
		}
		if !missing && !since.IsZero() {
			l.f.Gaps = append(l.f.Gaps, now.Sub(since))
			since = time.Time{}
		}
		wait(ctx, 10*time.Millisecond)
	}
}

// newProgram tells whether the service's main process is another program than at the start.
func (l *load) newProgram(_ context.Context, handed <-chan time.Time) bool {
	select {
	case <-handed:
		return true
	default:
	}
	out, err := exec.Command("systemctl", "show", "--property=MainPID", "--value", "flowhq.service").Output()
	if err != nil {
		return false
	}
	path, err := os.Readlink("/proc/" + strings.TrimSpace(string(out)) + "/exe")
	return err == nil && strings.Contains(path, newVersion)
}

// watchLogins counts how often each device logs in.
func (l *load) watchLogins(ctx context.Context) {
	for ctx.Err() == nil {
		for _, t := range l.tenants {
			if p, err := l.sim.Phone(ctx, t.number); err == nil {
				for _, d := range p.Devices {
					t.logins[d.LastLogin] = true
				}
			}
		}
		wait(ctx, 100*time.Millisecond)
	}
}

// allMoved wants every worker to be a new process since the upgrade, of the wanted version, and connected.
func (l *load) allMoved(ctx context.Context, want string) error {
	out, err := exec.CommandContext(ctx, "flowhq", "version").Output()
	if err != nil || !strings.Contains(string(out), " "+want+" ") {
		return fmt.Errorf("in force is %s, %w", out, err)
	}
	for _, t := range l.tenants {
		if len(t.logins) < 2 {
			return fmt.Errorf("%s logged in %d times", t.number, len(t.logins))
		}
	}
	st, err := l.sim.Stats(ctx)
	if err == nil && st.DevicesOnline < len(l.tenants) {
		err = fmt.Errorf("%d of %d are online", st.DevicesOnline, len(l.tenants))
	}
	return err
}

// count looks at what is left behind: answers, log lines, states.
func (l *load) count(ctx context.Context) error {
	for _, t := range l.tenants {
		rows, err := l.sim.Inbox(ctx, t.customer, 0, 0)
		if err != nil {
			return err
		}
		l.f.Asked, l.f.Answered = l.f.Asked+t.asked, l.f.Answered+len(rows)
		l.f.Slowest = max(l.f.Slowest, t.slowest)
		l.f.Logins = append(l.f.Logins, len(t.logins)-1)
		text, err := os.ReadFile("/var/log/flowhq/" + t.id + ".log")
		if err != nil {
			return err
		}
		l.f.LinesWanted, l.f.LinesFound = l.f.LinesWanted+t.groups,
			l.f.LinesFound+strings.Count(string(text), `"msg":"left out"`)
		if err := l.state(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (l *load) state(ctx context.Context, t *talk) error {
	var events []struct{ Type, Detail string }
	if err := l.api.Admin(ctx, http.MethodGet, "/admin/tenants/"+t.id+"/events?limit=1000", nil, &events); err != nil {
		return err
	}
	codes := 0
	for _, e := range events {
		if e.Type == flowhq.TenantEventStatus && strings.Contains(e.Detail, string(flowhq.TenantQRPending)) {
			codes++
		}
	}
	l.f.NewCodes += max(codes-2, 0) // into the state and out of it, at the first linking
	got, err := l.api.Tenant(ctx, t.id)
	if err != nil {
		return err
	}
	if got.Status != flowhq.TenantActive {
		l.f.NotActive++
	}
	if p, err := l.sim.Phone(ctx, t.number); err != nil || len(p.Devices) != 1 || p.Devices[0].JID != t.device {
		l.f.Unlinked++
	}
	log, err := l.api.Messages(ctx, t.id)
	for _, m := range log {
		if m.Direction == flowhq.DirectionIn {
			l.f.MessagesIn++
		} else {
			l.f.MessagesOut++
		}
	}
	return err
}
