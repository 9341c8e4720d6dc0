package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// terminal is the screen and the keys of a person who watches. term.MakeRaw would take Ctrl-C away and change the
// output, so the keys are set up here.
type terminal struct {
	in     *os.File
	before *unix.Termios // what to go back to; nil where there are no keys
	keys   chan byte
}

// openTerminal has keys come one at a time, without echo, where in is a terminal. Ctrl-C still interrupts.
func openTerminal(in io.Reader) *terminal {
	t := &terminal{keys: make(chan byte)}
	f, ok := in.(*os.File)
	if !ok {
		return t
	}
	t.in = f
	state, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		return t
	}
	raw := *state
	raw.Lflag &^= unix.ICANON | unix.ECHO
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	if unix.IoctlSetTermios(int(t.in.Fd()), unix.TCSETS, &raw) != nil {
		return t
	}
	t.before = state
	go t.read() // ends with the program: nothing can interrupt a read of a terminal
	return t
}

func (t *terminal) read() {
	var b [1]byte
	for {
		if n, err := t.in.Read(b[:]); err != nil || n == 0 {
			return
		}
		t.keys <- b[0]
	}
}

func (t *terminal) close() {
	if t.before != nil {
		_ = unix.IoctlSetTermios(int(t.in.Fd()), unix.TCSETS, t.before)
	}
}

// screenSize of a terminal, 80 by 24 when it does not say.
func screenSize(f *os.File) (columns, rows int) {
	columns, rows, err := term.GetSize(int(f.Fd()))
	if err != nil || columns == 0 || rows == 0 {
		return 80, 24
	}
	return columns, rows
}

// isTerminal tells whether a person sits at the other end of an input or output.
func isTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// readPassword reads a line, from a terminal without showing it.
func readPassword(cmd *cobra.Command) (string, error) {
	if f, ok := cmd.InOrStdin().(*os.File); ok && isTerminal(f) {
		fmt.Fprint(cmd.ErrOrStderr(), "Admin password: ")
		line, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(cmd.ErrOrStderr())
		return string(line), err
	}
	var line string
	if _, err := fmt.Fscanln(cmd.InOrStdin(), &line); err != nil {
		return "", fmt.Errorf("no password on standard input: %w", err)
	}
	return line, nil
}
