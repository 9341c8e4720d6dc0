package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flowhq/appliance/localapi"
)

// completePatience is how long a shell may be kept waiting after the tab key.
const completePatience = 2 * time.Second

// completeTenant offers businesses for the one argument: by name, and by id where the beginning of one was typed or two
// share a name. An appliance that does not run has nothing to offer; a shell's line is no place for an error.
func completeTenant(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	c, err := newClient(cmd)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completePatience)
	defer cancel()
	var names []localapi.WorkerName
	if err := c.call(ctx, http.MethodGet, "/local/names", &names); err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return offers(names, typed), cobra.ShellCompDirectiveNoFileComp
}

func offers(names []localapi.WorkerName, typed string) []string {
	times := make(map[string]int)
	for _, n := range names {
		times[strings.ToLower(n.Name)]++
	}
	var list []string
	for _, n := range names {
		name := clip(n.Name, 100)
		switch {
		case typed != "" && strings.HasPrefix(n.TenantID, strings.ToLower(typed)):
			list = append(list, cobra.CompletionWithDesc(n.TenantID, name))
		case typed != "" && strings.HasPrefix(strings.TrimPrefix(n.Number, "+"), strings.TrimPrefix(typed, "+")):
			number := n.Number
			if !strings.HasPrefix(typed, "+") {
				number = strings.TrimPrefix(number, "+")
			}
			list = append(list, cobra.CompletionWithDesc(number, name))
		case name != n.Name || times[strings.ToLower(name)] > 1: // a name that would not find it again
			if typed == "" {
				list = append(list, cobra.CompletionWithDesc(n.TenantID, name))
			}
		case strings.HasPrefix(name, typed):
			list = append(list, cobra.CompletionWithDesc(name, n.Number))
		}
	}
	return list
}
