// Package child is the body of the processes that procman's tests and benches
// run under a manager: idle ones, crashing ones, ones that leak, fork, ignore
// signals and print numbered lines. It imports only
// the standard library and golang.org/x/sys, and is not part of the product.
package child

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Main does what args say and never returns. The first argument names the part:
//
//	idle                     prints "ready" and waits
//	ignore                   the same, deaf to SIGTERM and SIGINT
//	graceful [SIGNAL]        exits 0 on SIGTERM (or the signal of that number)
//	exit CODE [MILLISECONDS] exits after a while
//	env KEY                  prints the variable and waits
//	lines COUNT SIZE [DONE [GO]]  prints numbered lines (once there is a file GO), creates the file DONE, waits
//	stream TALLY             prints numbered lines without end, counts them in a file
//	parent HOW FILE NUMBER   starts "sleep NUMBER" (group, setsid), writes its pid
//	tick MILLISECONDS        prints a numbered line so often, for ever
//	leak MB_PER_SECOND       grows
//	hog MB                   holds so much and waits
//	fork HOW [then exit]     starts a grandchild (group, setsid, bare), prints its pid
//	chaos DIR NAME NUMBER    misbehaves by chance, see there
//	binary                   prints every byte value and a line of 10 MB
func Main(args []string) {
	part, rest := args[0], args[1:]
	f := parts()[part]
	if f == nil {
		fmt.Fprintf(os.Stderr, "no such part: %s\n", part)
		os.Exit(64)
	}
	f(rest)
	os.Exit(0)
}

func parts() map[string]func([]string) {
	return map[string]func([]string){
		"idle":     func([]string) { fmt.Println("ready"); wait() },
		"ignore":   ignore,
		"graceful": graceful,
		"exit":     exit,
		"env":      func(a []string) { fmt.Println(os.Getenv(a[0])); wait() },
		"lines":    lines,
		"stream":   stream,
		"parent":   parent,
		"tick":     tick,
		"leak":     leak,
		"hog":      hog,
		"fork":     fork,
		"binary":   allBytes,
		"chaos":    chaos,
	}
}

func wait() {
	for {
		time.Sleep(time.Hour)
	}
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(64)
	}
	return n
}

func ignore([]string) {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
	fmt.Println("ready")
	wait()
}

func graceful(a []string) {
	sig := syscall.SIGTERM
	if len(a) > 0 {
		sig = syscall.Signal(number(a[0]))
	}
	c := make(chan os.Signal, 1)
	signal.Notify(c, sig)
	fmt.Println("ready")
	<-c
	fmt.Println("bye")
}

func exit(a []string) {
	if len(a) > 1 {
		time.Sleep(time.Duration(number(a[1])) * time.Millisecond)
	}
	os.Exit(number(a[0]))
}

func lines(a []string) {
	count, size := number(a[0]), number(a[1])
	for len(a) > 3 {
		if _, err := os.Stat(a[3]); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	WriteLines(os.Stdout, 0, count, size)
	if len(a) > 2 {
		if err := os.WriteFile(a[2], nil, 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	wait()
}

// WriteLines writes the lines numbered from first, count of them, size bytes each.
func WriteLines(w io.Writer, first, count, size int) {
	out := bufio.NewWriterSize(w, 64<<10)
	fill := strings.Repeat("x", max(0, size-14))
	for i := range count {
		_, _ = fmt.Fprintf(out, "%012d %s\n", first+i, fill)
	}
	_ = out.Flush()
}

func tick(a []string) {
	pause := time.Duration(number(a[0])) * time.Millisecond
	for i := 0; ; i++ {
		fmt.Printf("%012d\n", i)
		time.Sleep(pause)
	}
}

func hold(mb int) []byte {
	b := make([]byte, mb<<20)
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
	return b
}

func leak(a []string) {
	debug.SetGCPercent(-1)
	fmt.Println("ready")
	rate := number(a[0])
	var kept [][]byte
	for {
		kept = append(kept, hold(1))
		time.Sleep(time.Second / time.Duration(rate))
		if len(kept) > 1<<20 {
			kept = nil
		}
	}
}

func hog(a []string) {
	defer runtime.KeepAlive(hold(number(a[0])))
	fmt.Println("ready")
	wait()
}

// stream writes a line at a time, so that the tally is never behind by more than one.
func stream(a []string) {
	c := openCounter(a[0])
	fill := strings.Repeat("s", 86)
	for {
		if _, err := fmt.Fprintf(os.Stdout, "%012d %s\n", c.value(), fill); err != nil {
			os.Exit(1)
		}
		c.add()
	}
}

func parent(a []string) {
	cmd := exec.Command("/bin/sleep", a[2])
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: a[0] == "setsid"}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(65)
	}
	if err := os.WriteFile(a[1], fmt.Appendf(nil, "%d\n", cmd.Process.Pid), 0o600); err != nil {
		os.Exit(65)
	}
	wait()
}

func fork(a []string) {
	cmd := exec.Command("/bin/sleep", "1000")
	switch a[0] {
	case "setsid":
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	case "bare":
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		cmd.Env = []string{}
	}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(65)
	}
	fmt.Println("grandchild", cmd.Process.Pid)
	if len(a) > 1 {
		time.Sleep(50 * time.Millisecond)
		os.Exit(3)
	}
	wait()
}

func allBytes([]string) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	_, _ = os.Stdout.Write(all)
	_, _ = os.Stdout.WriteString("\n" + strings.Repeat("L", 10<<20) + "\npartial")
	wait()
}
