package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"flowhq/storage"
)

// progress tells how far something long is: on a terminal in one line that changes, elsewhere in a line now and then.
type progress struct {
	out      io.Writer
	terminal bool
	last     time.Time
	width    int
}

// lineEvery is how often progress that no terminal shows is told.
const lineEvery = 10 * time.Second

func newProgress(out io.Writer) *progress {
	return &progress{out: out, terminal: isTerminal(out), last: time.Now()}
}

func (p *progress) copying(c storage.CopyProgress) {
	text := fmt.Sprintf("%s %s", c.Phase, c.Table)
	if c.Total > 0 {
		text += fmt.Sprintf(": %d of %d rows (%d %%)", c.Done, c.Total, c.Done*100/c.Total)
	}
	if c.Left > 0 {
		text += ", " + c.Left.Round(time.Second).String() + " left"
	}
	p.say(text)
}

func (p *progress) say(text string) {
	now := time.Now()
	if p.terminal {
		fmt.Fprintf(p.out, "\r%s%s", text, strings.Repeat(" ", max(0, p.width-len(text))))
		p.width = len(text)
		return
	}
	if now.Sub(p.last) >= lineEvery {
		p.last = now
		fmt.Fprintln(p.out, text)
	}
}

// end leaves the line free for what follows.
func (p *progress) end() {
	if p.width > 0 {
		fmt.Fprintf(p.out, "\r%s\r", strings.Repeat(" ", p.width))
	}
}
