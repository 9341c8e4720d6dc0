package appliance

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"flowhq"
	"flowhq/appliance/release"
)

// engine is the program that workers run. Its file may be replaced at any time, by an upgrade of its package or by a build;
// what is started afterwards runs the new one.
type engine struct {
	path string   // may be a link to the version in force
	args []string // further arguments; only tests have some
}

// engineOf gives the engine that belongs to the appliance's own program: where the packages are installed the one in force,
// else the one beside that program.
func engineOf(exe string) engine {
	if l := release.Appliance(); l.VersionOf(exe) != "" || l.PackagedAs(exe) != "" {
		return engine{path: release.Engine().InForce()}
	}
	return engine{path: filepath.Join(filepath.Dir(exe), release.Engine().Name)}
}

func (e engine) command() []string { return append([]string{e.path}, e.args...) }

// build tells the engine's present program from others: the version, and the file's size and time for what was built between
// versions. The same package gives the same everywhere.
func (e engine) build() (string, error) {
	info, err := e.file()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s/%x.%x", e.version(), info.Size(), info.ModTime().Unix()), nil
}

// version is that of the engine's package; "dev" for one that no package brought.
func (e engine) version() string {
	if path, err := filepath.EvalSymlinks(e.path); err == nil {
		if v := release.Engine().VersionOf(path); v != "" {
			return v
		}
	}
	return "dev"
}

func (e engine) file() (os.FileInfo, error) {
	info, err := os.Stat(e.path)
	if err != nil {
		return nil, &flowhq.Error{
			Code: flowhq.CodeUnavailable, Cause: err,
			Message: "The program of the workers is missing: " + e.path + ". Install the package flowhq-engine, or put flowhq-worker beside flowhq.",
		}
	}
	return info, nil
}

// settled tells whether the program's file has been as it is for a moment: one that is being written is not started on purpose.
func (e engine) settled(now time.Time) bool {
	info, err := e.file()
	return err == nil && now.Sub(info.ModTime()) > engineSettles
}

// engineSettles is how old the engine's file must be before running workers are moved to it.
const engineSettles = 2 * time.Second
