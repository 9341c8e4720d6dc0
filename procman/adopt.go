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

// adoption takes over what an earlier manager left running.
type adoption struct {
	m *Manager
	// marked are the living processes that carry a marker, by name; nil with groups.
	marked map[string][]kernel.Member
}

// adopt finds the living processes by record and start time, or by marker or
// group where the record is missing. It kills what belongs to a process but does
// not descend from its living main process.
func (m *Manager) adopt() error {
	records, err := m.records.read(m.boot)
	if err != nil {
		return err
	}
	a := adoption{m: m}
	if m.groups.root == nil {
		a.marked = m.scanner.Members()
	}
	recorded := make(map[string]bool)
	for _, r := range records {
		recorded[r.Name] = true
	}
	records = append(records, a.reconstruct(recorded)...)
	var tasks errgroup.Group
	tasks.SetLimit(runtime.GOMAXPROCS(0))
	for _, r := range records {
		tasks.Go(func() error { return a.restore(r) })
	}
	if err := tasks.Wait(); err != nil {
		return err
	}
	if in := m.cfg.Inherited; in != nil {
		in.closeRest()
	}
	m.sampler.wake()
	return nil
}

// restore makes the process of a record, with its child if that is alive.
func (a adoption) restore(r record) error {
	p := a.processOf(r)
	pipe := -1
	if in := a.m.cfg.Inherited; in != nil {
		pipe = in.takePipe(r.Name)
	}
	if err := a.m.openSink(p, pipe); err != nil {
		return err
	}
	c, childErr := a.reopen(p, r)
	if _, err := a.m.registry.add(p); err != nil {
		return err
	}
	p.mu.Lock()
	if childErr == nil {
		p.child, p.wanted = c, r.Wanted
		p.setState(StateRunning, CauseAdopted)
	} else if r.Pid != 0 {
		a.recordLostExit(p, r)
	}
	p.mu.Unlock()
	if childErr != nil {
		a.collectStrays(p, r)
	}
	go p.run()
	return nil
}

// processOf makes the process that a record describes, without a child.
func (a adoption) processOf(r record) *process {
	p := a.m.newProcess(r.Spec.withDefaults(a.m.cfg.LogDir))
	p.specKnown, p.restored = false, true
	p.runs, p.backoff, p.lastExit, p.nextStart = r.Runs, r.Backoff, r.LastExit, r.NextStart
	if latest := a.m.cfg.Now().Add(p.spec.Restart.Ceiling); p.nextStart.After(latest) {
		p.nextStart = latest // the clock was set back meanwhile
	}
	p.history = r.History
	return p
}

// recordLostExit records the end of a process that ended while no manager was
// alive; p.mu must be held.
func (a adoption) recordLostExit(p *process, r record) {
	now := p.m.cfg.Now()
	exit := Exit{Kind: ExitUnknown, At: now}
	// After a hand-over in place it is our child, and the kernel kept its status.
	if st, err := kernel.ReadStat(r.Pid); err == nil && st.Start == r.Start && st.Parent == os.Getpid() {
		ws, err := kernel.Reap(r.Pid)
		exit = exitFrom(ws, err, now)
	}
	p.lastExit = &exit
	p.ends++
	p.publish(Event{
		Type: EventExit, Cause: CauseLost, Pid: r.Pid, Exit: &exit,
		Detail: exit.String() + ", while no manager was alive",
	})
	if r.Wanted {
		p.decide(now.Sub(r.StartedAt), exit, CauseLost)
	}
}

// reopen opens the child of a record; ESRCH when it is not alive.
func (a adoption) reopen(p *process, r record) (*child, error) {
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
	// It could not report itself alive while no manager was there: its deadline starts now.
	c.alive.Store(int64(a.m.cfg.Now().Sub(a.m.born)))
	if err := p.watch(c); err != nil {
		c.close()
		return nil, err
	}
	if c.group != nil {
		if err := a.m.groups.limit(c.group, p.spec, false); err != nil {
			a.m.cfg.Logger.Warn("limits of an adopted process are not set again", "process", p.name, "error", err)
		}
	}
	return c, nil
}

// collectStrays notes what a dead main process left behind; the process's
// goroutine kills it before it starts a successor.
func (a adoption) collectStrays(p *process, r record) {
	t := groupTree{a.m.groups.of(p.name)}
	if r.Group != "" {
		t.g = &kernel.Group{Path: r.Group}
	}
	n := 0
	if t.g != nil && !t.empty() {
		n = len(t.members())
		p.strays = append(p.strays, t)
	}
	marked := a.marked[r.Name]
	for _, x := range marked {
		if !x.Dead() {
			n++
		}
	}
	if len(marked) > 0 {
		p.strays = append(p.strays, markedTree{scanner: a.m.scanner, name: p.name})
	}
	if n > 0 {
		p.report(Event{Type: EventStray, Detail: strconv.Itoa(n) + " processes of an earlier run are killed"})
	}
}

// reconstruct makes records for processes that are alive without one: the
// manager died between starting them and writing it, or the disk was full.
func (a adoption) reconstruct(recorded map[string]bool) []record {
	var list []record
	for name, members := range a.marked {
		if !recorded[name] && validName(name) {
			list = append(list, a.recordOf(name, members, ""))
		}
	}
	root := a.m.groups.root
	if root == nil {
		return list
	}
	dirs, err := root.Groups(a.m.groups.prefix)
	if err != nil {
		a.m.cfg.Logger.Error("groups are not listed", "error", err)
	}
	for _, dir := range dirs {
		name := strings.TrimPrefix(dir, a.m.groups.prefix)
		if recorded[name] || !validName(name) {
			continue
		}
		g := root.Group(dir)
		if !g.Populated() {
			_ = g.Remove()
			continue
		}
		list = append(list, a.recordOf(name, membersOf(g, name), g.Path))
	}
	return list
}

// membersOf lists the processes of a group as the scanner would.
func membersOf(g *kernel.Group, name string) []kernel.Member {
	var members []kernel.Member
	for _, pid := range g.Pids() {
		if st, err := kernel.ReadStat(pid); err == nil {
			members = append(members, kernel.Member{Stat: st, Name: name})
		}
	}
	return members
}

// recordOf makes a record from living processes. The main process leads the
// session that the manager made for it and carries the marker. A descendant may
// have made a session too: then the oldest is the main process.
func (a adoption) recordOf(name string, members []kernel.Member, group string) record {
	r := record{Name: name, Boot: a.m.boot, Group: group, Wanted: true}
	for _, x := range members {
		if x.Dead() || x.Session != x.Pid || (r.Pid != 0 && x.Start >= r.Start) {
			continue
		}
		argv, nonce, err := inspect(x.Pid, a.m.markerKey()+name+"/")
		if err != nil {
			continue
		}
		r.Pid, r.Start, r.Nonce = x.Pid, x.Start, nonce
		r.StartedAt = x.StartTime(kernel.BootTime(a.m.cfg.Now()))
		r.Spec = Spec{Name: name, Argv: argv}
		r.Running = r.Spec.digest()
	}
	r.Spec.Name = name
	return r
}

var errNotMarked = errors.New("the process does not carry the marker")

// inspect reads a process's arguments and the nonce in its marker.
func inspect(pid int, marker string) (argv []string, nonce string, err error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	env, err := os.ReadFile(filepath.Join(dir, "environ"))
	if err != nil {
		return nil, "", err
	}
	found := false
	for v := range bytes.SplitSeq(env, []byte{0}) {
		if rest, ok := strings.CutPrefix(string(v), marker); ok {
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
