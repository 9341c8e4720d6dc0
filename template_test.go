package flowhq_test

import (
	"os"
	"strings"
	"testing"

	"flowhq"
)

// The list of templates stands in template.go alone; what has to repeat it, because it is not Go, is held to it here.
func TestTemplateTypes(t *testing.T) {
	names := make([]string, 0, len(flowhq.TemplateTypes()))
	for _, tt := range flowhq.TemplateTypes() {
		names = append(names, string(tt))
	}
	for file, want := range map[string]string{
		"appliance/api/openapi.yaml": "TemplateType: {type: string, enum: [" + strings.Join(names, ", ") + "]}",
		"docs/flow.schema.json":      `"template": {"enum": ["` + strings.Join(names, `", "`) + `"]}`,
		"storage/enums.sql":          `CREATE TYPE "TemplateType" AS ENUM ('` + strings.Join(names, "', '") + `')`,
	} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), want) {
			t.Errorf("%s does not say %s", file, want)
		}
	}
	for _, lang := range []string{"en", "sw"} {
		data, err := os.ReadFile("locale/" + lang + "/page.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if !strings.Contains(string(data), `"page.template.`+name+`":`) {
				t.Errorf("%s has no word for the template %s", lang, name)
			}
		}
		if n := strings.Count(string(data), `"page.template.`); n != len(names) {
			t.Errorf("%s has words for %d templates, there are %d", lang, n, len(names))
		}
	}
}
