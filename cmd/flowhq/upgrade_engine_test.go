package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flowhq/appliance/release"
	"flowhq/wire"
)

// bring does what dpkg does: the engine's new version appears, the old one's file goes. It speaks the versions of the
// protocol.
func (s *engineSwitcher) bring(t *testing.T, old, version string, oldest, newest int) {
	t.Helper()
	dir := filepath.Join(s.Dir, version)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\n# %s\necho %d %d\n", version, oldest, newest)
	if err := os.WriteFile(filepath.Join(dir, s.Name), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if old != "" {
		if err := os.RemoveAll(filepath.Join(s.Dir, old)); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *engineSwitcher) wantInForce(t *testing.T, version string) {
	t.Helper()
	text, err := os.ReadFile(s.InForce())
	if err != nil || !strings.Contains(string(text), "# "+version+"\n") {
		t.Errorf("in force is %q, %v; want %s", text, err, version)
	}
}

func TestEngineSwitcher(t *testing.T) {
	ctx := t.Context()
	s := newEngineSwitcher(io.Discard)
	s.Layout = release.Layout{Dir: t.TempDir(), Name: "flowhq-worker"}
	if err := s.upgrade(ctx); err == nil || !strings.Contains(plain(err), "not installed by its package") {
		t.Errorf("without a package: %v", err)
	}
	s.bring(t, "", "1.0.0", wire.Protocol, wire.Protocol)
	if err := s.upgrade(ctx); err != nil {
		t.Fatal(err)
	}
	s.wantInForce(t, "1.0.0")
	if err := s.rollback(ctx); err == nil || !strings.Contains(plain(err), "no engine to go back to") {
		t.Errorf("back from the first one: %v", err)
	}

	s.bring(t, "1.0.0", "2.0.0", wire.Protocol+1, wire.Protocol+2)
	if err := s.upgrade(ctx); err == nil || !strings.Contains(plain(err), "2.0.0 was not put in force; 1.0.0 stays") {
		t.Errorf("an engine of the future: %v", err)
	}
	s.wantInForce(t, "1.0.0")
	if r, err := s.Refused(); err != nil || r == nil || r.Version != "2.0.0" ||
		!strings.Contains(r.Reason, "protocol") {
		t.Errorf("noted: %+v, %v", r, err)
	}
}

func TestEngineSwitcher_thereAndBack(t *testing.T) {
	ctx := t.Context()
	s := newEngineSwitcher(io.Discard)
	s.Layout = release.Layout{Dir: t.TempDir(), Name: "flowhq-worker"}
	s.bring(t, "", "1.0.0", wire.Protocol, wire.Protocol)
	if err := s.upgrade(ctx); err != nil {
		t.Fatal(err)
	}
	s.bring(t, "1.0.0", "2.0.0", wire.Protocol+1, wire.Protocol+2)
	if err := s.upgrade(ctx); err == nil {
		t.Fatal("an engine of the future is in force")
	}

	s.bring(t, "2.0.0", "1.1.0", wire.OldestProtocol, wire.Protocol)
	if err := s.upgrade(ctx); err != nil {
		t.Fatal(err)
	}
	s.wantInForce(t, "1.1.0")
	if r, err := s.Refused(); err != nil || r != nil {
		t.Errorf("the refusal stays: %+v, %v", r, err)
	}
	if err := s.upgrade(ctx); err != nil { // as dpkg-reconfigure does
		t.Errorf("once more: %v", err)
	}
	if err := s.rollback(ctx); err != nil {
		t.Fatal(err)
	}
	s.wantInForce(t, "1.0.0")
	if err := s.upgrade(ctx); err != nil {
		t.Fatal(err)
	}
	s.wantInForce(t, "1.1.0")
}
