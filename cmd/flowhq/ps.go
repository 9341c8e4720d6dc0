package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"flowhq/appliance"
)

func newPS() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ps",
		Short: "List businesses and their workers",
		Long: `Lists every business of the running appliance with its worker: the tenant's status, the phase of its WhatsApp session, the
state of the process, its memory and how often it was restarted.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			var workers []appliance.WorkerView
			if err := c.call(cmd.Context(), http.MethodGet, "/v1/workers", &workers); err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), workers)
			}
			return printWorkers(cmd.OutOrStdout(), workers)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printWorkers(out io.Writer, workers []appliance.WorkerView) error {
	if len(workers) == 0 {
		fmt.Fprintln(out, "There are no businesses yet.")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TENANT\tNAME\tSTATUS\tPHASE\tPROCESS\tPID\tUPTIME\tRESTARTS\tMEMORY")
	for _, v := range workers {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", short(v.TenantID), clip(v.Name, 30), v.Tenant, v.Phase,
			v.Process.State, number(v.Process.PID), span(v.Uptime), v.Process.Restarts, mebibytes(v.Process.MemoryRSS))
	}
	return w.Flush()
}

func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// shortID is as much of an id as tells tenants apart in practice: UUIDs of version 7 begin with the time, so the end counts
// as well; commands take any beginning that is unique.
const shortID = 13

func short(id string) string { return clip(id, shortID) }

func clip(s string, n int) string {
	r := []rune(strings.Map(printable, s))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n])
}

// printable keeps what customers and owners wrote from steering the terminal.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
		return -1
	}
	return r
}

func number(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func span(seconds float64) string {
	if seconds <= 0 {
		return "-"
	}
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d < 48*time.Hour:
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}

func mebibytes(n int64) string {
	switch {
	case n == 0:
		return "-"
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
