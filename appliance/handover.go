package appliance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"flowhq"
	"flowhq/appliance/host"
	"flowhq/appliance/release"
	"flowhq/appliance/website"
)

// ownProgram is the running program, whatever became of its file.
const ownProgram = "/proc/self/exe"

// leaveLimit bounds how long a hand-over waits for answers under way; whoever comes meanwhile waits for the next
// program, and the page is to be back within two seconds.
const leaveLimit = 1200 * time.Millisecond

// checkPatience bounds the check that another program does of itself.
const checkPatience = time.Minute

// successor gives the program that a reload would hand over to, "" when the running one is in force: of an installed
// appliance the version that the link current names, else whatever has taken the place of the program's file.
func (a *appliance) successor() string {
	path := a.exe
	if l := release.Appliance(); l.VersionOf(path) != "" {
		version, err := l.Current()
		if err != nil || version == "" {
			return ""
		}
		path = l.Program(version)
	}
	theirs, err := os.Stat(path)
	if err != nil {
		return ""
	}
	own, err := os.Stat(ownProgram)
	if err != nil || os.SameFile(own, theirs) {
		return ""
	}
	return path
}

// checkSuccessor lets another program look at itself, the settings and the database before anything is handed over to
// it.
func (a *appliance) checkSuccessor(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	args := []string{"upgrade-check", "--self"}
	if a.source.File != "" {
		args = append(args, "--env-file", a.source.File)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Env = a.source.Dir, a.source.Environ
	out, err := cmd.CombinedOutput()
	if err != nil {
		return flowhq.Errorf(flowhq.CodeConflict, "The program %s is not fit to take over; the running one "+
			"goes on.\n%s", path, RefusalOf(string(out), err))
	}
	return nil
}

// RefusalOf gives what a program that refused said was wrong, without what was well.
func RefusalOf(out string, err error) string {
	var lines []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, string(OK)+" ") &&
			!strings.HasPrefix(line, string(Warning)+" ") {
			lines = append(lines, strings.TrimSpace(strings.TrimPrefix(line, string(Problem)+" ")))
		}
	}
	if len(lines) == 0 {
		return fmt.Sprintf("It could not be run: %s.", err)
	}
	return strings.Join(lines, "\n")
}

// handOver replaces this program by another one in place: same process, the workers stay its children, the web socket
// stays open and keeps callers waiting for the moment that it takes. It does not return when all goes well. When the
// other program cannot be run at all, this one starts itself anew in the same way.
func (a *appliance) handOver(cancel context.CancelFunc, path string) error {
	a.log.Info("handing over", "to", path)
	host.TellSystemd(a.log.Logger, "STATUS=Handing over\n"+daemon.SdNotifyWatchdog)
	signal.Ignore(syscall.SIGHUP) // between the two programs nobody minds it, and it would end the process
	web, err := website.SocketFile(a.listener)
	if err != nil {
		return err
	}
	ctx, done := context.WithTimeout(context.Background(), leaveLimit)
	defer done()
	a.control.Finish(ctx)
	a.website.Leave(ctx)
	a.website.Close(ctx)
	cancel()
	a.closeRest()
	_ = a.log.Close()
	keep := map[string]*os.File{website.SocketName: web}
	err = a.manager.Handover(path, a.arguments(path), os.Environ(), keep)
	a.log.Error("the hand-over failed; this program goes on by starting itself anew", "error", err)
	err = errors.Join(err, a.manager.Handover(ownProgram, a.arguments(ownProgram), os.Environ(), keep))
	a.log.Error("nothing could be handed over; workers run on", "error", err)
	a.manager.Detach()
	_ = a.log.Close()
	return err
}

// arguments are this program's own, under the name that people know the next one by.
func (a *appliance) arguments(path string) []string {
	if path == ownProgram {
		path = a.exe
	}
	return append([]string{path}, os.Args[1:]...)
}
