package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

func newDocuments() *cobra.Command {
	return &cobra.Command{
		Use:    "documents FOLDER",
		Short:  "Write manual pages and shell completions, for the package",
		Hidden: true,
		Args:   exactly(1),
		RunE:   func(cmd *cobra.Command, args []string) error { return writeDocuments(cmd.Root(), args[0]) },
	}
}

// writeDocuments writes man/*.1 for every command that people use, and completion/{bash,zsh,fish}.
func writeDocuments(root *cobra.Command, dir string) error {
	man, completion := filepath.Join(dir, "man"), filepath.Join(dir, "completion")
	if err := errors.Join(os.MkdirAll(man, 0o755), os.MkdirAll(completion, 0o755)); err != nil {
		return err
	}
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	for _, cmd := range described(root) {
		if err := os.WriteFile(filepath.Join(man, pageName(cmd)+".1"), []byte(manPage(cmd)), 0o644); err != nil {
			return err
		}
	}
	return errors.Join(
		root.GenBashCompletionFileV2(filepath.Join(completion, "bash"), true),
		root.GenZshCompletionFile(filepath.Join(completion, "zsh")),
		root.GenFishCompletionFile(filepath.Join(completion, "fish"), true),
	)
}

// described lists the commands that have a manual page: all that help lists, from the root down.
func described(cmd *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "completion" {
			list = append(list, described(sub)...)
		}
	}
	return list
}

// pageName is the name of a command's manual page: flowhq-admin-show-setup.
func pageName(cmd *cobra.Command) string {
	if !cmd.HasParent() {
		return cmd.Name()
	}
	return fmt.Sprintf("%s-%s", pageName(cmd.Parent()), cmd.Name())
}
