package main

import (
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"flowhq/appliance/localapi"
	"flowhq/procman"
)

func newDescribe() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "describe TENANT",
		Short: "Show everything about one worker",
		Long: "Shows one business's worker: session, process, limits, last exit and latest events." +
			tenantHelp,
		Args:              exactly(1),
		ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			var d localapi.WorkerDescription
			if err := c.of(cmd.Context(), workersPath+"/", args[0], http.MethodGet, "", &d); err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), d)
			}
			return printDescription(cmd.OutOrStdout(), d)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printDescription(out io.Writer, d localapi.WorkerDescription) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%s\t%s\n", name, clip(fmt.Sprintf(format, args...), 400))
	}
	p := d.Process
	line("tenant", "%s", d.TenantID)
	line("name", "%s", d.Name)
	line("number", "%s", dash(d.Number))
	line("status", "%s (worker wished: %s)", d.Tenant, d.Wish)
	line("session", "%s, device %s", d.Phase, dash(d.Linked))
	line("last seen", "%s", at(d.LastSeen))
	line("WhatsApp heard", "%s", at(d.LastHeard))
	line("process", "%s, pid %s, up %s, restarted %d times", p.State, number(p.PID), span(d.Uptime), p.Restarts)
	line("memory", "%s, peak %s, limit %s", mebibytes(p.MemoryRSS), mebibytes(p.MemoryPeak), mebibytes(p.MemoryMax))
	line("cpu", "%.2f s, lately %.1f%% of a core", d.CPU, p.CPUPercent)
	if d.Manager != nil {
		describeManager(d.Manager, line)
	}
	if p.NextStart != nil {
		line("next start", "%s", at(p.NextStart))
	}
	if p.LastExit != "" {
		line("last exit", "%s, %s", p.LastExit, at(p.LastExitAt))
	}
	if d.LastError != "" {
		line("last error", "%s", d.LastError)
	}
	line("log", "%s", dash(p.LogPath))
	line("session folder", "%s", d.SessionDir)
	if d.Manager != nil {
		for _, e := range d.Manager.Recent {
			line("event", "%s %s %s %s %s", e.Time.UTC().Format(time.RFC3339), e.Type, e.To, e.Cause, e.Detail)
		}
	}
	return w.Flush()
}

// describeManager tells what only the process manager knows.
func describeManager(m *procman.Description, line func(name, format string, args ...any)) {
	if st := m.Stats; st != nil {
		line("counts", "%d threads, %d open files, %s of memory its own share (PSS)", st.Threads, st.FDs,
			mebibytes(st.PSS))
	}
	limits := "no limit of memory"
	if m.MemoryLimit > 0 {
		limits = fmt.Sprintf("memory held by %s, asked to restart at %.0f%%", m.MemoryBy, 100*m.Spec.Memory.SoftRatio)
	}
	if m.Spec.PidsMax > 0 {
		limits += fmt.Sprintf(", %d threads", m.Spec.PidsMax)
	}
	line("limits", "%s", limits)
	if m.ShortRuns > 0 {
		line("short runs", "%d in a row", m.ShortRuns)
	}
	if m.Adopted {
		line("adopted", "from an appliance before this one")
	}
	if m.SpecPending {
		line("pending", "a restart is needed for changed settings")
	}
	if m.Discarded > 0 {
		line("log lost", "%d bytes: the disk was full", m.Discarded)
	}
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func at(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
