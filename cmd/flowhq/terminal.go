package main

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// terminal is the screen and the keys of who watches.
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
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return 80, 24
	}
	return int(size.Col), int(size.Row)
}
