package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance/localapi"
	"flowhq/procman"
)

// eventsEvery is how often --follow looks for something new.
const eventsEvery = time.Second

func newEvents() *cobra.Command {
	var limit int
	var follow bool
	cmd := &cobra.Command{
		Use:   "events [TENANT]",
		Short: "Print what happened to a business, or to all workers",
		Long: `Prints what happened to a business and its worker, with causes, oldest first. Without a business:
what happened to the processes of all workers since the appliance came up. With --follow also what
comes, until Ctrl-C.` + tenantHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("usage: %s", cmd.UseLine())}
			}
			return nil
		},
		ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 1 {
				return usageError{errors.New("--limit: at least 1")}
			}
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			look := allEvents(c, cmd.OutOrStdout(), limit)
			if len(args) == 1 {
				look = tenantEvents(c, cmd.OutOrStdout(), args[0], limit)
			}
			return again(cmd.Context(), follow, look)
		},
	}
	cmd.Flags().IntVarP(&limit, "limit", "n", flowhq.DefaultLimit, "how many of the latest, 1 to 1000")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on printing what comes")
	return cmd
}

// again calls look once or, to follow, every second until the user has had enough.
func again(ctx context.Context, follow bool, look func(context.Context) error) error {
	for {
		err := look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil || !follow {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(eventsEvery):
		}
	}
}

// tenantEvents gives a look that prints what of a business's time line was not printed before.
func tenantEvents(c *client, out io.Writer, tenant string, limit int) func(context.Context) error {
	printed := make(map[string]bool)
	return func(ctx context.Context) error {
		var events []flowhq.TenantEvent
		if err := c.of(ctx, adminArea, tenant, http.MethodGet, fmt.Sprintf("/events?limit=%d", limit),
			&events); err != nil {
			return err
		}
		now := make(map[string]bool, len(events))
		for _, e := range slices.Backward(events) {
			if now[e.ID] = true; !printed[e.ID] {
				fmt.Fprintf(out, "%s  %-8s  %s\n", e.CreatedAt.UTC().Format(time.RFC3339), e.Type, clip(e.Detail, 1000))
			}
		}
		printed = now
		return nil
	}
}

// allEvents gives a look that prints what happened to workers since the one before.
func allEvents(c *client, out io.Writer, limit int) func(context.Context) error {
	last := uint64(0)
	return func(ctx context.Context) error {
		var events []localapi.WorkerEvent
		if err := c.call(ctx, http.MethodGet, fmt.Sprintf("/local/process-events?after=%d&limit=%d", last, limit),
			&events); err != nil {
			return err
		}
		for _, e := range events {
			last = max(last, e.Seq)
			fmt.Fprintln(out, eventLine(e))
		}
		return nil
	}
}

func eventLine(e localapi.WorkerEvent) string {
	words := []string{string(e.Type)}
	if e.Type == procman.EventState {
		words = []string{fmt.Sprintf("%s → %s", cmp.Or(string(e.From), "-"), e.To)}
	}
	if e.Cause != "" {
		words = append(words, string(e.Cause))
	}
	if e.Pid != 0 {
		words = append(words, fmt.Sprintf("pid %d", e.Pid))
	}
	if e.Detail != "" {
		words = append(words, clip(e.Detail, 500))
	}
	return fmt.Sprintf("%s  %s  %-20s  %s", e.Time.UTC().Format(time.RFC3339), short(e.TenantID),
		clip(cmp.Or(e.Name, "(removed)"), 20), strings.Join(words, ", "))
}
