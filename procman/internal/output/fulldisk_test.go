package output

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
)

// insideVar marks the test binary that runs in a mount namespace of its own.
const insideVar = "PROCMAN_TEST_FULL_DISK"

// A full disk neither stops the process nor loses count; the file says what it lacks.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv(insideVar); dir != "" {
		fullDisk(t, dir)
		return
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestFullDisk$", "-test.v")
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
	if err := syscall.Mount("small", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Fatalf("a test of a full disk needs a mount namespace: %v", err)
	}
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 1900<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, Options{Path: filepath.Join(dir, "a.log"), MaxSizeMB: 1})
	line := append(bytes.Repeat([]byte("d"), 99), '\n')
	printed := 0
	for range 5000 { // far more than fits: the writer must not be held up
		r.print(line)
		printed += len(line)
	}
	eventually(t, "the loss", func() bool { return r.sink.Discarded() > 0 })
	r.sink.Flush()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	// The file notes the loss, even if the process prints nothing more.
	note := regexp.MustCompile(`\[procman: (\d+) bytes of output were discarded from .* to .*\]\n`)
	eventually(t, "the note", func() bool { return note.Match(r.all()) })
	r.print([]byte("again\n"))
	eventually(t, "output", func() bool { return bytes.HasSuffix(r.all(), []byte("again\n")) })

	got := r.all()
	found := note.FindSubmatch(got)
	lost, _ := strconv.Atoi(string(found[1]))
	kept := len(got) - len(found[0]) - len("again\n")
	if got[bytes.Index(got, found[0])-2] != '\n' && got[bytes.Index(got, found[0])-1] == '\n' &&
		kept+lost == printed+1 {
		kept-- // the newline that ends the line on which the disk was full
	}
	if kept+lost != printed || int64(lost) != r.sink.Discarded() {
		t.Errorf("%d bytes kept and %d told as lost of %d; counted %d", kept, lost, printed, r.sink.Discarded())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.losses) != 2 || r.losses[0].Over || !r.losses[1].Over || r.losses[1].Bytes != int64(lost) {
		t.Errorf("told: %s", fmt.Sprint(r.losses))
	}
}
