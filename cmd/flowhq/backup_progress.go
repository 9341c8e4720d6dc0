package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"flowhq/appliance/backup"
)

// backupProgress tells on standard error how far long work is: on a terminal a line that renews itself, elsewhere
// nothing, or a line now and then.
type backupProgress struct {
	out      io.Writer // nil: nobody looks
	terminal bool
	now      func() time.Time
	last     time.Time
	long     int
	pace     restPace
}

// newBackupProgress is for work that a timer may have asked for: it speaks to a terminal alone.
func newBackupProgress(cmd *cobra.Command) *backupProgress {
	p := newRestoreProgress(cmd)
	if !p.terminal {
		p.out = nil
	}
	return p
}

// newRestoreProgress is for work that somebody waits for.
func newRestoreProgress(cmd *cobra.Command) *backupProgress {
	out := cmd.ErrOrStderr()
	return &backupProgress{out: out, terminal: isTerminal(out), now: time.Now, last: time.Now()}
}

func (p *backupProgress) progress(at backup.Progress) {
	p.show(at.Phase, at.Done, at.Total, at.Current)
}

func (p *backupProgress) show(phase string, done, total int64, current string) {
	if p.out == nil {
		return
	}
	names := map[string]string{
		backup.PhaseTenants: "copying the folders of businesses", backup.PhaseRows: "rows of the database",
		backup.PhaseSending: "sending the backup to the appliance", backup.PhaseChecking: "checking the backup",
		backup.PhasePreparing: "looking over the folders of businesses", backup.PhaseIndexes: "making indexes",
		backup.PhaseFolders: "putting folders into place",
	}
	line := names[phase]
	if line == "" {
		line = "beginning"
	}
	count := func(n int64) string { return fmt.Sprint(n) }
	if phase == backup.PhaseSending || phase == backup.PhaseChecking {
		count = mebibytes
	}
	switch {
	case total > 0:
		line += fmt.Sprintf(": %s of %s (%d %%)", count(done), count(total), min(100, done*100/total))
	case done > 0:
		line += ": " + count(done)
	}
	if current != "" {
		line += " (" + clip(current, 40) + ")"
	}
	if left := p.pace.left(p.now(), phase, done, total); left > 0 {
		line += ", " + left.String() + " left"
	}
	p.line(line)
}

// restPace guesses how long a phase still takes, by how long it took so far.
type restPace struct {
	phase string
	began time.Time
	from  int64
}

// left gives whole seconds, 0 while nobody can tell.
func (r *restPace) left(now time.Time, phase string, done, total int64) time.Duration {
	if phase != r.phase || done < r.from {
		*r = restPace{phase, now, done}
	}
	spent, own := now.Sub(r.began), done-r.from
	if spent < time.Second || own <= 0 || total <= done {
		return 0
	}
	return time.Duration(float64(spent) * float64(total-done) / float64(own)).Round(time.Second)
}

func (p *backupProgress) bytes(n int64) { p.line(mebibytes(n) + " written") }

// How often a line is renewed on a terminal, and told elsewhere.
const showEvery, tellEvery = 200 * time.Millisecond, 10 * time.Second

func (p *backupProgress) line(text string) {
	every := showEvery
	if !p.terminal {
		every = tellEvery
	}
	if p.out == nil || p.now().Sub(p.last) < every {
		return
	}
	p.last = p.now()
	if !p.terminal {
		fmt.Fprintln(p.out, text)
		return
	}
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
