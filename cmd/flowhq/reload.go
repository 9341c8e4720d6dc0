package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance/localapi"
)

// handOverPatience bounds how long the program that takes over may need until it answers.
const handOverPatience = 75 * time.Second

func newReload() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Let the running appliance read its settings afresh",
		Long: `Lets the running appliance read its settings afresh, as SIGHUP does, and says which changes need a
new start. Log level, limits and the workers' memory change at once. With --all the appliance starts
itself anew in place where that is needed: the same process, its workers go on, and the page is away
for about a second. Wrong settings change nothing.

When another version of the program is in force by now, the appliance hands over to it in the same way.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return runReload(cmd, all) },
	}
	cmd.Flags().BoolVar(&all, "all", false, "apply changes too that need a new start")
	return cmd
}

func runReload(cmd *cobra.Command, all bool) error {
	c, err := newClient(cmd)
	if err != nil {
		return err
	}
	var before localapi.Status
	if err := c.call(cmd.Context(), http.MethodGet, statusPath, &before); err != nil {
		return err
	}
	var done localapi.Reloaded
	if err := c.call(cmd.Context(), http.MethodPost, fmt.Sprintf("/v1/reload?all=%t", all), &done); err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	for _, w := range done.Warnings {
		fmt.Fprintln(out, "warning:", w)
	}
	if done.HandsOver != "" {
		return awaitHandOver(cmd, c, before)
	}
	fmt.Fprintln(out, "The settings were read afresh.")
	if len(done.NeedRestart) > 0 {
		fmt.Fprintln(out, "These changes need a new start (flowhq reload --all):", strings.Join(done.NeedRestart, ", "))
	}
	return nil
}

// awaitHandOver waits until the program that takes over answers.
func awaitHandOver(cmd *cobra.Command, c *client, before localapi.Status) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(cmd.Context(), handOverPatience)
	defer cancel()
	for ctx.Err() == nil {
		var now localapi.Status
		if err := c.call(ctx, http.MethodGet, statusPath, &now); err == nil && now.StartedAt.After(before.StartedAt) {
			fmt.Fprintf(cmd.OutOrStdout(), "Version %s took over from %s within %s.\n", now.Version, before.Version,
				time.Since(began).Round(10*time.Millisecond))
			return nil
		}
		if gone(before.PID) {
			return flowhq.Errorf(flowhq.CodeUnavailable,
				"The program that was to take over ended. The log tells why: journalctl -u flowhq")
		}
		if pause(ctx, 20*time.Millisecond) != nil {
			break
		}
	}
	return flowhq.Errorf(flowhq.CodeUnavailable, "The program that was to take over does not answer after %s. The "+
		"log tells why: journalctl -u flowhq", handOverPatience)
}

// gone tells whether a process has ended; a hand-over keeps the process.
func gone(pid int) bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	return errors.Is(err, fs.ErrNotExist)
}
