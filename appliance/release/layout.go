package release

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	kept     = "kept"
	current  = "current"
	previous = "previous"
)

// Layout is the folder of one program's versions. Only one process may change it at a time: dpkg's lock and root's
// prompt see to that.
type Layout struct {
	Dir  string // absolute
	Name string // of the program's file
}

// Appliance is the layout of package flowhq.
func Appliance() Layout { return Layout{Dir: "/usr/lib/flowhq", Name: "flowhq"} }

// Engine is the layout of package flowhq-engine, the program of the workers.
func Engine() Layout { return Layout{Dir: "/usr/lib/flowhq-engine", Name: "flowhq-worker"} }

var versionForm = regexp.MustCompile(`^[0-9][A-Za-z0-9.+~:-]*$`)

func (l Layout) path(parts ...string) string {
	return filepath.Join(append([]string{l.Dir}, parts...)...)
}

// Program is the path of a kept version's program; it may not be there.
func (l Layout) Program(version string) string { return l.path(kept, version, l.Name) }

// InForce is the path by which everybody starts the program in force.
func (l Layout) InForce() string { return l.path(current, l.Name) }

// Current gives the version in force, "" before the first one is.
func (l Layout) Current() (string, error) { return l.read(current) }

// Previous gives the version that was in force before, "" where there is none.
func (l Layout) Previous() (string, error) { return l.read(previous) }

func (l Layout) read(link string) (string, error) {
	to, err := os.Readlink(l.path(link))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return filepath.Base(to), err
}

// Packaged gives the version whose files the package owns now, "" where there is none.
func (l Layout) Packaged() (string, error) {
	entries, err := os.ReadDir(l.path())
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if !e.IsDir() || e.Name() == kept || !versionForm.MatchString(e.Name()) {
			continue
		}
		if _, err := os.Stat(l.path(e.Name(), l.Name)); err == nil {
			return e.Name(), nil
		}
	}
	return "", nil
}

// PackagedAs gives the version of a program by its path when that is the package's own file of it, "" for any other.
func (l Layout) PackagedAs(path string) string {
	version := filepath.Base(filepath.Dir(path))
	if path != l.path(version, l.Name) || !versionForm.MatchString(version) {
		return ""
	}
	return version
}

// Keep makes the packaged version one that outlives its package. Kept already with the same content, it stays
// untouched, so that processes of the same bytes are seen to be the same program.
func (l Layout) Keep(version string) error {
	if !versionForm.MatchString(version) {
		return fmt.Errorf("%q is no version", version)
	}
	from, to := l.path(version, l.Name), l.Program(version)
	if same, err := sameContent(from, to); err != nil || same {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	fresh := to + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(from, fresh); err != nil {
		return err
	}
	return os.Rename(fresh, to)
}

// Switch puts a kept version in force. A machine that loses power meanwhile finds either the old or the new one whole.
func (l Layout) Switch(version string) error {
	if _, err := os.Stat(l.Program(version)); err != nil {
		return err
	}
	was, err := l.Current()
	if err != nil || was == version {
		return err
	}
	if was != "" {
		if err := l.point(previous, was); err != nil {
			return err
		}
	}
	return l.point(current, version)
}

// point makes a link name a kept version, in one step.
func (l Layout) point(link, version string) error {
	fresh := l.path("." + link + ".new")
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(filepath.Join(kept, version), fresh); err != nil {
		return err
	}
	return os.Rename(fresh, l.path(link))
}

// Prune removes kept versions that are neither in force nor the one before, and those that used names.
func (l Layout) Prune(used ...string) error {
	now, err := l.Current()
	if err != nil {
		return err
	}
	before, err := l.Previous()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(l.path(kept))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if v := e.Name(); v != now && v != before && !contains(used, v) {
			err = errors.Join(err, os.RemoveAll(l.path(kept, v)))
		}
	}
	return err
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// sameContent tells whether two files hold the same; a second one that is not there does not.
func sameContent(a, b string) (bool, error) {
	fa, err := os.Open(a)
	if err != nil {
		return false, err
	}
	defer func() { _ = fa.Close() }()
	fb, err := os.Open(b)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = fb.Close() }()
	ia, err := fa.Stat()
	if err != nil {
		return false, err
	}
	ib, err := fb.Stat()
	if err != nil || os.SameFile(ia, ib) || ia.Size() != ib.Size() {
		return err == nil && os.SameFile(ia, ib), err
	}
	bufA, bufB := make([]byte, 1<<20), make([]byte, 1<<20)
	for {
		n, errA := io.ReadFull(fa, bufA)
		m, errB := io.ReadFull(fb, bufB)
		if !bytes.Equal(bufA[:n], bufB[:m]) {
			return false, nil
		}
		if atEnd(errA) || atEnd(errB) {
			return atEnd(errA) && atEnd(errB), nil
		}
		if err := errors.Join(errA, errB); err != nil {
			return false, err
		}
	}
}

func atEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// VersionOf gives the version of a kept program by its path, "" for any other.
func (l Layout) VersionOf(path string) string {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(path, " (deleted)"), l.path(kept)+"/")
	version, file, _ := strings.Cut(rest, "/")
	if !ok || file != l.Name {
		return ""
	}
	return version
}
