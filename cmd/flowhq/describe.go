package main

import (
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"flowhq/appliance"
)

func newDescribe() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "describe TENANT",
		Short:             "Show everything about one worker",
		Long:              "Shows one business's worker: session, process, limits, last exit and latest events." + tenantHelp,
		Args:              exactly(1),
		ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			var d appliance.WorkerDescription
			if err := c.call(cmd.Context(), http.MethodGet, workerPath(args[0], ""), &d); err != nil {
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

func printDescription(out io.Writer, d appliance.WorkerDescription) error {
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
	line("cpu", "%.2f s", d.CPU)
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
