package procman_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"flowhq/procman"
)

// managerMain is a whole manager in a process of its own: "manager DIR CGROUP
// SPECS". It prints a line of JSON about its processes when it is ready, answers
// "hello PID" on an address that it prints, hands itself over on SIGUSR1 and ends
// its processes on SIGTERM.
func managerMain(args []string) {
	in, err := procman.TakeOver()
	check(err)
	var specs []procman.Spec
	check(json.Unmarshal([]byte(args[2]), &specs))
	m, err := procman.New(procman.Config{StateDir: args[0], CgroupRoot: args[1], Inherited: in})
	check(err)
	for _, s := range specs {
		_, err := m.Set(s)
		check(err)
		check(m.Want(s.Name, true))
	}
	l := listener(in)
	go greet(l)
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, syscall.SIGTERM, syscall.SIGUSR1)
	for range time.Tick(5 * time.Millisecond) {
		if ready(m.List()) {
			break
		}
	}
	_ = json.NewEncoder(os.Stdout).Encode(hello{Pid: os.Getpid(), Address: l.Addr().String(), HandedOver: in != nil,
		Processes: m.List()})
	for s := range sig {
		if s == syscall.SIGTERM {
			break
		}
		file, err := l.(*net.TCPListener).File()
		check(err)
		signal.Ignore(syscall.SIGUSR1)
		check(m.Handover("/proc/self/exe", os.Args, os.Environ(), map[string]*os.File{"http": file}))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	check(m.Shutdown(ctx))
	os.Exit(0)
}

// hello is what a manager process says of itself.
type hello struct {
	Pid        int
	Address    string
	HandedOver bool
	Processes  []procman.Status
}

func ready(list []procman.Status) bool {
	for _, s := range list {
		if s.State != procman.StateRunning {
			return false
		}
	}
	return true
}

func listener(in *procman.Inherited) net.Listener {
	if in != nil {
		l, err := net.FileListener(in.Files["http"])
		check(err)
		_ = in.Files["http"].Close()
		return l
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	return l
}

func greet(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = fmt.Fprintf(c, "hello %d", os.Getpid())
		_ = c.Close()
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(70)
	}
}
