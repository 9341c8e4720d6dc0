package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"flowhq/procman"
)

// managerConfig is what the bench writes for its own manager process.
type managerConfig struct {
	StateDir, LogDir, CgroupRoot string
	Store                        string // socket of a descriptor store, or empty
	Specs                        []procman.Spec
	Verbose                      bool
}

// managerMain is a procman manager in a process of its own: "manager CONFIG". It
// starts what the configuration names, says "ready", and obeys lines on standard
// input: start NAME, stop NAME, restart NAME, stop-all, stats, health, quit. Each is answered with one line.
func managerMain(args []string) {
	if err := runManager(args[0]); err != nil {
		fmt.Fprintln(os.Stderr, "bench manager:", err)
		os.Exit(1)
	}
}

func runManager(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var cfg managerConfig
	if err := json.Unmarshal(text, &cfg); err != nil {
		return err
	}
	pc := procman.Config{StateDir: cfg.StateDir, LogDir: cfg.LogDir, CgroupRoot: cfg.CgroupRoot}
	if cfg.Verbose {
		pc.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	if cfg.Store != "" {
		pc.PipeStore = procman.NewSystemdStore(cfg.Store)
	}
	begun := time.Now()
	m, err := procman.New(pc)
	if err != nil {
		return err
	}
	adopted := time.Since(begun)
	known := len(m.List())
	for _, s := range cfg.Specs {
		if _, err := m.Set(s); err != nil {
			return err
		}
	}
	cfg.Specs = nil
	for _, s := range m.List() {
		if err := m.Want(s.Name, true); err != nil {
			return err
		}
	}
	fmt.Printf("ready adopted %d in %d us\n", known, adopted.Microseconds())
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		answer, quit := obey(m, in.Text())
		fmt.Println(answer)
		if quit {
			return nil
		}
	}
	m.Detach()
	return in.Err()
}

func obey(m *procman.Manager, line string) (answer string, quit bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	verb, name, _ := strings.Cut(line, " ")
	var err error
	switch verb {
	case "start":
		err = m.Want(name, true)
	case "stop":
		err = m.Stop(ctx, name)
	case "stop-all":
		for _, s := range m.List() {
			err = m.Want(s.Name, false)
		}
		for _, s := range m.List() {
			err = m.Stop(ctx, s.Name)
		}
	case "stats":
		begun := time.Now()
		var all []procman.Stats
		all, err = m.AllStats(ctx, name == "pss")
		return fmt.Sprintf("%d measured in %v %v", len(all), time.Since(begun), err), false
	case "restart":
		err = m.Restart(ctx, name)
	case "health":
		fds, _ := os.ReadDir("/proc/self/fd")
		return fmt.Sprintf("%d %d", len(fds), runtime.NumGoroutine()), false
	case "quit":
		err, quit = m.Shutdown(ctx), true
	default:
		err = fmt.Errorf("unknown command %q", line)
	}
	if err != nil {
		return "error " + err.Error(), quit
	}
	return "ok", quit
}
