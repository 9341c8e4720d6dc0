package procman_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"flowhq/procman"
)

// A process is described, started, read, and ended with all its descendants.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	dir, err := os.MkdirTemp("", "procman-example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()

	m, err := procman.New(procman.Config{StateDir: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	change, err := m.Set(procman.Spec{
		Name:    "greeter",
		Argv:    []string{"/bin/sh", "-c", "echo hello; exec sleep 60"},
		Restart: procman.RestartPolicy{Mode: procman.RestartOnFailure},
		Stop:    procman.StopPolicy{Grace: 5 * time.Second},
		Memory:  procman.MemoryPolicy{Max: 64 << 20},
	})
	fmt.Println("set:", change.Kind, err)

	fmt.Println("start:", m.Start(ctx, "greeter"))
	status, _ := m.Status("greeter")
	fmt.Println("state:", status.State)

	// Stop returns when no member of the tree is alive and its output is in the file.
	fmt.Println("stop:", m.Stop(ctx, "greeter"))
	status, _ = m.Status("greeter")
	fmt.Println("state:", status.State)
	fmt.Println("shutdown:", m.Shutdown(ctx))
	// Output:
	// set: added <nil>
	// start: <nil>
	// state: running
	// stop: <nil>
	// state: stopped
	// shutdown: <nil>
}
