package procman_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"flowhq/procman"
)

// What systemd is sent: an earlier pipe of the name is dropped, the new one comes along.
func TestSystemdStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if err := procman.NewSystemdStore(path).Keep("a", w); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	text, rights := make([]byte, 1000), make([]byte, 1000)
	n, k, _, _, err := conn.ReadMsgUnix(text, rights)
	if err != nil || k != 0 || string(text[:n]) != "FDSTOREREMOVE=1\nFDNAME=procman-a" {
		t.Fatalf("first message %q, %d bytes of rights, %v", text[:n], k, err)
	}
	n, k, _, _, err = conn.ReadMsgUnix(text, rights)
	if second := string(text[:n]); err != nil || !strings.Contains(second, "FDSTORE=1\n") ||
		!strings.HasSuffix(second, "FDNAME=procman-a") {
		t.Fatalf("second message %q, %v", second, err)
	}
	fd := sentDescriptor(t, rights[:k])
	if _, err := unix.Write(fd, []byte("through")); err != nil {
		t.Error(err)
	}
	_ = unix.Close(fd)
	if n, err := r.Read(text); err != nil || string(text[:n]) != "through" {
		t.Errorf("the pipe that came is another one: %q, %v", text[:n], err)
	}
}

// sentDescriptor takes the one descriptor out of a control message.
func sentDescriptor(t *testing.T, rights []byte) int {
	t.Helper()
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil || len(messages) != 1 {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		t.Fatalf("%v, %v", fds, err)
	}
	return fds[0]
}
