package harness

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Binaries are the built programs.
type Binaries struct{ Flowhq, Wasim string }

// Build builds both programs into dir; with race, under the race detector (which needs a C compiler).
func Build(ctx context.Context, dir string, race bool) (Binaries, error) {
	b := Binaries{Flowhq: filepath.Join(dir, "flowhq"), Wasim: filepath.Join(dir, "wasim")}
	for path, pkg := range map[string]string{b.Flowhq: "flowhq/cmd/flowhq", b.Wasim: "flowhq/cmd/wasim"} {
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
