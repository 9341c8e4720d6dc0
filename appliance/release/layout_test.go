package release_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"flowhq/appliance/release"
)

// unpack does what dpkg does: the new version's files appear, the old version's go.
func unpack(t *testing.T, l release.Layout, old, version, content string) {
	t.Helper()
	noError(t, os.MkdirAll(filepath.Join(l.Dir, version), 0o755))
	noError(t, os.WriteFile(filepath.Join(l.Dir, version, "flowhq.dpkg-new"), []byte(content), 0o755))
	noError(t, os.Rename(filepath.Join(l.Dir, version, "flowhq.dpkg-new"), filepath.Join(l.Dir, version, "flowhq")))
	if old != "" && old != version {
		noError(t, os.RemoveAll(filepath.Join(l.Dir, old)))
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func inForce(t *testing.T, l release.Layout, want string) {
	t.Helper()
	text, err := os.ReadFile(l.InForce())
	if err != nil || string(text) != want {
		t.Errorf("in force: %q, %v; want %q", text, err, want)
	}
}

func take(t *testing.T, l release.Layout, version string) {
	t.Helper()
	noError(t, l.Keep(version))
	noError(t, l.Switch(version))
	noError(t, l.Prune())
}

func TestVersionsComeAndGo(t *testing.T) {
	l := release.Layout{Dir: t.TempDir(), Name: "flowhq"}
	if v, err := l.Current(); v != "" || err != nil {
		t.Errorf("current of nothing: %q, %v", v, err)
	}
	unpack(t, l, "", "1.0.0", "one")
	take(t, l, "1.0.0")
	inForce(t, l, "one")

	unpack(t, l, "1.0.0", "1.1.0", "two")
	inForce(t, l, "one") // what dpkg does changes nothing by itself
	if v, err := l.Packaged(); v != "1.1.0" || err != nil {
		t.Errorf("packaged: %q, %v", v, err)
	}
	take(t, l, "1.1.0")
	inForce(t, l, "two")
	if v, err := l.Previous(); v != "1.0.0" || err != nil {
		t.Errorf("previous: %q, %v", v, err)
	}
	if text, err := os.ReadFile(l.Program("1.0.0")); string(text) != "one" {
		t.Errorf("the previous version is not kept: %q, %v", text, err)
	}

	unpack(t, l, "1.1.0", "1.2.0", "three")
	take(t, l, "1.2.0")
	if _, err := os.Stat(l.Program("1.0.0")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a version two back is kept: %v", err)
	}
	noError(t, l.Switch("1.1.0")) // back
	inForce(t, l, "two")
	if v, _ := l.Previous(); v != "1.2.0" {
		t.Errorf("previous after going back: %q", v)
	}
}

func TestTheSameVersionAgain(t *testing.T) {
	l := release.Layout{Dir: t.TempDir(), Name: "flowhq"}
	unpack(t, l, "", "1.0.0", "one")
	take(t, l, "1.0.0")
	before, err := os.Stat(l.InForce())
	noError(t, err)
	unpack(t, l, "1.0.0", "1.0.0", "one") // apt install --reinstall
	take(t, l, "1.0.0")
	after, err := os.Stat(l.InForce())
	noError(t, err)
	if !os.SameFile(before, after) {
		t.Error("the same bytes became another program")
	}
	unpack(t, l, "1.0.0", "1.0.0", "won") // other bytes of the same length under the same name
	take(t, l, "1.0.0")
	inForce(t, l, "won")
	if v, _ := l.Previous(); v != "" {
		t.Errorf("previous: %q", v)
	}
}

func TestAVersionThatIsNotThereIsNotSwitchedTo(t *testing.T) {
	l := release.Layout{Dir: t.TempDir(), Name: "flowhq"}
	unpack(t, l, "", "1.0.0", "one")
	take(t, l, "1.0.0")
	if l.Switch("9.9.9") == nil {
		t.Error("it was switched to nothing")
	}
	if l.Keep("../../etc") == nil {
		t.Error("a path was taken for a version")
	}
	inForce(t, l, "one")
}

func TestRefusal(t *testing.T) {
	l := release.Layout{Dir: t.TempDir(), Name: "flowhq"}
	unpack(t, l, "", "1.0.0", "one")
	take(t, l, "1.0.0")
	noError(t, l.Refuse(release.Refusal{Version: "1.1.0", Reason: "The database is away.", At: time.Now()}))
	if r, err := l.Refused(); err != nil || r == nil || r.Version != "1.1.0" {
		t.Errorf("refused: %+v, %v", r, err)
	}
	unpack(t, l, "1.0.0", "1.1.0", "two")
	take(t, l, "1.1.0")
	if r, err := l.Refused(); r != nil || err != nil {
		t.Errorf("refused though it is in force: %+v, %v", r, err)
	}
	noError(t, l.Accept())
	noError(t, l.Accept())
}

func TestThePackagesOwnFile(t *testing.T) {
	l := release.Appliance()
	for path, want := range map[string]string{
		"/usr/lib/flowhq/1.0.0/flowhq": "1.0.0", "/usr/lib/flowhq/kept/1.0.0/flowhq": "",
		"/usr/lib/flowhq/kept/flowhq": "", "/usr/local/bin/flowhq": "",
	} {
		if got := l.PackagedAs(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestVersionOfAProgram(t *testing.T) {
	l := release.Appliance()
	for path, want := range map[string]string{
		"/usr/lib/flowhq/kept/1.0.0/flowhq":           "1.0.0",
		"/usr/lib/flowhq/kept/1.0.0/flowhq (deleted)": "1.0.0",
		"/usr/lib/flowhq/1.0.0/flowhq":                "",
		"/usr/local/bin/flowhq":                       "",
	} {
		if got := l.VersionOf(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
