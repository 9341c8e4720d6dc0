package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// diskSize is how much a business's own disk holds: plenty for its databases, quickly filled.
const diskSize = "16m"

// disk is a small disk of a business's own.
type disk struct{ dir string }

func mountDisk(dir string) (*disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV,
		"size="+diskSize+",mode=0700"); err != nil {
		return nil, fmt.Errorf("mount a small disk on %s: %w (this needs root)", dir, err)
	}
	return &disk{dir}, nil
}

func (d *disk) filler() string { return filepath.Join(d.dir, "filler") }

// fill takes all the room that is left.
func (d *disk) fill() error {
	f, err := os.OpenFile(d.filler(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for block := make([]byte, 64<<10); len(block) > 0; {
		_, err := f.Write(block)
		switch {
		case errors.Is(err, syscall.ENOSPC):
			block = block[:len(block)/2] // and what is left in smaller pieces
		case err != nil && !errors.Is(err, io.ErrShortWrite):
			return err
		}
	}
	return nil
}

func (d *disk) free() error {
	err := os.Remove(d.filler())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (d *disk) unmount() error { return syscall.Unmount(d.dir, syscall.MNT_DETACH) }
