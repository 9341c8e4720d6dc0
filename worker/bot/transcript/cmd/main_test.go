package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestExitStatus(t *testing.T) {
	file := filepath.Join(t.TempDir(), "times.csv")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := run(nil); got != 2 {
		t.Errorf("without files: %d", got)
	}
	if got := run([]string{file}); got != 2 {
		t.Errorf("without the file: %d", got)
	}
	write("lang,text,date,time\nSW,kesho,2026-03-11,\n")
	if got := run([]string{file}); got != 0 {
		t.Errorf("when all pass: %d", got)
	}
	write("lang,text,date,time\nSW,kesho,2026-03-12,\n")
	if got := run([]string{file}); got != 1 {
		t.Errorf("when one fails: %d", got)
	}
}
