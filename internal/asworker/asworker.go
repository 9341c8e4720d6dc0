// Package asworker lets a test program be the program of its own workers: it is linked as flowhq-worker beside itself,
// which is where an appliance looks for it.
package asworker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"flowhq/wire"
)

const name = "flowhq-worker"

// Main ends the process with the status of work when it was started as a worker; else it does nothing. Asked for the
// versions of the protocol, it answers as flowhq-worker does.
func Main(work func() int) {
	if filepath.Base(os.Args[0]) != name {
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "--protocol" {
		fmt.Println(wire.OldestProtocol, wire.Protocol)
		os.Exit(0)
	}
	os.Exit(work())
}

// Link puts the link beside the test program; remove takes it away.
func Link() (remove func(), err error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(filepath.Dir(exe), name)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return func() { _ = os.Remove(path) }, os.Symlink(filepath.Base(exe), path)
}
