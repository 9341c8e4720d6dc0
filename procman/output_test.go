package procman_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowhq/procman"
)

// Every byte value, a line of 10 MB and a line without end go through a real pipe.
func TestOutputOfAnyKind(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "binary")
	spec.Output.MaxSizeMB = 50
	start(t, m, spec)
	out := output(t, m, "a", "\npartial")
	want := make([]byte, 256)
	for i := range want {
		want[i] = byte(i)
	}
	want = append(want, "\n"+strings.Repeat("L", 10<<20)+"\npartial"...)
	if !bytes.Equal([]byte(out), want) {
		t.Errorf("%d bytes came, %d were printed", len(out), len(want))
	}
}

// When the exit of a process is reported, its last output is in the file.
func TestLastWordsComeBeforeTheExit(t *testing.T) {
	m := open(t, config(t, ""))
	spec := procman.Spec{Name: "a", Argv: []string{"/bin/sh", "-c", "echo last words; exit 3"}}
	spec.Restart.Mode = procman.RestartNever
	sub := m.Subscribe(100)
	defer sub.Close()
	start(t, m, spec)
	for e := range sub.C {
		if e.Type == procman.EventExit {
			break
		}
	}
	if b, _ := os.ReadFile(status(t, m, "a").LogPath); string(b) != "last words\n" {
		t.Errorf("the file holds %q", b)
	}
}

func TestFollowAndSearch(t *testing.T) {
	m := open(t, config(t, ""))
	start(t, m, childSpec(t, "a", "lines", "30000", "100"))
	output(t, m, "a", "000000029999 ")
	ctx, cancel := context.WithCancel(context.Background())
	var got syncBuffer
	done := make(chan error, 1)
	go func() { done <- m.Follow(ctx, "a", &got, 3, true) }()
	eventually(t, "the last lines", func() bool { return strings.Count(got.String(), "\n") == 3 })
	if err := m.Restart(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the next run's lines", func() bool { return strings.Count(got.String(), "\n") == 30003 })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(got.String(), "000000029997 ") {
		t.Errorf("it began with %.20q", got.String())
	}
	f, err := m.Search(patience(t), "a", procman.Query{Text: "000000012345 "})
	if err != nil || len(f.Matches) != 2 || f.Truncated {
		t.Errorf("%d matches, truncated %v, %v", len(f.Matches), f.Truncated, err)
	}
}

// A follower ends with the manager.
func TestFollowEndsWithTheManager(t *testing.T) {
	m := open(t, config(t, ""))
	set(t, m, childSpec(t, "a", "idle"))
	done := make(chan error, 1)
	var got syncBuffer
	go func() { done <- m.Follow(context.Background(), "a", &got, 10, true) }()
	<-time.After(10 * time.Millisecond)
	if err := m.Shutdown(patience(t)); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-patience(t).Done():
		t.Error("the follower goes on")
	}
}

func TestTwoProcessesMayNotShareAFile(t *testing.T) {
	m := open(t, config(t, ""))
	path := filepath.Join(t.TempDir(), "shared.log")
	a, b := childSpec(t, "a", "idle"), childSpec(t, "b", "idle")
	a.Output.Path, b.Output.Path = path, path
	set(t, m, a)
	if _, err := m.Set(b); err == nil {
		t.Error("both may write to one file")
	}
	if err := m.Remove(patience(t), "a"); err != nil {
		t.Fatal(err)
	}
	set(t, m, b)
}

// A spec that changes its file goes on there.
func TestOutputPathIsChangedLive(t *testing.T) {
	m := open(t, config(t, ""))
	spec := childSpec(t, "a", "tick", "1")
	start(t, m, spec)
	output(t, m, "a", "000000000005\n")
	spec.Output.Path = filepath.Join(t.TempDir(), "elsewhere", "a.log")
	if c := set(t, m, spec); c.Kind != procman.ChangeApplied {
		t.Errorf("%+v", c)
	}
	output(t, m, "a", "\n")
	if s := status(t, m, "a"); s.LogPath != spec.Output.Path || s.Restarts != 0 {
		t.Errorf("%+v", s)
	}
}

// Nobody could report an adopted process alive while no manager was.
func TestAdoptedProcessIsNotStale(t *testing.T) {
	cfg := config(t, "")
	spec := childSpec(t, "a", "idle")
	spec.Liveness.Deadline = time.Second
	m := open(t, cfg)
	a := start(t, m, spec)
	m.Detach()
	<-time.After(1100 * time.Millisecond)
	m2 := open(t, cfg)
	set(t, m2, spec)
	<-time.After(100 * time.Millisecond)
	if s := status(t, m2, "a"); s.Pid != a.Pid || s.State != procman.StateRunning {
		t.Errorf("%+v", s)
	}
}
