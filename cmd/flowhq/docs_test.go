package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// Every command of ours that the documents give is one that there is, with flags that it has.
func TestCommandsOfTheDocuments(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "../../README.md")
	inline := regexp.MustCompile("`(?:sudo (?:-u flowhq )?)?(flowhq [a-z][^`]*)`")
	block := regexp.MustCompile(`(?m)^\s*(?:sudo (?:-u flowhq )?)?(flowhq [a-z].*)$`)
	fence := regexp.MustCompile("(?s)```sh\n(.*?)```")
	checked := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var commands []string
		for _, m := range inline.FindAllStringSubmatch(string(text), -1) {
			commands = append(commands, m[1])
		}
		for _, f := range fence.FindAllStringSubmatch(string(text), -1) {
			for _, m := range block.FindAllStringSubmatch(f[1], -1) {
				commands = append(commands, m[1])
			}
		}
		for _, c := range commands {
			checked++
			if err := understood(c); err != nil {
				t.Errorf("%s: %q: %v", filepath.Base(file), c, err)
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d commands were found", checked)
	}
}

// understood tells whether a command line finds its command and flags; it is not run.
func understood(line string) error {
	for _, end := range []string{"#", "|", ">", "2>", "&&", ";"} { // what the shell takes for itself
		line, _, _ = strings.Cut(line, end)
	}
	args := strings.Fields(strings.NewReplacer(`"`, "", "[", "", "]", "").Replace(line))[1:]
	cmd, rest, err := newRoot().Find(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); !errors.Is(err, pflag.ErrHelp) {
		return err
	}
	return nil
}
