package procman

import (
	"syscall"

	"flowhq/procman/internal/kernel"
)

// tree is all that came of one process, by whichever means the manager has.
type tree interface {
	// kill sends SIGKILL to everybody, once.
	kill()
	// empty tells whether nobody is alive.
	empty() bool
	// members lists who is alive, the main process perhaps included.
	members() []int
}

func (p *process) tree(c *child) tree {
	if c.group != nil {
		return groupTree{c.group}
	}
	return scanTree{p: p, c: c}
}

// groupTree is a cgroup: nobody can leave it, and the kernel kills it as one.
type groupTree struct{ g *kernel.Group }

func (t groupTree) kill()          { _ = t.g.Kill() }
func (t groupTree) empty() bool    { return !t.g.Populated() }
func (t groupTree) members() []int { return t.g.Pids() }

// scanTree is found through /proc.
type scanTree struct {
	p *process
	c *child
}

func (t scanTree) kill() {
	// First who is seen now, while descent can still be followed; then the group.
	seen := t.living()
	if t.c.pidfd >= 0 {
		_ = kernel.SignalGroup(t.c.pidfd, t.c.pid, syscall.SIGKILL)
	}
	for _, m := range seen {
		kernel.KillMember(m)
	}
}

func (t scanTree) empty() bool { return len(t.living()) == 0 }

func (t scanTree) members() []int {
	var pids []int
	for _, m := range t.living() {
		pids = append(pids, m.Pid)
	}
	return pids
}

// living lists the members that are alive, without a main process that ended.
func (t scanTree) living() []kernel.Member {
	return t.p.m.living(t.p.name)
}

// living looks through /proc for the living processes of one name.
func (m *Manager) living(name string) []kernel.Member {
	var alive []kernel.Member
	for _, x := range m.scanner.Members()[name] {
		if !x.Dead() {
			alive = append(alive, x)
		}
	}
	return alive
}
