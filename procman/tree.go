package procman

import (
	"syscall"

	"flowhq/procman/internal/kernel"
)

// tree is a process with all its descendants.
type tree interface {
	// kill sends SIGKILL to every member, once.
	kill()
	// empty tells whether no member is alive.
	empty() bool
	// members lists the pids of the living, with or without the main process.
	members() []int
}

// tree follows a child by its group, or through /proc without groups.
func (p *process) tree(c *child) tree {
	if c.group != nil {
		return groupTree{c.group}
	}
	return scanTree{markedTree: markedTree{scanner: p.m.scanner, name: p.name}, c: c}
}

// groupTree is a cgroup: no member can leave it, and the kernel kills it as one.
type groupTree struct{ g *kernel.Group }

func (t groupTree) kill()          { _ = t.g.Kill() }
func (t groupTree) empty() bool    { return !t.g.Populated() }
func (t groupTree) members() []int { return t.g.Pids() }

// markedTree are the processes that the scanner finds under a name.
type markedTree struct {
	scanner *kernel.Scanner
	name    string
}

func (t markedTree) kill() {
	for _, x := range t.living() {
		kernel.KillMember(x)
	}
}

func (t markedTree) empty() bool { return len(t.living()) == 0 }

func (t markedTree) members() []int { return pids(t.living()) }

func (t markedTree) living() []kernel.Member { return living(t.scanner.Members()[t.name]) }

// scanTree is a markedTree with a main process.
type scanTree struct {
	markedTree
	c *child
}

// kill looks for the members first, while descent can still be followed. Then
// it kills the process group, then the members that left it.
func (t scanTree) kill() {
	found := t.living()
	if t.c.pidfd >= 0 {
		_ = kernel.SignalGroup(t.c.pidfd, t.c.pid, syscall.SIGKILL)
	}
	for _, m := range found {
		kernel.KillMember(m)
	}
}

// living leaves out those that ended and wait for their parent.
func living(members []kernel.Member) []kernel.Member {
	var alive []kernel.Member
	for _, x := range members {
		if !x.Dead() {
			alive = append(alive, x)
		}
	}
	return alive
}

func pids(members []kernel.Member) []int {
	var list []int
	for _, x := range members {
		list = append(list, x.Pid)
	}
	return list
}
