package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestDocuments(t *testing.T) {
	dir := t.TempDir()
	if _, bad, status := flowhqCmd(t.Context(), "documents", dir); status != 0 {
		t.Fatal(bad)
	}
	for _, page := range []string{"flowhq", "flowhq-serve", "flowhq-admin-show-setup", "flowhq-upgrade-check"} {
		text, err := os.ReadFile(filepath.Join(dir, "man", page+".1"))
		if err != nil || !strings.Contains(string(text), ".SH SYNOPSIS") {
			t.Errorf("%s: %v", page, err)
		}
	}
	if hidden, _ := filepath.Glob(filepath.Join(dir, "man", "flowhq-worker*")); len(hidden) > 0 {
		t.Errorf("commands that nobody types have pages: %q", hidden)
	}
	bash := filepath.Join(dir, "completion", "bash")
	if out, err := exec.Command("bash", "-n", bash).CombinedOutput(); err != nil {
		t.Errorf("the completion for bash: %v\n%s", err, out)
	}
	for _, shell := range []string{"zsh", "fish"} {
		text, err := os.ReadFile(filepath.Join(dir, "completion", shell))
		if err != nil || !strings.Contains(string(text), "flowhq") {
			t.Errorf("the completion for %s: %v", shell, err)
		}
	}
}

func TestManualPagesTakeTextAsText(t *testing.T) {
	got := paragraphs("One.\n\n  flowhq serve   runs it\n\n.so /etc/passwd\n'x' `y` a\\b\n")
	for _, want := range []string{"\\&.so /etc/passwd\n", "\\&'x' \\(gay\\(ga a\\eb\n",
		".nf\n  flowhq serve   runs it\n.fi\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}
