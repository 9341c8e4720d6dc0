package procman_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"flowhq/procman"
)

// insideVar marks the test program that runs in a mount namespace of its own.
const insideVar = "PROCMAN_TEST_FULL_DISK"

// A full disk under output and state stops neither processes nor the manager:
// bytes are discarded, counted and reported, and the file says how many.
func TestFullDiskStopsNobody(t *testing.T) {
	if dir := os.Getenv(insideVar); dir != "" {
		fullDisk(t, dir)
		return
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestFullDiskStopsNobody$", "-test.v")
	cmd.Env = append(os.Environ(), insideVar+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func fullDisk(t *testing.T, dir string) {
	if err := syscall.Mount("small", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Fatalf("a test of a full disk needs a mount namespace: %v", err)
	}
	m := open(t, procman.Config{StateDir: filepath.Join(dir, "state"), LogDir: filepath.Join(dir, "logs")})
	sub := m.Subscribe(1000)
	defer sub.Close()
	a := start(t, m, childSpec(t, "a", "tick", "1"))
	output(t, m, "a", "000000000020\n")
	filler := fill(t, filepath.Join(dir, "filler"))

	eventually(t, "the loss", func() bool { return status(t, m, "a").Discarded > 0 })
	wantOutputEvent(t, sub, "output is discarded: the file cannot be written: ")
	// The manager does its work, though it can't write its state.
	b := start(t, m, childSpec(t, "b", "idle"))
	killed(b.Pid)
	eventually(t, "a successor", func() bool { s := status(t, m, "b"); return s.Pid != 0 && s.Pid != b.Pid })
	if err := m.Stop(patience(t), "b"); err != nil {
		t.Error(err)
	}
	if s := status(t, m, "a"); s.Pid != a.Pid || s.State != procman.StateRunning {
		t.Errorf("the process was stopped: %+v", s)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	wantOutputEvent(t, sub, "output is written again, ")
	size := len(output(t, m, "a", "[procman: "))
	eventually(t, "further lines", func() bool {
		b, _ := os.ReadFile(status(t, m, "a").LogPath)
		return len(b) > size+200
	})
	if err := m.Stop(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
	s := status(t, m, "a")
	text, err := os.ReadFile(s.LogPath)
	if err != nil {
		t.Fatal(err)
	}
	checkAccount(t, text, s.Discarded)
}

// fill takes all that is left of the disk.
func fill(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return path
}

func wantOutputEvent(t *testing.T, sub *procman.Subscription, text string) {
	t.Helper()
	for {
		select {
		case e := <-sub.C:
			if e.Type == procman.EventOutput && e.Process == "a" && strings.HasPrefix(e.Detail, text) {
				return
			}
		case <-patience(t).Done():
			t.Fatalf("not told: %s", text)
		}
	}
}

// checkAccount wants every byte that was printed to be in the file or counted.
func checkAccount(t *testing.T, text []byte, discarded int64) {
	t.Helper()
	note := regexp.MustCompile(`\n?\[procman: (\d+) bytes of output were discarded from .* to .*\]\n`)
	told := int64(0)
	for _, found := range note.FindAllSubmatch(text, -1) {
		n, _ := strconv.ParseInt(string(found[1]), 10, 64)
		told += n
	}
	if told == 0 || told != discarded {
		t.Errorf("the file tells of %d bytes, counted were %d", told, discarded)
	}
	var last int
	lines := strings.Fields(string(text[bytes.LastIndexByte(text, ']')+1:]))
	if _, err := fmt.Sscanf(lines[len(lines)-1], "%d", &last); err != nil {
		t.Fatal(err)
	}
	printed := int64(last+1) * 13
	// The pattern takes the newline before the note away: the manager's own where the loss cut a line in two, else the
	// line's.
	kept := int64(len(note.ReplaceAll(text, nil)))
	if missing := printed - kept - discarded; missing != 0 && missing != 1 {
		t.Errorf("%d bytes printed, %d kept, %d counted as discarded", printed, kept, discarded)
	}
}
