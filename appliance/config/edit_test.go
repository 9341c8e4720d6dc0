package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestEdit(t *testing.T) {
	const before = "# mine\nADMIN_PASSWORD=old\nexport PORT=1\nPORT = 2 # why\nwrong " +
		"line\n#ADMIN_PASSWORD=no\nLOG_LEVEL=debug"
	path := filepath.Join(t.TempDir(), "flowhq.env")
	if err := os.WriteFile(path, []byte(before), 0o640); err != nil {
		t.Fatal(err)
	}
	err := Edit(path, map[string]string{"ADMIN_PASSWORD": "", "ADMIN_PASSWORD_HASH": "$argon2id$v=19$x", "PORT": "3001",
		"NODE_ENV": ""})
	if err != nil {
		t.Fatal(err)
	}
	const after = "# mine\nPORT=3001\nwrong line\n#ADMIN_PASSWORD=no\nLOG_LEVEL=debug\n" +
		"ADMIN_PASSWORD_HASH='$argon2id$v=19$x'\n"
	if got, err := os.ReadFile(path); err != nil || string(got) != after {
		t.Errorf("%v\n%s", err, got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode: %v, %v", info.Mode(), err)
	}
	if Edit(path, map[string]string{"PORT": "1\nADMIN_PASSWORD=x"}) == nil {
		t.Error("a value brought a line of its own")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestEditedValuesAreReadBack(t *testing.T) {
	for _, value := range []string{"plain", "with blank", "$a$b", `back\slash`, `quo"te`,
		"postgres://u:p%40w@/flowhq?host=/run/postgresql", "#x"} {
		text, err := edited("", map[string]string{"X": value})
		if err != nil {
			t.Fatal(err)
		}
		if got, wrong := parseFile(text); len(wrong) > 0 || got["X"] != value {
			t.Errorf("%q became %q (%v)", value, got["X"], wrong)
		}
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flowhq.env")
	if err := Create(path, []string{"A=1"}, 0o640, -1); err != nil {
		t.Fatal(err)
	}
	if err := Create(path, []string{"A=2"}, 0o640, -1); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the second time: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "A=1\n" {
		t.Errorf("%q, %v", got, err)
	}
}
