package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"flowhq/appliance"
)

func newService() *cobra.Command {
	actions := []string{"install", "uninstall", "start", "stop", "status"}
	return &cobra.Command{
		Use:   "service " + strings.Join(actions, "|"),
		Short: "Make the appliance a system service, on machines without the package",
		Long: `install    makes a system service of this program, started at boot, with the same two units as the
package's; a user flowhq and
           first settings are made where they are missing
uninstall  stops and removes it; data, settings and user stay
start, stop, status

For machines where Flow HQ was not installed by its package; that one brings its own service, and
this command refuses then.`,
		ValidArgs: actions,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(actions, args[0]) {
				return usageError{fmt.Errorf("usage: %s", cmd.UseLine())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			src, err := source(cmd)
			if err != nil {
				return err
			}
			said, err := appliance.Service(args[0], src)
			if err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), said)
			}
			return err
		},
	}
}
