package main

import (
	"fmt"
	"strings"
	"time"
)

// report renders the table as Markdown.
func (b *bench) report(table map[string]map[string]string) string {
	var out strings.Builder
	out.WriteString("# procman beside other process managers\n\n")
	fmt.Fprintf(&out, "Measured by `make bench-procman` on %s, in %s. Machine: %s.\n\n",
		b.begun.UTC().Format("2006-01-02"), time.Since(b.begun).Round(time.Second), b.machine)
	if b.opt.quick {
		out.WriteString("**Quick run: a tenth of everything, not for quoting.**\n\n")
	}
	out.WriteString("| |")
	for _, p := range b.peers {
		fmt.Fprintf(&out, " %s |", p.name())
	}
	out.WriteString(" target |\n|---|")
	out.WriteString(strings.Repeat("---|", len(b.peers)+1))
	out.WriteString("\n| version |")
	for _, p := range b.peers {
		fmt.Fprintf(&out, " %s |", p.version())
	}
	out.WriteString(" |\n")
	for _, r := range rows() {
		cells := table[r.key]
		if cells == nil {
			continue
		}
		fmt.Fprintf(&out, "| %s |", r.title)
		for _, p := range b.peers {
			fmt.Fprintf(&out, " %s |", cells[p.name()])
		}
		fmt.Fprintf(&out, " %s |\n", r.target)
	}
	out.WriteString(notes)
	return out.String()
}

const notes = `
- The same child programs under every manager: ` + "`sleep`" + ` where children are idle, the bench's own
  child elsewhere. PSS and CPU are of the manager and all its helpers (a supervisor and a logger for each
  child with s6 and runit), without the children. PM2 writes without rotation, s6 and runit have a logger each.
- "procman" has a cgroup v2 group for each child, "procman without groups" the process group, the session and
  a marker in the environment. A memory controller is not at hand on every machine: where procman samples, it
  overshoots by at most what grows in a second.
- Milliseconds include the bench's own looking (a few tenths). The machine was shared: CPU seconds and counts
  are firmer than MB/s.
`
