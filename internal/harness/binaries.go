package harness

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Binaries are the built programs. The appliance finds its workers' program beside its own.
type Binaries struct{ Flowhq, Worker, Wasim string }

// Build builds all programs into dir; with race, under the race detector (which needs a C compiler).
func Build(ctx context.Context, dir string, race bool) (Binaries, error) {
	b := Binaries{Flowhq: filepath.Join(dir, "flowhq"), Worker: filepath.Join(dir, "flowhq-worker"),
		Wasim: filepath.Join(dir, "wasim")}
	for path, pkg := range map[string]string{b.Flowhq: "flowhq/cmd/flowhq", b.Worker: "flowhq/cmd/flowhq-worker",
		b.Wasim: "flowhq/cmd/wasim"} {
		args := []string{"build", "-o", path, pkg}
		cgo := "CGO_ENABLED=0"
		if race {
			args = []string{"build", "-race", "-o", path, pkg}
			cgo = "CGO_ENABLED=1"
		}
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Env = append(os.Environ(), cgo)
		if out, err := cmd.CombinedOutput(); err != nil {
			return Binaries{}, fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	}
	return b, nil
}
