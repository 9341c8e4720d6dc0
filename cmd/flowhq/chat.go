package main

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

func newTakeOver() *cobra.Command {
	return newChatAction("take-over", "Hand a chat to a human",
		"Makes the bot silent in one chat, until it is released or HANDOFF_HOURS are over.",
		"The bot is silent in the chat with %s.\n")
}

func newRelease() *cobra.Command {
	return newChatAction("release", "Hand a chat back to the bot",
		"Hands a chat that a human has back to the bot. The owner can do the same by writing #bot in that chat "+
			"on the phone.", "The bot has the chat with %s again.\n")
}

func newChatAction(action, short, long, done string) *cobra.Command {
	return &cobra.Command{
		Use: action + " TENANT CHAT", Short: short, Args: exactly(2), ValidArgsFunction: completeTenant,
		Long: long + tenantHelp + " The chat is named by the customer's number, like +255712345678, or as the " +
			"log shows it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			if err := c.of(cmd.Context(), adminArea, args[0], http.MethodPost,
				"/chats/"+url.PathEscape(args[1])+"/"+action, nil); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), done, args[1])
			return nil
		},
	}
}
