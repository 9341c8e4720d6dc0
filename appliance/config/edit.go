package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Edit sets names in an environment file and leaves every other line, comments included, as it is; a value of "" takes
// the name out. What it sets is written once, where the name stood last or at the end. The file keeps its owner and
// mode, and is replaced in one step.
func Edit(path string, set map[string]string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	out, err := edited(string(text), set)
	if err != nil {
		return err
	}
	return replaceFile(path, []byte(out), info)
}

func edited(text string, set map[string]string) (string, error) {
	for name, value := range set {
		if strings.ContainsAny(value, "'\n\r") {
			return "", fmt.Errorf("%s: a value may hold no single quote and no line break", name)
		}
	}
	lines := strings.SplitAfter(text, "\n")
	last := lastLines(lines)
	var b strings.Builder
	done := make(map[string]bool)
	for i, line := range lines {
		name, _, err := parseLine(strings.TrimSpace(line))
		value, ours := set[name]
		switch {
		case err != nil || name == "" || !ours:
			b.WriteString(line)
		case last[name] == i && value != "":
			b.WriteString(setting(name, value))
			done[name] = true
		}
	}
	if s := b.String(); s != "" && !strings.HasSuffix(s, "\n") {
		b.WriteString("\n")
	}
	for _, name := range sortedKeys(set) {
		if !done[name] && set[name] != "" {
			b.WriteString(setting(name, set[name]))
		}
	}
	return b.String(), nil
}

// lastLines gives for each name the index of the last line that sets it: that one counts.
func lastLines(lines []string) map[string]int {
	last := make(map[string]int)
	for i, line := range lines {
		if name, _, err := parseLine(strings.TrimSpace(line)); err == nil && name != "" {
			last[name] = i
		}
	}
	return last
}

func setting(name, value string) string {
	if strings.ContainsAny(value, " \t#$\"\\`") {
		value = "'" + value + "'"
	}
	return name + "=" + value + "\n"
}

func replaceFile(path string, text []byte, like fs.FileInfo) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(text)
	if st, ok := like.Sys().(*syscall.Stat_t); ok {
		err = errors.Join(err, f.Chown(int(st.Uid), int(st.Gid)))
	}
	if err = errors.Join(err, f.Chmod(like.Mode().Perm()), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Create writes an environment file that is not there yet, with the mode and for the group given; one that is there is
// left alone and is fs.ErrExist. It is whole or not there at all.
func Create(path string, lines []string, mode fs.FileMode, gid int) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.WriteString(strings.Join(slices.Concat(lines, []string{""}), "\n"))
	if gid >= 0 {
		err = errors.Join(err, f.Chown(-1, gid))
	}
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path) // unlike a rename it never takes the place of another
}
