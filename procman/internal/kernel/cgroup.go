package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Root is a cgroup v2 folder in which the manager may make groups.
type Root struct {
	Path              string
	Memory, Pids, CPU bool // controllers that the groups get
}

// OpenRoot checks that path is a writable cgroup v2 folder with cgroup.kill
// (Linux 5.14), and enables its controllers for the groups.
func OpenRoot(path string) (*Root, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return nil, fmt.Errorf("cgroup folder %s: %w", path, err)
	}
	if fs.Type != unix.CGROUP2_SUPER_MAGIC {
		return nil, fmt.Errorf("%s is not on a cgroup v2 file system", path)
	}
	for _, c := range []string{"+memory", "+pids", "+cpu"} {
		// One by one: when one is missing, the others are still enabled.
		_ = writeFile(filepath.Join(path, "cgroup.subtree_control"), c)
	}
	r := &Root{Path: path}
	enabled, err := os.ReadFile(filepath.Join(path, "cgroup.subtree_control"))
	if err != nil {
		return nil, fmt.Errorf("cgroup folder %s: %w", path, err)
	}
	for _, c := range strings.Fields(string(enabled)) {
		switch c {
		case "memory":
			r.Memory = true
		case "pids":
			r.Pids = true
		case "cpu":
			r.CPU = true
		}
	}
	probe := r.Group(".procman-probe-" + strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(probe.Path, 0o755); err != nil {
		return nil, fmt.Errorf("cgroup folder %s: %w", path, err)
	}
	defer func() { _ = unix.Rmdir(probe.Path) }()
	if _, err := os.Stat(filepath.Join(probe.Path, "cgroup.kill")); err != nil {
		return nil, fmt.Errorf("cgroup folder %s: %w", path, err)
	}
	return r, nil
}

// Group is one cgroup, which may or may not exist.
type Group struct{ Path string }

// Group names a group of the root without making it.
func (r *Root) Group(name string) *Group { return &Group{Path: filepath.Join(r.Path, name)} }

// Groups lists the existing groups whose names start with prefix.
func (r *Root) Groups(prefix string) ([]string, error) {
	entries, err := os.ReadDir(r.Path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), prefix) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// GroupOf gives the path of a process's cgroup v2 group from the hierarchy's
// root (as this process sees it), "" when it has none or is gone.
func GroupOf(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if path, ok := strings.CutPrefix(line, "0::"); ok {
			return strings.TrimSpace(path)
		}
	}
	return ""
}

// Holds tells whether a path as GroupOf gives it is the group's or below it.
func (g *Group) Holds(path string) bool {
	for path != "" && path != "/" && path != "." {
		// Compared from the end, because the mount point of the hierarchy is not known.
		if strings.HasSuffix(g.Path, path) {
			return true
		}
		path = filepath.Dir(path)
	}
	return false
}

// Create makes the group. An empty one that is left over is removed first, so
// that its counters start at zero.
func (g *Group) Create() error {
	err := unix.Mkdir(g.Path, 0o755)
	if errors.Is(err, unix.EEXIST) {
		if err = g.Remove(); err != nil {
			return err
		}
		err = unix.Mkdir(g.Path, 0o755)
	}
	if err != nil {
		return fmt.Errorf("make group %s: %w", g.Path, err)
	}
	return nil
}

// Open gives a descriptor of the group's folder, to clone a process into.
func (g *Group) Open() (int, error) {
	return unix.Open(g.Path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
}

// Kill kills every process in the group and below, at once.
func (g *Group) Kill() error {
	err := g.Write("cgroup.kill", "1")
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

// Populated tells whether any process lives in the group or below. A group
// that does not exist is empty; one that cannot be read counts as populated.
func (g *Group) Populated() bool {
	var buf [256]byte
	n, err := readSmall(g.Path+"/cgroup.events", buf[:])
	if err != nil {
		return !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENODEV)
	}
	return !bytes.Contains(buf[:n], []byte("populated 0"))
}

// Pids lists the processes directly in the group.
func (g *Group) Pids() []int {
	b, err := os.ReadFile(filepath.Join(g.Path, "cgroup.procs"))
	if err != nil {
		return nil
	}
	var pids []int
	for _, s := range strings.Fields(string(b)) {
		if pid, err := strconv.Atoi(s); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Remove removes the empty group and the groups that its processes made in it.
func (g *Group) Remove() error {
	err := unix.Rmdir(g.Path)
	if err == nil || errors.Is(err, unix.ENOENT) {
		return nil
	}
	entries, rerr := os.ReadDir(g.Path)
	if rerr != nil {
		return fmt.Errorf("remove group %s: %w", g.Path, err)
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := (&Group{Path: filepath.Join(g.Path, e.Name())}).Remove(); err != nil {
				return err
			}
		}
	}
	if err := unix.Rmdir(g.Path); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("remove group %s: %w", g.Path, err)
	}
	return nil
}

// Write writes one of the group's files.
func (g *Group) Write(file, value string) error { return writeFile(g.Path+"/"+file, value) }

// Number reads a file that holds one number; "max" is -1.
func (g *Group) Number(file string) (int64, error) {
	var buf [64]byte
	n, err := readSmall(g.Path+"/"+file, buf[:])
	if err != nil {
		return 0, err
	}
	s := string(bytes.TrimSpace(buf[:n]))
	if s == "max" {
		return -1, nil
	}
	return strconv.ParseInt(s, 10, 64)
}

// Value reads one key of a file of "key number" lines; 0 when it is not there.
func (g *Group) Value(file, key string) int64 {
	var buf [4096]byte
	n, err := readSmall(g.Path+"/"+file, buf[:])
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(buf[:n]) {
		f := bytes.Fields(line)
		if len(f) == 2 && string(f[0]) == key {
			v, _ := strconv.ParseInt(string(f[1]), 10, 64)
			return v
		}
	}
	return 0
}

func writeFile(path, value string) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { _ = unix.Close(fd) }()
	if _, err := unix.Write(fd, []byte(value)); err != nil {
		return fmt.Errorf("write %q to %s: %w", value, path, err)
	}
	return nil
}
