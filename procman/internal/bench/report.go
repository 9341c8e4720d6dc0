package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// report renders all results as Markdown.
func (r *results) report() string {
	var out strings.Builder
	out.WriteString("# procman beside other process managers\n\n")
	fmt.Fprintf(&out, "Made by `make bench-procman PEERS=1` (and `make faults`) on %s.\n", r.Machine)
	out.WriteString("Every row was measured for all managers one after another, in one run; when, and what else the " +
		"machine did then, stands below the table.\n\n")
	managers := r.managers()
	out.WriteString("| |")
	for _, m := range managers {
		fmt.Fprintf(&out, " %s |", m)
	}
	out.WriteString(" target |\n|---|")
	out.WriteString(strings.Repeat("---|", len(managers)+1))
	out.WriteString("\n| version |")
	for _, m := range managers {
		fmt.Fprintf(&out, " %s |", r.Versions[m])
	}
	out.WriteString(" |\n")
	for _, row := range rows() {
		m := r.Rows[row.key]
		if m == nil {
			continue
		}
		fmt.Fprintf(&out, "| %s |", row.title)
		for _, name := range managers {
			c, ok := m.Cells[name]
			if !ok {
				out.WriteString(" not measured |")
				continue
			}
			fmt.Fprintf(&out, " %s |", c)
		}
		fmt.Fprintf(&out, " %s |\n", row.target)
	}
	out.WriteString(notes)
	r.tellBehind(&out)
	r.tellMissed(&out)
	r.tellConditions(&out)
	r.tellFaults(&out)
	return out.String()
}

func (r *results) managers() []string {
	var list []string
	for _, m := range r.Rows {
		for name := range m.Cells {
			if !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	rank := []string{labelGroups, labelPlain, "PM2", "supervisord", "s6", "runit"}
	slices.SortFunc(list, func(a, b string) int { return slices.Index(rank, a) - slices.Index(rank, b) })
	return list
}

// tellBehind says where a peer is better, and why.
func (r *results) tellBehind(out *strings.Builder) {
	out.WriteString("\n## Where a peer is ahead\n\n")
	some := false
	for _, row := range rows() {
		m := r.Rows[row.key]
		if m == nil {
			continue
		}
		if said := behind(row, m.Cells); len(said) > 0 {
			some = true
			fmt.Fprintf(out, "- %s: %s\n", row.title, strings.Join(said, " "))
		}
	}
	if !some {
		out.WriteString("Nowhere in this table.\n")
	}
}

// tellMissed says which targets were not met, and how busy the machine was.
func (r *results) tellMissed(out *strings.Builder) {
	out.WriteString("\n## Targets that were not met\n\n")
	some := false
	for _, row := range rows() {
		m := r.Rows[row.key]
		if m == nil {
			continue
		}
		if said := missed(row, m.Cells); len(said) > 0 {
			some = true
			fmt.Fprintf(out, "- %s: %s The machine's load was %s before this row.\n", row.title,
				strings.Join(said, " "), m.Load)
		}
	}
	if !some {
		out.WriteString("None.\n")
	}
}

func (r *results) tellConditions(out *strings.Builder) {
	out.WriteString("\n## When\n\n")
	quick := false
	for _, row := range rows() {
		if m := r.Rows[row.key]; m != nil {
			fmt.Fprintf(out, "- %s: %s, %s; load before it %s", row.key, m.When.UTC().Format("2006-01-02 15:04 UTC"),
				(time.Duration(m.Took) * time.Second).String(), m.Load)
			if m.Quick {
				out.WriteString(" (**quick: a tenth of everything, not for quoting**)")
				quick = true
			}
			out.WriteString("\n")
		}
	}
	if quick {
		out.WriteString("\n**Some rows are from a quick run.**\n")
	}
}

func (r *results) tellFaults(out *strings.Builder) {
	if len(r.Faults) == 0 {
		return
	}
	out.WriteString("\n## The fault run\n\n")
	out.WriteString(faultWords)
	out.WriteString("\n| | " + labelGroups + " | " + labelPlain + " |\n|---|---|---|\n")
	line := func(title string, value func(*faultOutcome) string) {
		fmt.Fprintf(out, "| %s |", title)
		for _, name := range []string{labelGroups, labelPlain} {
			if f := r.Faults[name]; f != nil {
				fmt.Fprintf(out, " %s |", value(f))
			} else {
				out.WriteString(" not run |")
			}
		}
		out.WriteString("\n")
	}
	line("when, how long", func(f *faultOutcome) string {
		return fmt.Sprintf("%s, %s", f.When.UTC().Format("2006-01-02 15:04 UTC"),
			time.Duration(f.Seconds*float64(time.Second)).Round(time.Second))
	})
	line("manager killed with -9; commands given", func(f *faultOutcome) string {
		return fmt.Sprintf("%d; %d", f.Kills, f.Commands)
	})
	line("children; starts", func(f *faultOutcome) string { return fmt.Sprintf("%d; %d", f.Children, f.Starts) })
	line("numbered lines written", func(f *faultOutcome) string { return fmt.Sprint(f.Written) })
	line("lines lost (aim 0); repeated", func(f *faultOutcome) string {
		return fmt.Sprintf("%d; %d", f.Lost, f.Repeated)
	})
	line("orphans at the end (aim 0)", func(f *faultOutcome) string { return fmt.Sprint(f.Orphans) })
	line("duplicates at any instant (aim 0)", func(f *faultOutcome) string { return fmt.Sprint(f.Duplicates) })
	line("the last manager's descriptors, goroutines: at first, in the end", func(f *faultOutcome) string {
		return fmt.Sprintf("%d, %d: %d, %d", f.FDs[0], f.Goroutines[0], f.FDs[1], f.Goroutines[1])
	})
}

const faultWords = `Children crash, leak, ignore SIGTERM, leave grandchildren behind (also in sessions of their own)
and write numbered lines. Each holds a lock on a file for life, as it would a port. Meanwhile the manager is killed with
-9 every few seconds and told to start, stop and restart them in between. In the last fifth the manager is left alive
and watched for growth.
`

const notes = `
- The same child programs under every manager: ` + "`sleep`" + ` where children are idle, the bench's own child
  elsewhere. PSS and CPU are of the manager and all its helpers (a supervisor and a logger for each child with s6 and
  runit), without the children; CPU is measured over half a minute and given for one. procman runs from a copy of the
  program, so that the bench does not share its pages.
- "procman" has a cgroup v2 group for each child, "procman without groups" the process group, the session and a marker
  in the environment. This machine's cgroup v2 has no memory controller, so both sample here and overshoot by at most
  what grows in a second. With the controller nothing grows over the limit: ` + "`make memory-proof`" + ` shows it in a
  kernel of its own.
- Output: CPU is compared among those that lose nothing; the others are shown beside them. PM2 writes without rotation.
- 500 started and stopped: the median of up to three times, as many as fit into twenty seconds.
- Milliseconds include the bench's own polling (a few tenths). Where the machine was shared, CPU seconds and counts are
  more reliable than MB/s and milliseconds.
`
