package locale

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
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
