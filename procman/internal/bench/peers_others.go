package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pm2 is PM2, the process manager of Node.js.
type pm2 struct {
	dir, script string
	env         []string
}

func (p *pm2) name() string { return "PM2" }

func (p *pm2) version() string {
	out, _ := exec.Command("node", p.script, "--version").Output()
	f := strings.Fields(string(out))
	if len(f) == 0 {
		return "?"
	}
	return f[len(f)-1]
}

func (p *pm2) command(args ...string) error {
	_, err := run(context.Background(), p.env, append([]string{"node", p.script}, args...)...)
	return err
}

func (p *pm2) up(dir string, jobs []job) error {
	p.dir = dir
	p.env = []string{"PM2_HOME=" + filepath.Join(dir, "pm2"), "PM2_DISABLE_VERSION_CHECK=true"}
	var apps []map[string]any
	for _, j := range jobs {
		app := map[string]any{
			"name": j.name, "script": j.argv[0], "args": j.argv[1:], "interpreter": "none", "cwd": dir,
			"out_file": filepath.Join(dir, j.name+".log"), "error_file": "/dev/null", "merge_logs": true,
		}
		if j.memoryMB > 0 {
			app["max_memory_restart"] = fmt.Sprintf("%dM", j.memoryMB)
		}
		apps = append(apps, app)
	}
	text, err := json.Marshal(map[string]any{"apps": apps})
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "ecosystem.config.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	if err := p.command("start", file); err != nil {
		return err
	}
	return p.command("save")
}

func (p *pm2) stop(name string) error { return p.command("stop", name) }
func (p *pm2) stopAll() error         { return p.command("stop", "all") }
func (p *pm2) again() error           { return p.command("resurrect") }
func (p *pm2) down()                  { _ = p.command("kill") }

func (p *pm2) main() int {
	b, _ := os.ReadFile(filepath.Join(p.dir, "pm2", "pm2.pid"))
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return pid
}

func (p *pm2) logs(name string) []string { return []string{filepath.Join(p.dir, name+".log")} }

// supervisord is the Python one.
type supervisord struct {
	daemon
	root string // of the unpacked package
}

func (p *supervisord) env() []string {
	return []string{"PYTHONPATH=" + filepath.Join(p.root, "usr/lib/python3/dist-packages")}
}

func (p *supervisord) argv(program string, args ...string) []string {
	return append([]string{"/usr/bin/python3", filepath.Join(p.root, "usr/bin", program), "-c",
		filepath.Join(p.dir, "conf")}, args...)
}

func (p *supervisord) name() string { return "supervisord" }

func (p *supervisord) version() string {
	out, _ := run(context.Background(), p.env(), "/usr/bin/python3", filepath.Join(p.root, "usr/bin/supervisord"),
		"--version")
	return strings.TrimSpace(out)
}

func (p *supervisord) up(dir string, jobs []job) error {
	p.dir = dir
	var b strings.Builder
	sock := filepath.Join(dir, "s")
	b.WriteString("[supervisord]\nnodaemon=true\nminfds=16384\nlogfile=/dev/null\nlogfile_maxbytes=0\n")
	fmt.Fprintf(&b, "pidfile=%s/pid\nchildlogdir=%s\n", dir, dir)
	fmt.Fprintf(&b, "[unix_http_server]\nfile=%s\n[supervisorctl]\nserverurl=unix://%s\n", sock, sock)
	b.WriteString("[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = " +
		"supervisor.rpcinterface:make_main_rpcinterface\n")
	for _, j := range jobs {
		fmt.Fprintf(&b, "[program:%s]\ncommand=%s\nautorestart=true\nredirect_stderr=true\nstdout_logfile=%s/%s.log\n",
			j.name, strings.Join(j.argv, " "), dir, j.name)
		if j.rotateMB > 0 {
			fmt.Fprintf(&b, "stdout_logfile_maxbytes=%dMB\nstdout_logfile_backups=50\n", j.rotateMB)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(b.String()), 0o600); err != nil {
		return err
	}
	return p.again()
}

func (p *supervisord) again() error { return p.launch(p.env(), p.argv("supervisord")...) }

func (p *supervisord) control(args ...string) error {
	_, err := run(context.Background(), p.env(), p.argv("supervisorctl", args...)...)
	return err
}

func (p *supervisord) stop(name string) error { return p.control("stop", name) }
func (p *supervisord) stopAll() error         { return p.control("stop", "all") }

func (p *supervisord) down() {
	p.tell(syscall.SIGTERM)
	p.reap(15 * time.Second)
}

func (p *supervisord) logs(name string) []string {
	last := filepath.Join(p.dir, name+".log")
	return byTime(last+".*", last)
}

// runit is runsvdir with a svlogd for each process.
type runit struct {
	daemon
	root string
}

func (p *runit) bin(name string) string { return filepath.Join(p.root, "usr/bin", name) }
func (p *runit) env() []string {
	return []string{"PATH=" + filepath.Join(p.root, "usr/bin") + ":" + os.Getenv("PATH")}
}
func (p *runit) name() string { return "runit" }

func (p *runit) version() string { return debVersion(p.root, "runit") }

func (p *runit) up(dir string, jobs []job) error {
	p.dir = dir
	for _, j := range jobs {
		sv := filepath.Join(dir, "sv", j.name)
		logs := filepath.Join(dir, "logs", j.name)
		size := ""
		if j.rotateMB > 0 {
			size = fmt.Sprintf("s%d\nn50\n", j.rotateMB<<20)
		}
		err := writeTree(map[string]string{
			filepath.Join(logs, "config"): size,
			sv + "/run":                   "#!/bin/sh\nexec 2>&1\nexec " + strings.Join(j.argv, " ") + "\n",
			sv + "/log/run":               "#!/bin/sh\nexec " + p.bin("svlogd") + " " + logs + "\n",
		})
		if err != nil {
			return err
		}
	}
	return p.again()
}

func (p *runit) again() error {
	return p.launch(p.env(), p.bin("runsvdir"), "-P", filepath.Join(p.dir, "sv"))
}

func (p *runit) control(verb string, names ...string) error {
	args := []string{p.bin("sv"), "-w", "20", verb}
	for _, n := range names {
		args = append(args, filepath.Join(p.dir, "sv", n))
	}
	_, err := run(context.Background(), p.env(), args...)
	return err
}

func (p *runit) stop(name string) error { return p.control("down", name) }

func (p *runit) stopAll() error { return p.control("down", subfolders(filepath.Join(p.dir, "sv"))...) }

func (p *runit) down() {
	p.tell(syscall.SIGHUP)
	p.reap(10 * time.Second)
}

func (p *runit) logs(name string) []string {
	d := filepath.Join(p.dir, "logs", name)
	return byTime(filepath.Join(d, "@*"), filepath.Join(d, "current"))
}

// s6 is s6-svscan with a s6-log for each process.
type s6 struct {
	daemon
	root string
}

func (p *s6) bin(name string) string { return filepath.Join(p.root, "usr/bin", name) }

func (p *s6) env() []string {
	return []string{
		"PATH=" + filepath.Join(p.root, "usr/bin") + ":" + filepath.Join(p.root, "bin") + ":" + os.Getenv("PATH"),
		"LD_LIBRARY_PATH=" + filepath.Join(p.root, "usr/lib/x86_64-linux-gnu") +
			":" + filepath.Join(p.root, "lib/x86_64-linux-gnu"),
	}
}

func (p *s6) name() string    { return "s6" }
func (p *s6) version() string { return debVersion(p.root, "s6") }

func (p *s6) up(dir string, jobs []job) error {
	p.dir = dir
	for _, j := range jobs {
		sv := filepath.Join(dir, "sv", j.name)
		logs := filepath.Join(dir, "logs", j.name)
		size := max(j.rotateMB, 1) << 20
		err := writeTree(map[string]string{
			sv + "/run": "#!/bin/sh\nexec 2>&1\nexec " + strings.Join(j.argv, " ") + "\n",
			sv + "/log/run": fmt.Sprintf("#!/bin/sh\nmkdir -p %s\nexec %s n50 s%d %s\n", filepath.Dir(logs),
				p.bin("s6-log"), size, logs),
		})
		if err != nil {
			return err
		}
	}
	return p.again()
}

func (p *s6) again() error {
	return p.launch(p.env(), p.inside("exec s6-svscan -c 4000 "+filepath.Join(p.dir, "sv"))...)
}

func (p *s6) stop(name string) error {
	down := p.inside("exec s6-svc -wD -T 20000 -d " + filepath.Join(p.dir, "sv", name))
	_, err := run(context.Background(), p.env(), down...)
	return err
}

func (p *s6) stopAll() error {
	sv := filepath.Join(p.dir, "sv")
	script := "for d in " + sv + "/*; do s6-svc -d $d; done; exec s6-svwait -D -t 60000 " + sv + "/*"
	_, err := run(context.Background(), p.env(), p.inside(script)...)
	return err
}

// inside runs a script where the package is laid over /usr, for it alone: s6
// knows its own programs by their paths there.
func (p *s6) inside(script string) []string {
	lay := fmt.Sprintf("mount -t overlay s6 -o lowerdir=%s/usr:/usr /usr && ", p.root)
	return []string{"/usr/bin/unshare", "-m", "/bin/sh", "-c", lay + script}
}

func (p *s6) down() {
	p.tell(syscall.SIGTERM)
	p.reap(10 * time.Second)
}

func (p *s6) logs(name string) []string {
	d := filepath.Join(p.dir, "logs", name)
	return byTime(filepath.Join(d, "@*"), filepath.Join(d, "current"))
}

func writeTree(files map[string]string) error {
	for path, text := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			return err
		}
	}
	return nil
}

func subfolders(dir string) []string {
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

var debRule = regexp.MustCompile(`_([^_]+)_[^_]+\.deb$`)

// debVersion reads the version from the package file that was unpacked.
func debVersion(root, pkg string) string {
	files, _ := filepath.Glob(filepath.Join(root, pkg+"_*.deb"))
	if len(files) == 0 {
		return "?"
	}
	if m := debRule.FindStringSubmatch(files[0]); m != nil {
		return strings.ReplaceAll(m[1], "%3a", ":")
	}
	return "?"
}
