package main

import (
	"fmt"
	"io"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"flowhq/appliance/backup"
)

// backupProgress tells on standard error how far long work is: on a terminal a line that renews itself, elsewhere nothing.
type backupProgress struct {
	out  io.Writer // nil: nobody looks
	last time.Time
	long int
}

func newBackupProgress(cmd *cobra.Command) *backupProgress {
	p := &backupProgress{}
	if f, ok := cmd.ErrOrStderr().(interface{ Fd() uintptr }); ok && isatty.IsTerminal(f.Fd()) {
		p.out = cmd.ErrOrStderr()
	}
	return p
}

func (p *backupProgress) progress(at backup.Progress) {
	p.show(at.Phase, at.Done, at.Total, at.Current)
}

func (p *backupProgress) show(phase string, done, total int64, current string) {
	names := map[string]string{
		backup.PhaseTenants: "copying the folders of businesses", backup.PhaseRows: "rows of the database",
		backup.PhaseChecking: "checking the backup", backup.PhaseFolders: "putting folders into place",
	}
	line := names[phase]
	if line == "" {
		line = "beginning"
	}
	if total > 0 {
		line += fmt.Sprintf(": %d of %d", done, total)
	}
	if current != "" {
		line += " (" + clip(current, 40) + ")"
	}
	p.line(line)
}

func (p *backupProgress) bytes(n int64) { p.line(mebibytes(n) + " written") }

const showEvery = 200 * time.Millisecond

func (p *backupProgress) line(text string) {
	if p.out == nil || time.Since(p.last) < showEvery {
		return
	}
	p.last = time.Now()
	fmt.Fprintf(p.out, "\r%-*s", p.long, text)
	p.long = max(p.long, len(text))
}

// end clears the line.
func (p *backupProgress) end() {
	if p.out != nil && p.long > 0 {
		fmt.Fprintf(p.out, "\r%*s\r", p.long, "")
		p.long = 0
	}
}
