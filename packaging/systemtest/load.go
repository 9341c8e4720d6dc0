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
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"flowhq"
	"flowhq/internal/harness"
)

// phase is one upgrade or way back while customers write.
type phase struct {
	Name      string
	Command   string // does it, for sh
	Appliance string // version of the appliance afterwards
	Engine    string // version of the engine afterwards
}

// figures are what one phase under load came to.
type figures struct {
	Phase                         phase
	ApplianceStays                bool // the same process runs the same program afterwards
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
	program string // that the appliance's process ran when the phase began
	f       figures
}

// talk is one business with a customer who writes all the time.
type talk struct {
	id, number, customer string
	device               string
	logins               map[time.Time]bool
	asked, groups        int
	slowest              time.Duration
	before               left // when the phase began
}

// left is what a business has left behind until now.
type left struct{ answers, lines, codes, in, out int }

// inside is what this program does in a guest.
func inside(args []string) int {
	log.SetFlags(0)
	set := flag.NewFlagSet("inside", flag.ExitOnError)
	tenants := set.Int("tenants", 20, "businesses")
	wasim := set.String("wasim", "/share/wasim", "the simulator's program")
	todo := set.String("phases", "", "what is done one after the other, as JSON")
	out := set.String("out", "", "where the figures go, as JSON")
	if err := set.Parse(args); err != nil {
		return 2
	}
	var phases []phase
	if err := json.Unmarshal([]byte(*todo), &phases); err != nil {
		log.Printf("-phases: %v", err)
		return 2
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	l := &load{}
	all, err := l.run(ctx, *tenants, *wasim, phases)
	if err != nil {
		log.Print(err)
		return 1
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		err = os.WriteFile(*out, text, 0o644)
	}
	if err != nil {
		log.Print(err)
		return 1
	}
	return 0
}

func (l *load) run(ctx context.Context, tenants int, wasim string, phases []phase) (all []figures, err error) {
	if l.sim, err = harness.StartSimulator(wasim, "/root/simulator"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.sim.Stop(20*time.Second)) }()
	if err := l.configure(); err != nil {
		return nil, err
	}
	if err := l.open(ctx, tenants); err != nil {
		return nil, err
	}
	for _, p := range phases {
		if err := l.measure(ctx, p); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		all = append(all, l.f)
	}
	return all, nil
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

// begin forgets the phase before.
func (l *load) begin(ctx context.Context, p phase) (process string, err error) {
	l.f = figures{Phase: p, Tenants: len(l.tenants)}
	l.stop.Store(false)
	for _, t := range l.tenants {
		t.asked, t.groups, t.slowest, t.logins = 0, 0, 0, make(map[time.Time]bool)
		phone, err := l.sim.Phone(ctx, t.number)
		if err != nil {
			return "", err
		}
		for _, d := range phone.Devices {
			t.logins[d.LastLogin] = true
		}
		if t.before, err = l.leftBy(ctx, t); err != nil {
			return "", err
		}
	}
	process, l.program, err = mainProcess(ctx)
	return process, err
}

// mainProcess gives the number of the service's main process and the path of its program.
func mainProcess(ctx context.Context) (pid, program string, err error) {
	out, err := exec.CommandContext(ctx, "systemctl", "show", "--property=MainPID", "--value",
		"flowhq.service").Output()
	if err != nil {
		return "", "", err
	}
	pid = strings.TrimSpace(string(out))
	program, err = os.Readlink("/proc/" + pid + "/exe")
	return pid, program, err
}

// measure lets customers write while a phase is done, and until every worker was moved.
func (l *load) measure(ctx context.Context, p phase) error {
	process, err := l.begin(ctx, p)
	if err != nil {
		return err
	}
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
	out, err := exec.CommandContext(ctx, "sh", "-c", p.Command).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	l.f.HandOver = time.Since(begun)
	handed <- time.Now()
	err = harness.Until(ctx, 200*time.Millisecond, func() error { return l.allMoved(ctx, p) })
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
	after, program, err := mainProcess(ctx)
	if err != nil {
		return err
	}
	l.f.ApplianceStays = after == process && program == l.program
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

// newProgram tells whether the phase has put another program in force: the appliance's process runs it, or the engine
// is it.
func (l *load) newProgram(ctx context.Context, handed <-chan time.Time) bool {
	select {
	case <-handed:
		return true
	default:
	}
	if engineInForce() == l.f.Phase.Engine {
		return true
	}
	_, program, err := mainProcess(ctx)
	return err == nil && program != l.program
}

// engineInForce gives the version of the engine in force, "" for none.
func engineInForce() string {
	to, err := os.Readlink("/usr/lib/flowhq-engine/current")
	if err != nil {
		return ""
	}
	return filepath.Base(to)
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

// allMoved wants the versions of the phase in force, and every worker logged in anew since it began, and connected.
func (l *load) allMoved(ctx context.Context, p phase) error {
	out, err := exec.CommandContext(ctx, "flowhq", "version").Output()
	if err != nil || !strings.Contains(string(out), " "+p.Appliance+" ") {
		return fmt.Errorf("in force is %s, %w", out, err)
	}
	if v := engineInForce(); v != p.Engine {
		return fmt.Errorf("the engine in force is %s", v)
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

// count looks at what the phase left behind: answers, log lines, states.
func (l *load) count(ctx context.Context) error {
	for _, t := range l.tenants {
		now, err := l.leftBy(ctx, t)
		if err != nil {
			return err
		}
		l.f.Asked, l.f.Answered = l.f.Asked+t.asked, l.f.Answered+now.answers-t.before.answers
		l.f.Slowest = max(l.f.Slowest, t.slowest)
		l.f.Logins = append(l.f.Logins, len(t.logins)-1)
		l.f.LinesWanted, l.f.LinesFound = l.f.LinesWanted+t.groups, l.f.LinesFound+now.lines-t.before.lines
		l.f.NewCodes += now.codes - t.before.codes
		l.f.MessagesIn, l.f.MessagesOut = l.f.MessagesIn+now.in-t.before.in, l.f.MessagesOut+now.out-t.before.out
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
	}
	return nil
}

// leftBy counts what a business has left behind.
func (l *load) leftBy(ctx context.Context, t *talk) (n left, err error) {
	rows, err := l.sim.Inbox(ctx, t.customer, 0, 0)
	if err != nil {
		return n, err
	}
	n.answers = len(rows)
	text, err := os.ReadFile("/var/log/flowhq/" + t.id + ".log")
	if err != nil {
		return n, err
	}
	// as the version before said it, and as it is said now
	n.lines = strings.Count(string(text), `"msg":"left out"`) + strings.Count(string(text), `"msg":"not for a bot"`)
	var events []struct{ Type, Detail string }
	if err := l.api.Admin(ctx, http.MethodGet, "/admin/tenants/"+t.id+"/events?limit=1000", nil, &events); err != nil {
		return n, err
	}
	for _, e := range events {
		if e.Type == flowhq.TenantEventStatus && strings.Contains(e.Detail, string(flowhq.TenantQRPending)) {
			n.codes++
		}
	}
	log, err := l.api.Messages(ctx, t.id)
	for _, m := range log {
		if m.Direction == flowhq.DirectionIn {
			n.in++
		} else {
			n.out++
		}
	}
	return n, err
}
