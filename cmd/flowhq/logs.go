package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"flowhq/procman"
)

// logsOptions say what of a log is wanted.
type logsOptions struct {
	lines              int
	follow             bool
	grep               string
	regexp, ignoreCase bool
}

func newLogs() *cobra.Command {
	var o logsOptions
	cmd := &cobra.Command{
		Use:   "logs TENANT",
		Short: "Print what a worker logged",
		Long: `Prints the last lines of a worker's log; with --follow also what comes after, across rotations,
until Ctrl-C. With --grep it prints the newest lines that hold a text instead, of the current and
all rotated files, each with its file; the status is 1 when there is none.` + tenantHelp,
		Args:              exactly(1),
		ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			if o.grep != "" {
				return searchLogs(cmd, c, args[0], o)
			}
			return printLogs(cmd, c, args[0], o)
		},
	}
	cmd.Flags().IntVarP(&o.lines, "lines", "n", 100, "how many of the last lines")
	cmd.Flags().BoolVarP(&o.follow, "follow", "f", false, "go on printing what comes")
	cmd.Flags().StringVarP(&o.grep, "grep", "g", "", "print the lines that hold this text")
	cmd.Flags().BoolVarP(&o.regexp, "regexp", "E", false, "with --grep: the text is a regular expression (RE2)")
	cmd.Flags().BoolVarP(&o.ignoreCase, "ignore-case", "i", false, "with --grep: upper and lower case are the same")
	return cmd
}

func (o logsOptions) check() error {
	switch {
	case o.lines < 0:
		return usageError{errors.New("--lines must not be negative")}
	case o.grep == "" && (o.regexp || o.ignoreCase):
		return usageError{errors.New("--regexp and --ignore-case go with --grep")}
	case o.grep != "" && o.follow:
		return usageError{errors.New("--follow does not go with --grep; pipe it through grep --line-buffered")}
	}
	return nil
}

func printLogs(cmd *cobra.Command, c *client, tenant string, o logsOptions) error {
	t, err := c.find(cmd.Context(), tenant)
	if err != nil {
		return err
	}
	path := fmt.Sprintf("%s%s/log?lines=%d&follow=%t", localArea, t.TenantID, o.lines, o.follow)
	res, err := c.open(cmd.Context(), http.MethodGet, path)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(cmd.OutOrStdout(), res.Body)
	if cmd.Context().Err() != nil { // Ctrl-C is how one stops following
		return nil
	}
	return err
}

func searchLogs(cmd *cobra.Command, c *client, tenant string, o logsOptions) error {
	query := url.Values{
		"text": {o.grep}, "regexp": {strconv.FormatBool(o.regexp)}, "ignore_case": {strconv.FormatBool(o.ignoreCase)},
		"limit": {strconv.Itoa(o.lines)},
	}
	var found procman.Found
	if err := c.of(cmd.Context(), localArea, tenant, http.MethodGet, "/log/search?"+query.Encode(),
		&found); err != nil {
		return err
	}
	for _, m := range found.Matches {
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", filepath.Base(m.File), clip(m.Line, 4096))
	}
	if found.Truncated {
		fmt.Fprintf(cmd.ErrOrStderr(), "Older lines were left out; --lines asks for more than %d.\n", o.lines)
	}
	if len(found.Matches) == 0 {
		return quietFailure(exitFailure)
	}
	return nil
}
