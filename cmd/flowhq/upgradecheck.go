package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance"
	"flowhq/appliance/localapi"
	"flowhq/appliance/release"
)

func newUpgradeCheck() *cobra.Command {
	var self, outlook bool
	cmd := &cobra.Command{
		Use:   "upgrade-check",
		Short: "Say what an upgrade would do, or why one was refused",
		Long: `Lets the version that the package brought check itself, the settings and the database, and says what
putting it in force would do: what happens to the database, and to how many workers. It changes
nothing. It also says whether going back is possible.

With --self the very program that is called checks itself, whichever version is in force; the
package's scripts do that before they switch. Exit status: 0 when nothing stands in the way, 1
otherwise.`,
		Args:        exactly(0),
		Annotations: becomesService(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if outlook {
				return tellOutlook(cmd)
			}
			if self {
				return checkSelf(cmd)
			}
			return checkUpgrade(cmd, release.Appliance())
		},
	}
	cmd.Flags().BoolVar(&self, "self", false, "check the program that is called, whichever is in force")
	cmd.Flags().BoolVar(&outlook, "outlook", false, "tell as JSON what becomes of the database")
	_ = cmd.Flags().MarkHidden("outlook") // for `flowhq upgrade`, which runs as another user
	return cmd
}

// tellOutlook is for the program itself, see [switcher.outlook].
func tellOutlook(cmd *cobra.Command) error {
	src, err := source(cmd)
	if err != nil {
		return err
	}
	o, err := appliance.LookOut(cmd.Context(), src)
	if err != nil {
		return err
	}
	return json.NewEncoder(cmd.OutOrStdout()).Encode(o)
}

func checkSelf(cmd *cobra.Command) error {
	src, err := source(cmd)
	if err != nil {
		return err
	}
	findings := appliance.CheckSelf(cmd.Context(), src)
	printFindings(cmd.OutOrStdout(), findings)
	if appliance.HasProblem(findings) {
		return quietFailure(exitFailure)
	}
	return nil
}

func printFindings(out io.Writer, findings []appliance.Finding) {
	for _, f := range findings {
		fmt.Fprintf(out, "%-8s %s: %s\n", f.Verdict, f.What, f.Message)
	}
}

// checkUpgrade looks at the packaged version beside the one in force.
func checkUpgrade(cmd *cobra.Command, l release.Layout) error {
	packaged, err := l.Packaged()
	if err != nil {
		return err
	}
	now, err := l.Current()
	if err != nil {
		return err
	}
	if packaged == "" || now == "" { // by hand
		return checkSelf(cmd)
	}
	out := cmd.OutOrStdout()
	if before, err := l.Previous(); err == nil && before != "" && before != packaged {
		if _, err := selfCheck(cmd.Context(), l.Program(before)); err == nil {
			fmt.Fprintf(out, "Version %s is kept, and `flowhq rollback` can go back to it.\n", before)
		} else {
			fmt.Fprintf(out, "Version %s is kept, but cannot work with the database as it is now.\n", before)
		}
	}
	if packaged == now {
		fmt.Fprintf(out, "Version %s, the one that the package brought, is in force. There is nothing to upgrade to.\n",
			now)
		return checkSelf(cmd)
	}
	fmt.Fprintf(out, "Version %s is in force; the package brought %s.\n", now, packaged)
	if r, err := l.Refused(); err == nil && r != nil && r.Version == packaged {
		fmt.Fprintf(out, "It was refused at %s:\n%s\n", r.At.Local().Format("2006-01-02 15:04"), indent(r.Reason))
	}
	if said, err := selfCheck(cmd.Context(), l.Program(packaged)); err != nil {
		return flowhq.Errorf(flowhq.CodeConflict, "Something still stands in the way:\n%s", indent(said))
	}
	fmt.Fprintln(out, "Nothing stands in the way. `sudo flowhq upgrade` puts it in force.")
	return sayWorkers(cmd)
}

// sayWorkers says how many workers would be moved; without a running appliance there is nothing to say.
func sayWorkers(cmd *cobra.Command) error {
	c, err := newClient(cmd)
	if err != nil {
		return err
	}
	var workers []localapi.WorkerView
	if err := c.call(cmd.Context(), http.MethodGet, workersPath, &workers); err != nil {
		return nil // it does not run
	}
	running, linking := 0, 0
	for _, w := range workers {
		if w.Process.PID != 0 {
			running++
		}
		if w.Phase == flowhq.PhaseQR {
			linking++
		}
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d workers run; each reconnects once, one after the other. %d show a code to "+
		"scan and wait until that is over.\n", running, linking)
	return nil
}
