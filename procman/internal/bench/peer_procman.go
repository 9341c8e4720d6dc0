package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"flowhq/procman"
)

// ours is procman in a process of its own.
type ours struct {
	daemon
	label  string
	exe    string // its program
	cgroup string // parent folder, or empty for no groups
	root   string
	state  string
	cfg    managerConfig
	in     io.WriteCloser
	out    *bufio.Reader
	hello  string
	edit   func(*managerConfig) // changes what up writes; may be nil
}

func (p *ours) name() string { return p.label }

// tree names what this was built from; the linker sets it.
var tree = "this tree"

func (p *ours) version() string { return tree }

// The two ways in which procman is measured.
const (
	labelGroups = "procman"
	labelPlain  = "procman without groups"
)

func (p *ours) up(dir string, jobs []job) error {
	p.dir = dir
	var err error
	if p.state, err = os.MkdirTemp(runtimeDir(), "procman-bench-state-"); err != nil {
		return err
	}
	if p.cgroup != "" {
		p.root = filepath.Join(p.cgroup, fmt.Sprintf("procman-bench-%d", os.Getpid()))
		if err := os.MkdirAll(p.root, 0o755); err != nil {
			return err
		}
	}
	p.cfg = managerConfig{StateDir: p.state, LogDir: filepath.Join(dir, "logs"), CgroupRoot: p.root}
	for _, j := range jobs {
		p.cfg.Specs = append(p.cfg.Specs, procman.Spec{
			Name: j.name, Argv: j.argv,
			Memory:  procman.MemoryPolicy{Max: int64(j.memoryMB) << 20, SoftRatio: -1},
			Stop:    procman.StopPolicy{Grace: j.grace},
			Output:  procman.OutputPolicy{MaxSizeMB: j.rotateMB},
			Restart: procman.RestartPolicy{ResetAfter: 300 * time.Millisecond},
		})
	}
	if p.edit != nil {
		p.edit(&p.cfg)
	}
	text, err := json.Marshal(p.cfg)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o600); err != nil {
		return err
	}
	return p.again()
}

func (p *ours) again() error {
	var err error
	p.cmd = exec.Command(p.exe, "manager", filepath.Join(p.dir, "config.json"))
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.out = bufio.NewReader(out)
	p.hello, err = p.out.ReadString('\n')
	return err
}

func (p *ours) ask(line string) (answer string, err error) {
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		return "", err
	}
	return p.out.ReadString('\n')
}

func (p *ours) order(line string) error {
	answer, err := p.ask(line)
	if err == nil && strings.HasPrefix(answer, "error") {
		err = fmt.Errorf("%s: %s", line, answer)
	}
	return err
}

func (p *ours) stop(name string) error { return p.order("stop " + name) }
func (p *ours) stopAll() error         { return p.order("stop-all") }

func (p *ours) down() {
	if p.cmd != nil {
		_ = p.order("quit")
		p.reap(20 * time.Second)
	}
	_ = os.RemoveAll(p.state)
	if p.root != "" {
		_ = os.Remove(p.root)
	}
}

// runtimeDir is where state belongs that does not outlive a boot: a tmpfs.
func runtimeDir() string {
	for _, dir := range []string{os.Getenv("XDG_RUNTIME_DIR"), "/run", "/dev/shm"} {
		var fs unix.Statfs_t
		if dir != "" && unix.Statfs(dir, &fs) == nil && fs.Type == unix.TMPFS_MAGIC &&
			unix.Access(dir, unix.W_OK) == nil {
			return dir
		}
	}
	return os.TempDir()
}

func (p *ours) logs(name string) []string {
	logs := filepath.Join(p.dir, "logs")
	return byTime(filepath.Join(logs, name+"-*.log"), filepath.Join(logs, name+".log"))
}
