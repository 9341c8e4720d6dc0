package harness

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// LastOneProgram is the commit of the last version of which the appliance and its workers were one program: its worker
// is `flowhq worker`. It speaks version 1 of the protocol.
const LastOneProgram = "a61a67c"

// BuildLastOneProgram gives the path of the program of LastOneProgram. It is built from its commit, so a shallow clone
// is completed first; it is kept in the user's cache between runs.
func BuildLastOneProgram(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "flowhq-e2e", LastOneProgram+"-"+runtime.GOARCH)
	program := filepath.Join(dir, "flowhq")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	source, err := os.MkdirTemp(dir, "source-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(source) }()
	if err := extract(ctx, LastOneProgram, source); err != nil {
		return "", err
	}
	fresh := filepath.Join(source, "flowhq.new")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", fresh, "./cmd/flowhq")
	build.Dir, build.Env = source, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program of commit %s: %w\n%s", LastOneProgram, err, out)
	}
	return program, os.Rename(fresh, program)
}

// extract writes the files of a commit of this repository to dir.
func extract(ctx context.Context, commit, dir string) error {
	root, err := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return fmt.Errorf("commit %s is needed, and this is not a git clone: %w", commit, err)
	}
	top := string(root[:len(root)-1])
	if exec.CommandContext(ctx, "git", "-C", top, "cat-file", "-e", commit+"^{commit}").Run() != nil {
		out, err := exec.CommandContext(ctx, "git", "-C", top, "fetch", "--quiet", "--unshallow").CombinedOutput()
		if err != nil {
			return fmt.Errorf("commit %s, the version before, is not in this clone, and `git fetch --unshallow` "+
				"cannot bring it: %w\n%s", commit, err, out)
		}
	}
	archive := filepath.Join(dir, "source.tar")
	pack := exec.CommandContext(ctx, "git", "-C", top, "archive", "-o", archive, commit)
	if out, err := pack.CombinedOutput(); err != nil {
		return fmt.Errorf("git archive: %w\n%s", err, out)
	}
	if out, err := exec.CommandContext(ctx, "tar", "-xf", archive, "-C", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("tar: %w\n%s", err, out)
	}
	return os.Remove(archive)
}
