package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// guest is a booted Debian under systemd-nspawn with a network of its own, in which nothing leads outside.
type guest struct {
	lab     *lab
	name    string
	root    string
	leader  int // its first process, as seen from here
	nspawn  *exec.Cmd
	remove  func()
	console bytes.Buffer
	ended   chan struct{} // closed when nspawn has ended
	endErr  error         // of nspawn, once ended is closed
}

// boot starts a guest and waits until it runs. share is seen there as /share.
func (l *lab) boot(ctx context.Context, suite, name, share string) (*guest, error) {
	root, remove, err := l.overlay(ctx, suite, name)
	if err != nil {
		return nil, err
	}
	g := &guest{lab: l, name: fmt.Sprintf("fhq%d-%s", os.Getpid(), name), root: root, remove: remove}
	if err := g.start(ctx, share); err != nil {
		g.stop()
		return nil, err
	}
	return g, nil
}

// groupTrees are the hierarchies in which nspawn makes groups, as far as the machine has them.
func groupTrees() []string {
	var trees []string
	for _, dir := range []string{"/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(dir); err == nil {
			trees = append(trees, dir)
		}
	}
	if len(trees) == 0 {
		trees = []string{"/sys/fs/cgroup"}
	}
	return trees
}

func (g *guest) start(ctx context.Context, share string) error {
	script := "set -eu\n"
	for _, tree := range groupTrees() {
		dir := filepath.Join(tree, g.name)
		script += fmt.Sprintf("mkdir -p %[1]s && echo $$ >%[1]s/cgroup.procs\n", dir)
	}
	args := []string{"-q", "--register=no", "--keep-unit", "--kill-signal=SIGRTMIN+3", "--private-network", "-D",
		g.root, "-M", g.name, "--console=read-only"}
	if share != "" {
		args = append(args, "--bind="+share+":/share")
	}
	script += "exec setsid systemd-nspawn " + strings.Join(args, " ") + " --boot\n"
	g.nspawn = exec.Command("sh", "-c", script)
	g.nspawn.Stdout, g.nspawn.Stderr = &g.console, &g.console
	if err := g.nspawn.Start(); err != nil {
		return err
	}
	g.ended = make(chan struct{})
	go func() {
		g.endErr = g.nspawn.Wait()
		close(g.ended)
	}()
	if err := g.findLeader(ctx); err != nil {
		return err
	}
	return g.until(ctx, 60*time.Second, "the guest runs",
		`s=$(systemctl is-system-running) || true; [ "$s" = running ] || [ "$s" = degraded ]`)
}

// findLeader waits for the guest's first process.
func (g *guest) findLeader(ctx context.Context) error {
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		out, _ := exec.CommandContext(ctx, "pgrep", "-P", strconv.Itoa(g.nspawn.Process.Pid)).Output()
		for _, field := range strings.Fields(string(out)) {
			comm, _ := os.ReadFile("/proc/" + field + "/comm")
			if strings.TrimSpace(string(comm)) == "systemd" {
				g.leader, _ = strconv.Atoi(field)
				return nil
			}
		}
		select {
		case <-g.ended:
			return fmt.Errorf("the guest did not boot: %w\n%s", g.endErr, g.console.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return errors.New("the guest did not boot in time")
}

// stop powers the guest off and removes everything of it.
func (g *guest) stop() {
	if g.nspawn != nil && g.nspawn.Process != nil {
		_ = g.nspawn.Process.Signal(os.Interrupt)
		_ = exec.Command("kill", "-TERM", strconv.Itoa(g.nspawn.Process.Pid)).Run()
		select {
		case <-g.ended:
		case <-time.After(40 * time.Second):
			_ = g.nspawn.Process.Kill()
			<-g.ended
		}
	}
	for _, tree := range groupTrees() {
		_ = exec.Command("find", filepath.Join(tree, g.name), "-depth", "-type", "d", "-exec", "rmdir", "{}", "+").Run()
	}
	if g.remove != nil {
		g.remove()
	}
}

// run runs a shell script in the guest and gives what it printed. Any command in it that fails ends it.
func (g *guest) run(ctx context.Context, script string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cmd := g.command(ctx, "bash", "-eu", "-c", script)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%w in the guest\n--- script\n%s\n--- output\n%s", err, strings.TrimSpace(script),
			out.String())
	}
	return strings.TrimSpace(out.String()), err
}

func (g *guest) command(ctx context.Context, args ...string) *exec.Cmd {
	all := append([]string{
		"-t", strconv.Itoa(g.leader), "-a", "env", "-i",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
		"DEBIAN_FRONTEND=noninteractive", "LANG=C.UTF-8", "TERM=dumb",
	}, args...)
	cmd := exec.CommandContext(ctx, "nsenter", all...)
	return cmd
}

// until runs a script again and again until it succeeds.
func (g *guest) until(ctx context.Context, patience time.Duration, what, script string) error {
	deadline := time.Now().Add(patience)
	for {
		out, err := g.run(ctx, script)
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			journal, _ := g.run(ctx, "journalctl -q --no-pager -n 40 -u 'flowhq*' || true")
			return fmt.Errorf("%s did not come true within %s: %s\n%w\n--- journal\n%s", what, patience, out, err,
				journal)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// step runs a script that must succeed, and prints what that shows.
func (g *guest) step(ctx context.Context, what, script string) error {
	start := time.Now()
	if _, err := g.run(ctx, script); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	fmt.Printf("   ok  %-74s %6.1f s\n", what, time.Since(start).Seconds())
	return nil
}
