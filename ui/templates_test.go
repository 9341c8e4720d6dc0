package ui_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every key that a template uses, and every word that is made of a kind and a value, is in the catalogue; that a key
// has both languages is tested there, and keys in Go are constants.
func TestTemplates_Keys(t *testing.T) {
	texts := catalogue(t)
	used := regexp.MustCompile(`[{( ]t "([^"]+)"`)
	n := 0
	for _, pattern := range []string{"templates/*.html", "templates/parts/*.html"} {
		files, err := fs.Glob(os.DirFS("."), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range used.FindAllStringSubmatch(string(data), -1) {
				if n++; !texts.Has(m[1]) {
					t.Errorf("%s uses %s, which is not in the catalogue", file, m[1])
				}
			}
		}
	}
	if n < 300 {
		t.Errorf("only %d uses were found: the templates are not read as they are written", n)
	}
}

func TestTemplates_Icons(t *testing.T) {
	var files []string
	for _, pattern := range []string{"templates/*.html", "templates/parts/*.html"} {
		some, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, some...)
	}
	icons, err := os.ReadFile("icons.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\bicon "([a-z-]+)"`).FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(string(icons), `"`+m[1]+`": `) {
				t.Errorf("%s uses the icon %s, which is not in the set", f, m[1])
			}
		}
	}
}
