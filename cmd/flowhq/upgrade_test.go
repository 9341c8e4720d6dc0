package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flowhq/appliance"
	"flowhq/appliance/release"
)

// installed is 1.0.0 in force and 2.0.0 brought by the package.
func installed(t *testing.T) (*switcher, *bytes.Buffer) {
	t.Helper()
	l := release.Layout{Dir: t.TempDir(), Name: "flowhq"}
	put := func(version string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(l.Dir, version), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(l.Dir, version, "flowhq"), []byte(version), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put("1.0.0")
	if err := errors.Join(l.Keep("1.0.0"), l.Switch("1.0.0"), os.RemoveAll(filepath.Join(l.Dir, "1.0.0"))); err != nil {
		t.Fatal(err)
	}
	put("2.0.0")
	var out bytes.Buffer
	return &switcher{
		Layout: l, out: &out,
		check:   func(context.Context, string) (string, error) { return "", nil },
		outlook: func(context.Context, string) (appliance.Outlook, error) { return appliance.Outlook{}, nil },
		backup:  func(context.Context, string) (string, error) { t.Error("a backup is taken"); return "", nil },
		reload:  func(context.Context) error { return nil },
	}, &out
}

func (s *switcher) looksAt(o appliance.Outlook) {
	s.outlook = func(context.Context, string) (appliance.Outlook, error) { return o, nil }
}

func wantInForce(t *testing.T, s *switcher, want string) {
	t.Helper()
	if got, err := s.Current(); got != want || err != nil {
		t.Errorf("in force is %q, %v; want %s", got, err, want)
	}
}

func TestUpgradeThatLeavesTheDatabaseTakesNoBackup(t *testing.T) {
	for what, o := range map[string]appliance.Outlook{
		"the schema fits": {Schema: 11, Wanted: 11, Backups: true},
		"it is new":       {Schema: 0, Wanted: 11, Backups: true},
	} {
		s, _ := installed(t)
		s.looksAt(o)
		if err := s.upgrade(t.Context()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		wantInForce(t, s, "2.0.0")
	}
}

func TestUpgradeThatChangesTheDatabaseTakesABackupFirst(t *testing.T) {
	s, out := installed(t)
	s.looksAt(appliance.Outlook{Schema: 11, Wanted: 12, Backups: true})
	taken := ""
	s.backup = func(_ context.Context, program string) (string, error) {
		wantInForce(t, s, "1.0.0")
		taken = program
		return "Backup flowhq-1.tar.zst", nil
	}
	if err := s.upgrade(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantInForce(t, s, "2.0.0")
	if taken != s.Program("1.0.0") {
		t.Errorf("taken by %q, which knows the database as it is only when it is the one in force", taken)
	}
	if !strings.Contains(out.String(), "schema 11 to 12") || !strings.Contains(out.String(), "flowhq-1.tar.zst") {
		t.Errorf("it says %q", out)
	}
}

func TestUpgradeWithoutABackupIsRefused(t *testing.T) {
	s, _ := installed(t)
	s.looksAt(appliance.Outlook{Schema: 11, Wanted: 12, Backups: true})
	s.backup = func(context.Context, string) (string, error) { return "The disk is full.", errors.New("exit status 1") }
	err := s.upgrade(t.Context())
	if err == nil || !strings.Contains(plain(err), "The disk is full.") ||
		!strings.Contains(plain(err), "--without-backup") {
		t.Errorf("got %v", err)
	}
	wantInForce(t, s, "1.0.0")
	if r, err := s.Refused(); err != nil || r == nil || r.Version != "2.0.0" ||
		!strings.Contains(r.Reason, "The disk is full.") {
		t.Errorf("noted is %+v, %v", r, err)
	}

	s.backup = nil // --without-backup
	if err := s.upgrade(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantInForce(t, s, "2.0.0")
	if r, err := s.Refused(); err != nil || r != nil {
		t.Errorf("the refusal is still noted: %+v, %v", r, err)
	}
}

func TestUpgradeSaysThatNoBackupsAreKept(t *testing.T) {
	s, out := installed(t)
	s.looksAt(appliance.Outlook{Schema: 11, Wanted: 12})
	if err := s.upgrade(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantInForce(t, s, "2.0.0")
	if !strings.Contains(out.String(), "BACKUP_TO is off") {
		t.Errorf("it says %q", out)
	}
}

func TestUpgradeIsRefusedWhenTheDatabaseCannotBeLookedAt(t *testing.T) {
	s, _ := installed(t)
	s.outlook = func(context.Context, string) (appliance.Outlook, error) {
		return appliance.Outlook{}, errors.New("the database is away")
	}
	if err := s.upgrade(t.Context()); err == nil || !strings.Contains(plain(err), "the database is away") {
		t.Errorf("got %v", err)
	}
	wantInForce(t, s, "1.0.0")
}
