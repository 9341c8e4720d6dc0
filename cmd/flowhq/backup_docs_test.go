package main

import (
	"os"
	"strings"
	"testing"
)

// Every command that docs/backup.md shows exists, with its options and so many arguments.
func TestDocumentedBackupCommands(t *testing.T) {
	text, err := os.ReadFile("../../docs/backup.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		command, ok := strings.CutPrefix(strings.TrimSpace(line), "flowhq ")
		if !ok || !strings.HasPrefix(line, "    ") {
			continue
		}
		n++
		args := words(command)
		cmd, rest, err := newRoot().Find(args)
		if err != nil {
			t.Errorf("flowhq %s: %v", command, err)
			continue
		}
		if err := cmd.ParseFlags(rest); err != nil {
			t.Errorf("flowhq %s: %v", command, err)
			continue
		}
		if err := cmd.Args(cmd, cmd.Flags().Args()); err != nil {
			t.Errorf("flowhq %s: %v", command, err)
		}
	}
	if n < 12 {
		t.Errorf("only %d commands were found", n)
	}
}

// words splits a command line at blanks outside of double quotes.
func words(line string) []string {
	quoted := false
	return strings.FieldsFunc(strings.TrimSpace(line), func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}
