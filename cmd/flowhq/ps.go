package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flowhq/appliance/localapi"
	"flowhq/procman"
)

func newPS() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "ps",
		Aliases: []string{"ls", "list"},
		Short:   "List businesses and their workers",
		Long: `Lists every business of the running appliance with its worker, by name: process id, time since the
start, restarts (↺), the state of the process, processor and memory use, the phase of the WhatsApp
session and the status of the business. A terminal gets a table, a pipe plain columns; --json gives
all that is known. ` + "`flowhq top`" + ` shows the same, live.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			var workers []localapi.WorkerView
			if err := c.call(cmd.Context(), http.MethodGet, workersPath, &workers); err != nil {
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

// psHeader is what `pm2 ls` shows, and what this appliance adds: the WhatsApp session and the business's own status.
var psHeader = []string{"id", "name", "pid", "uptime", "↺", "status", "cpu", "mem", "whatsapp", "business"}

func printWorkers(out io.Writer, workers []localapi.WorkerView) error {
	if len(workers) == 0 {
		fmt.Fprintln(out, "There are no businesses yet. Make one on the admin page.")
		return nil
	}
	slices.SortStableFunc(workers, func(a, b localapi.WorkerView) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	t := workerTable(workers)
	return t.print(out, expendable...)
}

// expendable is what a narrow terminal does without, first to last: names find a worker as well as ids, and --json has
// it all.
var expendable = []string{"business", "id", "pid", "uptime"}

func workerTable(workers []localapi.WorkerView) table {
	t := table{header: psHeader}
	for _, v := range workers {
		p := v.Process
		cpu, look := "-", processLook(p.State)
		if p.PID != 0 {
			cpu = fmt.Sprintf("%.1f%%", p.CPUPercent)
		}
		t.rows = append(t.rows, []cell{
			{short(v.TenantID), faint}, {clip(v.Name, 30), strong}, text(number(p.PID)), text(span(v.Uptime)),
			text(fmt.Sprint(p.Restarts)),
			{p.State, look}, text(cpu), text(mebibytes(p.MemoryRSS)), text(string(v.Phase)), text(string(v.Tenant)),
		})
	}
	return t
}

// processLook: green runs, yellow is on its way, red needs somebody.
func processLook(state string) look {
	switch procman.State(state) {
	case procman.StateRunning:
		return good
	case procman.StateStarting, procman.StateStopping, procman.StateBackoff:
		return waiting
	case procman.StateCrashLoop, procman.StateExited:
		return bad
	}
	return faint
}

func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// shortID is as much of an id as tells tenants apart in practice: UUIDs of version 7 begin with the time, so the end
// counts as well; commands take any beginning that is unique.
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
