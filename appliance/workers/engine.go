package workers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"flowhq"
	"flowhq/appliance/release"
	"flowhq/wire"
)

// Engine is the program that workers run. Its file may be replaced at any time, by an upgrade of its package or by a
// build; what is started afterwards runs the new one.
type Engine struct {
	Path string   // may be a link to the version in force
	args []string // further arguments; only tests have some
}

// EngineOf gives the engine that belongs to the appliance's own program: where the packages are installed the one in
// force, else the one beside that program.
func EngineOf(exe string) Engine {
	if l := release.Appliance(); l.VersionOf(exe) != "" || l.PackagedAs(exe) != "" {
		return Engine{Path: release.Engine().InForce()}
	}
	return Engine{Path: filepath.Join(filepath.Dir(exe), release.Engine().Name)}
}

func (e Engine) command() []string { return append([]string{e.Path}, e.args...) }

// build tells the engine's present program from others: the version, and the file's size and time for what was built
// between versions. The same package gives the same everywhere.
func (e Engine) build() (string, error) {
	info, err := e.File()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s/%x.%x", e.Version(), info.Size(), info.ModTime().Unix()), nil
}

// Version is that of the engine's package; "dev" for one that no package brought.
func (e Engine) Version() string {
	if path, err := filepath.EvalSymlinks(e.Path); err == nil {
		if v := release.Engine().VersionOf(path); v != "" {
			return v
		}
	}
	return "dev"
}

// File looks at the engine's file. A missing one is CodeUnavailable.
func (e Engine) File() (os.FileInfo, error) {
	info, err := os.Stat(e.Path)
	if err != nil {
		return nil, &flowhq.Error{
			Code: flowhq.CodeUnavailable, Cause: err,
			Message: "The program of the workers is missing: " + e.Path +
				". Install the package flowhq-engine, or put flowhq-worker beside flowhq.",
		}
	}
	return info, nil
}

// settled tells whether the program's file has been as it is for a moment: one that is being written is not started on
// purpose.
func (e Engine) settled(now time.Time) bool {
	info, err := e.File()
	return err == nil && now.Sub(info.ModTime()) > engineSettles
}

// engineSettles is how old the engine's file must be before running workers are moved to it.
const engineSettles = 2 * time.Second

// enginePatience bounds how long an engine may take to say which versions of the protocol it speaks.
const enginePatience = 20 * time.Second

// CheckEngine tells whether the program at path is an engine that this appliance can talk to; an error says why not.
func CheckEngine(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, enginePatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--protocol")
	cmd.Dir, cmd.Env = "/", []string{}
	out, err := cmd.Output()
	if err != nil {
		return &flowhq.Error{Code: flowhq.CodeConflict,
			Message: fmt.Sprintf("The engine %s cannot be run: %v.", path, err), Cause: err}
	}
	var oldest, newest int
	if _, err := fmt.Sscan(string(out), &oldest, &newest); err != nil {
		return flowhq.Errorf(flowhq.CodeConflict, "The engine %s does not say which versions of the "+
			"protocol it speaks.", path)
	}
	if newest < wire.OldestProtocol || oldest > wire.Protocol {
		return flowhq.Errorf(flowhq.CodeConflict,
			"The engine %s speaks the versions %d to %d of the protocol, and this appliance the versions %d to %d. "+
				"Install a flowhq-engine that fits.",
			path, oldest, newest, wire.OldestProtocol, wire.Protocol)
	}
	return nil
}
