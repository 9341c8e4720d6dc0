package appliance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/config"
)

func TestFirstSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "etc", "flowhq.env")
	made, err := MakeFirstSettings(file, -1)
	if err != nil || !made {
		t.Fatal(made, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{file: 0o640,
		filepath.Join(filepath.Dir(file), firstPassword): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	c, err := Settings(config.Source{File: file, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if !c.Loopback() || len(c.Warnings) > 0 || !strings.HasPrefix(c.DatabaseURL.Reveal(), "sqlite:") {
		t.Errorf("loopback %t, warnings %q", c.Loopback(), c.Warnings)
	}

	if made, err := MakeFirstSettings(file, -1); made || err != nil {
		t.Errorf("the second time: %t, %v", made, err)
	}
	if again, _ := os.ReadFile(file); string(again) != string(text) {
		t.Error("settings that were there are changed")
	}

	password, err := ReadFirstPassword(file)
	if err != nil || len(password) != 29 {
		t.Errorf("password of %d characters, %v", len(password), err)
	}
	if strings.Contains(string(text), password) {
		t.Error("the password stands in the settings")
	}
	if err := access.CheckPasswordHash(c.AdminPasswordHash.Reveal()); err != nil {
		t.Error(err)
	}
	if _, err := ReadFirstPassword(file); flowhq.CodeOf(err) != flowhq.CodeNotFound {
		t.Errorf("read twice: %v", err)
	}

	other, err := ReplacePassword(file)
	if err != nil || other == password {
		t.Errorf("a new password: %v", err)
	}
	after, err := Settings(config.Source{File: file, Dir: t.TempDir()})
	if err != nil || after.AdminPasswordHash == c.AdminPasswordHash || after.PortalKey != c.PortalKey {
		t.Errorf("after a new password: %v", err)
	}
}
