package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"flowhq"
)

// Directory is a folder with backups, for their owner alone.
type Directory struct{ Path string }

var _ Place = Directory{}

const partSuffix = ".part"

func (d Directory) String() string { return d.Path }

// Create writes beside the final name; what an earlier one left that was killed is removed.
func (d Directory) Create(_ context.Context, name string) (Upload, error) {
	if err := os.MkdirAll(d.Path, 0o700); err != nil {
		return nil, Explain(err, "the backup")
	}
	d.sweep()
	path := filepath.Join(d.Path, name)
	if _, err := os.Lstat(path); err == nil {
		return nil, flowhq.Errorf(flowhq.CodeConflict, "There is a backup of this second already: %s.", path)
	}
	f, err := os.OpenFile(path+partSuffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, flowhq.Errorf(flowhq.CodeConflict, "Another backup is being written to %s.", d.Path)
	}
	if err != nil {
		return nil, Explain(err, "the backup")
	}
	if err := giveToOwner(f, d.Path); err != nil {
		_ = f.Close()
		return nil, Explain(err, "the backup")
	}
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) // tells sweep that somebody is at it
	return &part{File: f, path: path}, nil
}

// sweep removes what backups left that did not end.
func (d Directory) sweep() {
	left, _ := filepath.Glob(filepath.Join(d.Path, "flowhq-*"+partSuffix))
	for _, path := range left {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.Remove(path)
		}
		_ = f.Close()
	}
}

// part is a backup that has not its name yet.
type part struct {
	*os.File
	path string
}

func (p *part) Commit() error {
	err := p.File.Sync()
	if err == nil {
		err = os.Rename(p.path+partSuffix, p.path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(p.path))
	}
	if err != nil {
		p.Abort()
		return Explain(err, "the backup")
	}
	return p.File.Close()
}

func (p *part) Abort() {
	_ = os.Remove(p.path + partSuffix)
	_ = p.File.Close()
}

func (d Directory) List(context.Context) ([]flowhq.Backup, error) {
	entries, err := os.ReadDir(d.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, Explain(err, "listing the backups")
	}
	var out []flowhq.Backup
	for _, e := range entries {
		b, ok := parseName(e.Name())
		info, err := e.Info()
		if !ok || err != nil || !info.Mode().IsRegular() {
			continue
		}
		b.Size = info.Size()
		out = append(out, b)
	}
	newestFirst(out)
	return out, nil
}

func newestFirst(list []flowhq.Backup) {
	slices.SortFunc(list, func(a, b flowhq.Backup) int {
		if c := b.TakenAt.Compare(a.TakenAt); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
}

func (d Directory) Open(_ context.Context, name string) (io.ReadCloser, error) {
	f, err := os.Open(filepath.Join(d.Path, filepath.Base(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, flowhq.Errorf(flowhq.CodeNotFound, "There is no backup %s in %s.", filepath.Base(name), d.Path)
	}
	if err != nil {
		return nil, Explain(err, "reading the backup")
	}
	return f, nil
}

func (d Directory) Remove(_ context.Context, name string) error {
	err := os.Remove(filepath.Join(d.Path, filepath.Base(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return Explain(err, "removing a backup")
}

// syncFolder makes names in a folder durable.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}

// giveToOwner gives a file that root has just made to whoever the folder belongs to: the appliance must be able to use
// it.
func giveToOwner(f *os.File, folder string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(folder)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return nil
	}
	return f.Chown(int(owner.Uid), int(owner.Gid))
}
