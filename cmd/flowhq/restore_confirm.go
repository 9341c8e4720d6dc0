package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"flowhq/appliance/localapi"
)

func newConfirm() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "confirm [TENANT]",
		Short: "Say that a restored business's device runs nowhere else",
		Long: `A business whose linked device came back from a backup is held back: the device may still run where
the backup was taken, and two on one device throw each other out for ever. Make sure that the other
server is off or the business deleted there; then confirm it here, and its worker runs again as it
did. Without TENANT, those that are held back are listed.` + tenantHelp,
		ValidArgsFunction: completeTenant,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("usage: %s", cmd.UseLine())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			switch {
			case all && len(args) > 0:
				return usageError{errors.New("name one business, or say --all")}
			case all:
				return c.confirmAll(cmd)
			case len(args) == 0:
				return c.listHeld(cmd)
			}
			return c.confirm(cmd, args[0])
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "all that are held back: the server that the backup was taken on is "+
		"off for good")
	return cmd
}

// heldBack is a business that is held back after a restore.
type heldBack struct {
	TenantID string    `json:"tenant_id"`
	Host     string    `json:"host"`
	TakenAt  time.Time `json:"taken_at"`
	Name     string    `json:"-"`
}

func (c *client) held(cmd *cobra.Command) (list []heldBack, err error) {
	var businesses []localapi.WorkerName
	if err := c.call(cmd.Context(), http.MethodGet, "/local/names", &businesses); err != nil {
		return nil, err
	}
	if err := c.call(cmd.Context(), http.MethodGet, "/admin/fences", &list); err != nil {
		return nil, err
	}
	names := make(map[string]string, len(businesses))
	for _, b := range businesses {
		names[b.TenantID] = b.Name
	}
	for i := range list {
		list[i].Name = names[list[i].TenantID]
	}
	return list, nil
}

func (c *client) listHeld(cmd *cobra.Command) error {
	list, err := c.held(cmd)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		fmt.Fprintln(cmd.OutOrStdout(), "No business is held back.")
		return nil
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TENANT\tNAME\tBACKUP OF\tTAKEN ON")
	for _, f := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", f.TenantID, clip(f.Name, 40), f.TakenAt.UTC().Format(time.RFC3339),
			clip(f.Host, 40))
	}
	return w.Flush()
}

func (c *client) confirm(cmd *cobra.Command, tenant string) error {
	t, err := c.find(cmd.Context(), tenant)
	if err != nil {
		return err
	}
	path := adminArea + url.PathEscape(t.TenantID) + "/fence/lift"
	if err := c.call(cmd.Context(), http.MethodPost, path, nil); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s is released.\n", clip(t.Name, 60))
	return nil
}

func (c *client) confirmAll(cmd *cobra.Command) error {
	list, err := c.held(cmd)
	if err != nil {
		return err
	}
	var failed []error
	for _, f := range list {
		if err := c.confirm(cmd, f.TenantID); err != nil {
			failed = append(failed, fmt.Errorf("%s: %s", clip(f.Name, 60), plain(err)))
		}
	}
	if len(list) == 0 {
		fmt.Fprintln(cmd.OutOrStdout(), "No business is held back.")
	}
	return errors.Join(failed...)
}
