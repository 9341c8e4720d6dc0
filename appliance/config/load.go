package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Where the environment file stands when nobody says otherwise.
const (
	InstalledFile = "/etc/flowhq/flowhq.env"
	HandFile      = ".env"
)

// Source says where a configuration comes from.
type Source struct {
	Environ   []string // of the process: os.Environ()
	File      string   // environment file that must be there; "": the usual place, where it may be missing
	Installed bool     // see InstalledAt
	Dir       string   // working folder, which relative paths start from

	// Checks are what other packages know of a setting, by its name; each is given the value and says what is wrong
	// with it.
	Checks map[string]func(value string) error
}

// InstalledAt tells whether a program at this path is installed for the whole machine, by the package or by hand; it
// then has its settings and folders where the package has them.
func InstalledAt(executable string) bool {
	for _, dir := range []string{"/usr/bin/", "/usr/lib/flowhq/", "/usr/local/bin/", "/opt/"} {
		if strings.HasPrefix(executable, dir) {
			return true
		}
	}
	return false
}

// ThisProcess is the source of the running program; file is what --env-file says, or "".
func ThisProcess(file string) (Source, error) {
	dir, err := os.Getwd()
	if err != nil {
		return Source{}, fmt.Errorf("working folder: %w", err)
	}
	exe, err := os.Executable()
	if err != nil {
		return Source{}, fmt.Errorf("own program: %w", err)
	}
	return Source{Environ: os.Environ(), File: file, Installed: InstalledAt(exe), Dir: dir}, nil
}

// Fault is one thing that is wrong. Name is that of the setting, or the path of the file.
type Fault struct{ Name, Message string }

// Faults is the error of a configuration that cannot be used: all of it at once.
type Faults []Fault

// Error gives one line for each fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.Name + ": " + one.Message
	}
	return strings.Join(lines, "\n")
}

// ExitCode is the exit status for a wrong configuration: EX_CONFIG of sysexits.h.
const ExitCode = 78

// loader gathers values and faults on the way from Source to Config.
type loader struct {
	src      Source
	file     string
	values   map[string]string
	faults   Faults
	warnings []string
}

func (l *loader) fault(name, format string, args ...any) {
	l.faults = append(l.faults, Fault{Name: name, Message: fmt.Sprintf(format, args...)})
}

func (l *loader) warn(format string, args ...any) {
	l.warnings = append(l.warnings, fmt.Sprintf(format, args...))
}

// Load reads and checks a configuration. A wrong one is Faults.
func Load(src Source) (*Config, error) {
	l := &loader{src: src}
	l.readFile()
	l.overlay(src.Environ)
	var s settings
	l.parse(&s)
	c := l.check(s)
	l.checkFurther(c)
	if len(l.faults) > 0 {
		slices.SortStableFunc(l.faults, func(a, b Fault) int { return position(a.Name) - position(b.Name) })
		return nil, l.faults
	}
	return c, nil
}

func (l *loader) readFile() {
	l.values = make(map[string]string)
	path, must := l.src.File, true
	if path == "" {
		path, must = filepath.Join(l.src.Dir, HandFile), false
		if l.src.Installed {
			path = InstalledFile
		}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(l.src.Dir, path)
	}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !must:
		return
	case errors.Is(err, fs.ErrNotExist):
		l.fault(path, "the environment file is not there")
		return
	case errors.Is(err, fs.ErrPermission):
		l.fault(path, "the environment file may not be read by this user")
		return
	case err != nil:
		l.fault(path, "the environment file cannot be read: %s", err)
		return
	}
	l.file = path
	values, wrong := parseFile(string(text))
	for _, err := range wrong {
		l.fault(path, "%s", err)
	}
	known := Names()
	for _, name := range sortedKeys(values) {
		if !slices.Contains(known, name) {
			l.warn("%s in %s is not known and changes nothing.", name, path)
		}
	}
	l.values = values
}

// overlay puts the process environment over the file. What is set to nothing counts as not set.
func (l *loader) overlay(environ []string) {
	known := Names()
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && slices.Contains(known, name) {
			l.values[name] = value
		}
	}
	for name, value := range l.values {
		if strings.TrimSpace(value) == "" {
			delete(l.values, name)
		}
	}
}

// parse turns texts into types; what cannot be read keeps its default, so that the checks that follow do not report it
// a second time.
func (l *loader) parse(s *settings) {
	options := env.Options{Environment: l.values}
	err := env.ParseWithOptions(s, options)
	all, ok := errors.AsType[env.AggregateError](err)
	if err == nil {
		return
	}
	if !ok {
		l.fault("environment", "%s", err)
		return
	}
	for _, one := range all.Errors {
		parse, ok := errors.AsType[env.ParseError](one)
		if !ok {
			l.fault("environment", "%s", one)
			continue
		}
		name := nameOf(parse.Name)
		l.fault(name, "%s", parse.Err)
		delete(l.values, name)
	}
	*s = settings{}
	_ = env.ParseWithOptions(s, options) // what was wrong is gone
}

// Names lists every name that the product reads, in the order of .env.example.
func Names() []string {
	t := reflect.TypeFor[settings]()
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("env")
	}
	return names
}

func nameOf(field string) string {
	if f, ok := reflect.TypeFor[settings]().FieldByName(field); ok {
		return f.Tag.Get("env")
	}
	return field
}

// position orders faults as the names stand; those of the file come first.
func position(name string) int { return slices.Index(Names(), name) }

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
