package main

import (
	"github.com/spf13/cobra"

	"flowhq/appliance"
	"flowhq/appliance/config"
)

func newDoctor() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong with the configuration and its surroundings",
		Long: `Checks the settings and what is around them: folders, database, port, clock, disk, memory limits,
the way to WhatsApp. One line for each check: ok, a warning, or a problem with what to do about it.
It changes nothing.

Exit status: 0 without a problem, 1 with one, 78 when the settings themselves are wrong.`,
		Args:        exactly(0),
		Annotations: becomesService(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			src, err := source(cmd)
			if err != nil {
				return err
			}
			status := 0
			findings := appliance.Doctor(cmd.Context(), src)
			printFindings(cmd.OutOrStdout(), findings)
			for _, f := range findings {
				switch {
				case f.Verdict == appliance.Problem && f.Setting:
					status = config.ExitCode
				case f.Verdict == appliance.Problem && status == 0:
					status = exitFailure
				}
			}
			if status != 0 {
				return quietFailure(status)
			}
			return nil
		},
	}
}
