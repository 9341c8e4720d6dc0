package procman

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sync/errgroup"

	"flowhq/procman/internal/kernel"
)

// adopt takes over what an earlier manager left: it finds the living by record
// and start time, or by marker where the record is missing, and kills what
// belongs to a process but is not its main process's tree.
func (m *Manager) adopt() error {
	records, err := m.readRecords()
	if err != nil {
		return err
	}
	var marked map[string][]kernel.Member
	if m.root == nil {
		marked = m.scanner.Members()
	}
	seen := make(map[string]bool)
	for _, r := range records {
		seen[r.Name] = true
	}
	records = append(records, m.unrecorded(seen, marked)...)
	var tasks errgroup.Group
	tasks.SetLimit(runtime.GOMAXPROCS(0))
	for _, r := range records {
		tasks.Go(func() error { return m.restore(r, marked[r.Name]) })
	}
	if err := tasks.Wait(); err != nil {
		return err
	}
	if in := m.cfg.Inherited; in != nil {
		in.closeRest()
	}
	m.sampler.consider()
	return nil
}

// restore makes the process of a record, with its child when that is alive.
func (m *Manager) restore(r record, marked []kernel.Member) error {
	p := m.newProcess(r.Spec.withDefaults(m.cfg.LogDir))
	p.known, p.restored = false, true
	p.runs, p.backoff, p.lastExit, p.nextStart = r.Runs, r.Backoff, r.LastExit, r.NextStart
	if latest := m.cfg.Now().Add(p.spec.Restart.Ceiling); p.nextStart.After(latest) {
		p.nextStart = latest // the clock was set back meanwhile
	}
	p.history = r.History
	pipe := -1
	if in := m.cfg.Inherited; in != nil {
		pipe = in.takePipe(r.Name)
	}
	if err := m.openSink(p, pipe); err != nil {
		return err
	}
	c, err := m.readopt(p, r)
	m.mu.Lock()
	m.procs[p.name] = p
	m.byPath[p.spec.Output.Path] = p.name
	m.mu.Unlock()
	p.mu.Lock()
	if err == nil {
		p.child, p.wanted = c, r.Wanted
		p.setState(StateRunning, CauseAdopted)
	} else if r.Pid != 0 {
		p.goneMeanwhile(r)
	}
	p.mu.Unlock()
	if err != nil {
		m.killLeft(p, r, marked)
	}
	m.actors.Add(1)
	go p.run()
	return nil
}

// goneMeanwhile records the end of a process that nobody watched; p.mu must be held.
func (p *process) goneMeanwhile(r record) {
	now := p.m.cfg.Now()
	exit := Exit{Kind: ExitUnknown, At: now}
	// After a hand-over in place it is our child and has waited for us.
	if st, err := kernel.ReadStat(r.Pid); err == nil && st.Start == r.Start && st.Parent == os.Getpid() {
		ws, err := kernel.Reap(r.Pid)
		exit = exitFrom(ws, err, now)
	}
	p.lastExit = &exit
	p.ends++
	p.tell(Event{Type: EventExit, Cause: CauseLost, Pid: r.Pid, Exit: &exit, Detail: exit.String() + ", while no manager was alive"})
	if r.Wanted {
		p.decide(now.Sub(r.StartedAt), exit, CauseLost)
	}
}

// readopt opens the child of a record if it is alive.
func (m *Manager) readopt(p *process, r record) (*child, error) {
	if r.Pid == 0 {
		return nil, syscall.ESRCH
	}
	c := &child{
		pid: r.Pid, start: r.Start, pidfd: -1, sample: sample{statm: -1}, nonce: r.Nonce,
		startedAt: r.StartedAt, adopted: true, spec: r.Running,
	}
	if r.Group != "" {
		c.group = &kernel.Group{Path: r.Group}
	}
	// Nobody could report it alive while no manager was: its time begins anew.
	c.alive.Store(int64(m.cfg.Now().Sub(m.born)))
	if err := p.attend(c); err != nil {
		c.close()
		return nil, err
	}
	if c.group != nil {
		if err := m.limit(c.group, p.spec, false); err != nil {
			m.cfg.Logger.Warn("limits of an adopted process are not set again", "process", p.name, "error", err)
		}
	}
	return c, nil
}

// killLeft ends what a dead main process left behind, before any successor.
func (m *Manager) killLeft(p *process, r record, marked []kernel.Member) {
	t := groupTree{m.group(p.name)}
	if r.Group != "" {
		t.g = &kernel.Group{Path: r.Group}
	}
	n := 0
	if t.g != nil && !t.empty() {
		n = len(t.members())
		p.strays = append(p.strays, t)
	}
	for _, x := range marked {
		if !x.Dead() {
			n++
		}
	}
	if len(marked) > 0 {
		p.strays = append(p.strays, strayTree{m: m, name: p.name})
	}
	if n > 0 {
		p.report(Event{Type: EventStray, Detail: strconv.Itoa(n) + " processes of an earlier run are killed"})
	}
}

// strayTree are the marked processes of a name without a main process.
type strayTree struct {
	m    *Manager
	name string
}

func (t strayTree) kill() {
	for _, x := range t.m.living(t.name) {
		kernel.KillMember(x)
	}
}

func (t strayTree) empty() bool { return len(t.m.living(t.name)) == 0 }

func (t strayTree) members() []int {
	var pids []int
	for _, x := range t.m.living(t.name) {
		pids = append(pids, x.Pid)
	}
	return pids
}

// unrecorded makes records for processes that are alive without one: the
// manager died between starting them and writing it, or the disk was full.
func (m *Manager) unrecorded(seen map[string]bool, marked map[string][]kernel.Member) []record {
	var list []record
	for name, members := range marked {
		if !seen[name] && validName(name) {
			list = append(list, m.recordOf(name, members, ""))
		}
	}
	if m.root == nil {
		return list
	}
	groups, err := m.root.Groups(m.cfg.GroupPrefix)
	if err != nil {
		m.cfg.Logger.Error("groups are not listed", "error", err)
	}
	for _, dir := range groups {
		name := strings.TrimPrefix(dir, m.cfg.GroupPrefix)
		g := m.root.Group(dir)
		if seen[name] || !validName(name) {
			continue
		}
		if !g.Populated() {
			_ = g.Remove()
			continue
		}
		var members []kernel.Member
		for _, pid := range g.Pids() {
			if st, err := kernel.ReadStat(pid); err == nil {
				members = append(members, kernel.Member{Stat: st, Name: name})
			}
		}
		list = append(list, m.recordOf(name, members, g.Path))
	}
	return list
}

// recordOf reconstructs a record from the living. The main process is the one
// that the manager made a session for and that carries the marker; the oldest, if
// a descendant made a session too.
func (m *Manager) recordOf(name string, members []kernel.Member, group string) record {
	r := record{Name: name, Boot: m.boot, Group: group, Wanted: true}
	for _, x := range members {
		if x.Dead() || x.Session != x.Pid || (r.Pid != 0 && x.Start >= r.Start) {
			continue
		}
		argv, nonce, err := m.inspect(x.Pid, name)
		if err != nil {
			continue
		}
		r.Pid, r.Start, r.Nonce = x.Pid, x.Start, nonce
		r.StartedAt = x.StartTime(kernel.BootTime(m.cfg.Now()))
		r.Spec = Spec{Name: name, Argv: argv}
		r.Running = r.Spec.digest()
	}
	r.Spec.Name = name
	return r
}

var errNotMarked = errors.New("the process does not carry the marker")

// inspect reads a process's arguments and its marker.
func (m *Manager) inspect(pid int, name string) (argv []string, nonce string, err error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	env, err := os.ReadFile(filepath.Join(dir, "environ"))
	if err != nil {
		return nil, "", err
	}
	found := false
	for v := range bytes.SplitSeq(env, []byte{0}) {
		if rest, ok := strings.CutPrefix(string(v), m.markerKey()+name+"/"); ok {
			nonce, found = rest, true
		}
	}
	if !found {
		return nil, "", errNotMarked
	}
	line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if err != nil {
		return nil, "", err
	}
	return strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00"), nonce, nil
}
