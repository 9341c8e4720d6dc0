package locale

import (
	"encoding/json"
	"errors"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"flowhq"
)

type texts map[string]map[string]string // key to plural form ("" when there is one) to text

func readTexts(t *testing.T, lang string) texts {
	t.Helper()
	all := make(texts)
	entries, err := files.ReadDir(lang)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := files.ReadFile(path.Join(lang, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		var raw map[string]json.RawMessage
		if err := json.Unmarshal(data, &raw); err != nil {
			t.Fatalf("%s/%s: %v", lang, e.Name(), err)
		}
		for k, v := range raw {
			forms := map[string]string{}
			var one string
			if json.Unmarshal(v, &one) == nil {
				forms[""] = one
			} else if err := json.Unmarshal(v, &forms); err != nil {
				t.Fatalf("%s: %v", k, err)
			}
			all[k] = forms
		}
	}
	return all
}

var place = regexp.MustCompile(`\{\{[^}]*\}\}`)

func places(forms map[string]string) []string {
	var out []string
	for _, text := range forms {
		out = append(out, place.FindAllString(text, -1)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestCatalogue_SameKeysAndArgumentsInBothLanguages(t *testing.T) {
	english, swahili := readTexts(t, "en"), readTexts(t, "sw")
	for k, forms := range english {
		other, ok := swahili[k]
		if !ok {
			t.Errorf("%s is not in Swahili", k)
			continue
		}
		if a, b := places(forms), places(other); !slices.Equal(a, b) {
			t.Errorf("%s has the arguments %v in English, %v in Swahili", k, a, b)
		}
	}
	for k := range swahili {
		if _, ok := english[k]; !ok {
			t.Errorf("%s is not in English", k)
		}
	}
}

func TestCatalogue_EveryTextCanBeSaid(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range flowhq.Languages() {
		for k, forms := range readTexts(t, tag(lang)) {
			text := flowhq.Say(k, "count", 2)
			for _, p := range places(forms) {
				text.Args[argument(p)] = 2
			}
			if got := c.Say(lang, text); got == "" || got == text.String() {
				t.Errorf("%s in %s: %q", k, lang, got)
			}
		}
	}
}

func argument(place string) string {
	return regexp.MustCompile(`[a-z_]+`).FindString(place)
}

func TestCatalogue_Say(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		lang flowhq.Language
		text flowhq.Text
		want string
	}{
		{flowhq.English, flowhq.Say("tenant.not_found"), "Tenant not found"},
		{flowhq.Swahili, flowhq.Say("tenant.not_found"), "Biashara haipo"},
		{flowhq.Swahili, flowhq.Plain("as it is"), "as it is"},
		{flowhq.Swahili, flowhq.Say("unknown.key", "n", 1), "unknown.key(n=1)"},
	} {
		if got := c.Say(tt.lang, tt.text); got != tt.want {
			t.Errorf("%v in %s: %q instead of %q", tt.text, tt.lang, got, tt.want)
		}
	}
}

// The domain can't import the constants; a key that it names must be in the catalogue all the same. So must one that
// any package spells out.
func TestCatalogue_HasEveryKeyThatIsSpelledOut(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	spelled := regexp.MustCompile(`(?:Say|Fail|Wrong|add|wrongHours)\((?:[^"\n]*, )?` +
		`(?:at\+"\.\w+", |"[\w.]+", )?"([a-z]+\.[a-z_]+)"`)
	n := 0
	for _, pattern := range []string{"../*.go", "../appliance/*.go", "../appliance/*/*.go", "../worker/*.go",
		"../storage/*.go", "../ui/*.go", "../wire/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range spelled.FindAllStringSubmatch(string(data), -1) {
				if n++; !c.Has(m[1]) {
					t.Errorf("%s says %s, which is not in the catalogue", name, m[1])
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d keys were found: the sources are not read as they are written", n)
	}
}

func TestCatalogue_Error(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	var hours flowhq.Hours
	broken := json.Unmarshal([]byte(`{"tue":[{"open":"08:00","close":"25:00"}]}`), &hours)
	fields := flowhq.Invalid([]flowhq.FieldError{flowhq.Wrong("name", "field.empty"), {Field: "x", Message: "odd"}})
	for _, tt := range []struct {
		lang flowhq.Language
		err  error
		want string
	}{
		{flowhq.English, broken, `tue: close: "25:00" is not a time of day like 08:00`},
		{flowhq.Swahili, broken, `Jumanne: kufunga: "25:00" si saa kama 08:00`},
		{flowhq.English, fields, "name: must not be empty; x: odd"},
		{flowhq.Swahili, fields, "name: isiachwe wazi; x: odd"},
		{flowhq.English, errors.New("inside"), ""},
	} {
		if got := c.Error(tt.lang, tt.err); got != tt.want {
			t.Errorf("%v in %s: %q instead of %q", tt.err, tt.lang, got, tt.want)
		}
	}
}
