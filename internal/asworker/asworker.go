// Package asworker lets a test program be the program of its own workers: it is linked as flowhq-worker beside itself, which is
// where an appliance looks for it.
package asworker

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

const name = "flowhq-worker"

// Called tells whether this process was started as a worker.
func Called() bool { return filepath.Base(os.Args[0]) == name }

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
