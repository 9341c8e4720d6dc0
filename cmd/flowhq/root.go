package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance"
	"flowhq/appliance/config"
	"flowhq/locale"
)

// Exit statuses beside 0.
const (
	exitFailure = 1
	exitUsage   = 2
)

// quietFailure ends the program with a status after everything was said already.
type quietFailure int

func (q quietFailure) Error() string { return fmt.Sprintf("exit status %d", int(q)) }

// usageError is a command that was written wrongly.
type usageError struct{ error }

// unknownCommand is a command that does not exist, in cobra's words, which may name a similar one.
type unknownCommand struct{ error }

// execute runs the command that args name.
func execute(ctx context.Context, root *cobra.Command, args []string) error {
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return nil
	}
	if _, _, unknown := root.Find(args); unknown != nil {
		return unknownCommand{err}
	}
	return err
}

func newRoot() *cobra.Command {
	return rootOf(
		newServe(), newHold(), newMigrate(), newDoctor(), newVerify(),
		newPS(), newTop(), newStart(), newStop(), newRestart(), newReload(), newDescribe(), newLogs(), newEvents(),
		newTry(), newTakeOver(), newRelease(),
		newBackup(), newRestore(), newCustomer(), newAdmin(), newUpgradeCheck(), newUpgrade(), newRollback(),
		newService(), newStorage(), newVersion(), newDocuments(),
	)
}

// longRun gives the command for args when it is one that runs for long; nil otherwise. It stands alone, without the
// other commands and their help in memory.
func longRun(args []string) *cobra.Command {
	if len(args) == 0 {
		return nil
	}
	for name, command := range map[string]func() *cobra.Command{"serve": newServe, "hold": newHold} {
		if args[0] == name {
			root := rootOf(command())
			root.CompletionOptions.DisableDefaultCmd = true // the shell's completion asks the whole program
			return root
		}
	}
	return nil
}

func rootOf(commands ...*cobra.Command) *cobra.Command {
	root := &cobra.Command{
		Use:   "flowhq",
		Short: "WhatsApp bots for many small businesses on one server",
		Long: `Flow HQ turns one server into a WhatsApp bot appliance for many small businesses.

  flowhq serve        runs the appliance; its admin page is where businesses are made and linked
  flowhq doctor       says what is wrong with a configuration and what to do
  flowhq ps           shows the workers of the running appliance; flowhq top shows them live

Settings come from the environment and from the environment file (--env-file; /etc/flowhq/flowhq.env when installed,
.env in the working folder by hand). Exit status: 0 well, 1 failed, 2 wrong usage, 78 wrong configuration.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       appliance.Version,

		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return becomeServiceUser(cmd) },
	}
	root.SetVersionTemplate("flowhq {{.Version}}\n")
	root.PersistentFlags().String("env-file", "", "read settings from this file instead of the usual one")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(commands...)
	return root
}

// source is where a command's settings come from.
func source(cmd *cobra.Command) (config.Source, error) {
	file, err := cmd.Flags().GetString("env-file")
	if err != nil {
		return config.Source{}, err
	}
	return config.ThisProcess(file)
}

// exactly gives the check for a number of arguments, with an error that shows the right form.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError{fmt.Errorf("usage: %s", cmd.UseLine())}
		}
		return nil
	}
}

// exitCode says what went wrong, in plain words, and gives the status to end with.
func exitCode(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	if q, ok := errors.AsType[quietFailure](err); ok {
		return int(q)
	}
	if faults, ok := errors.AsType[config.Faults](err); ok {
		fmt.Fprintf(stderr, "The configuration is wrong:\n%s\n", indent(faults.Error()))
		return config.ExitCode
	}
	if usage, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(stderr, "%s\n`flowhq --help` tells more.\n", usage.Error())
		return exitUsage
	}
	if unknown, ok := errors.AsType[unknownCommand](err); ok {
		fmt.Fprintln(stderr, unknown.Error())
		return exitUsage
	}
	fmt.Fprintln(stderr, plain(err))
	return exitFailure
}

// plain gives the sentence of a domain error, and anything else as it is.
func plain(err error) string {
	if e, ok := errors.AsType[*flowhq.Error](err); ok {
		if prefix, found := strings.CutSuffix(err.Error(), e.Error()); found && prefix != "" {
			return prefix + locale.English(e)
		}
		return locale.English(e)
	}
	return err.Error()
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(text, "\n", "\n  ")
}
