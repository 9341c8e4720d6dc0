package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"flowhq/appliance/api"
)

func newCustomer() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "customer",
		Short: "Hand out or erase what is kept of one customer",
		Long: "Hands out or erases what is kept of one customer, who may ask for both. The customer is named by the " +
			"number, or by the chat's key.",
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCustomerExport(), newCustomerErase())
	return cmd
}

// customerPath gives the address of all that is kept of a customer.
func (c *client) customerPath(ctx context.Context, tenant, chat string) (string, error) {
	t, err := c.find(ctx, tenant)
	return adminArea + url.PathEscape(t.TenantID) + "/chats/" + url.PathEscape(chat) + "/data", err
}

func newCustomerExport() *cobra.Command {
	return &cobra.Command{
		Use: "export TENANT CUSTOMER", Short: "Print all that is kept of a customer",
		Long: "Prints everything that is kept of a customer as JSON: messages, requests, decisions, labels." +
			tenantHelp,
		Args: exactly(2), ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			path, err := c.customerPath(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			res, err := c.open(cmd.Context(), http.MethodGet, path)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			if _, err := io.Copy(cmd.OutOrStdout(), res.Body); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout())
			return nil
		},
	}
}

func newCustomerErase() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "erase TENANT CUSTOMER", Short: "Erase all that is kept of a customer",
		Long: `Erases everything that is kept of a customer, for good: messages, requests, decisions, and what the
bot remembers. The worker is restarted for it, which takes a moment. Backups that were taken before
hold the customer until they are outdated.` + tenantHelp,
		Args: exactly(2), ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes {
				return usageError{errors.New("this cannot be undone: say --yes to erase all that is kept of " +
					clip(args[1], 40))}
			}
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			path, err := c.customerPath(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			res, err := c.open(cmd.Context(), http.MethodDelete, path)
			if err != nil {
				return err
			}
			_ = res.Body.Close()
			rows := res.Header.Get(api.ErasedRows)
			fmt.Fprintf(cmd.OutOrStdout(), "Erased: %s rows, and what the bot remembered.\n", rows)
			return nil
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "erase; it cannot be undone")
	return cmd
}
