package bot

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"flowhq"
	"flowhq/locale/key"
)

//go:embed flows/*.yaml
var flowFiles embed.FS

// Load reads a flow from YAML and checks it; docs/flows.md says what may stand there. What the flow does not say (texts
// that every flow needs, answers to thanks and to questions about hours) it says as the other flows of its language do.
// The error is of type Problems: every problem with its line and column.
func Load(yaml []byte) (*Flow, error) {
	root, err := parseYAML(yaml)
	if err != nil {
		return nil, err
	}
	var f findings
	d := f.define(root)
	if !isMapping(root) {
		return nil, f.sorted() // what follows from that helps nobody
	}
	f.checkHead(d)
	if len(f.list) > 0 {
		return nil, f.sorted()
	}
	common, err := commonDefinition(flowhq.Language(d.language.text))
	if err != nil {
		return nil, err
	}
	flow := f.compile(d.over(common))
	if len(f.list) > 0 {
		return nil, f.sorted()
	}
	return flow, nil
}

func (f *findings) checkHead(d definition) {
	if d.format.text != fmt.Sprint(FlowFormat) {
		f.add(d.format.at, key.FlowFormat, "format", FlowFormat)
	}
	if !slices.Contains(flowhq.TemplateTypes(), flowhq.TemplateType(d.template.text)) {
		f.add(d.template.at, key.FlowTemplate)
	}
	if !slices.Contains(flowhq.Languages(), flowhq.Language(d.language.text)) {
		f.add(d.language.at, key.FlowLanguage)
	}
}

func (f *findings) sorted() Problems {
	slices.SortStableFunc(f.list, func(a, b flowhq.FlowProblem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return f.list
}

// commonDefinition is what every flow of a language says; read at its first use.
func commonDefinition(l flowhq.Language) (definition, error) {
	if l == flowhq.English {
		return readOnce(&commonEnglish)
	}
	return readOnce(&commonSwahili)
}

func readOnce(k *weakCache[definition]) (definition, error) {
	d, err := k.get()
	if err != nil {
		return definition{}, err
	}
	return *d, nil
}

var (
	commonSwahili = weakCache[definition]{build: func() (*definition, error) {
		return readCommon("flows/common.sw.yaml")
	}}
	commonEnglish = weakCache[definition]{build: func() (*definition, error) {
		return readCommon("flows/common.en.yaml")
	}}
)

func readCommon(name string) (*definition, error) {
	text, err := flowFiles.ReadFile(name)
	if err != nil {
		return nil, err
	}
	root, err := parseYAML(text)
	if err != nil {
		return nil, err
	}
	var f findings
	d := f.define(root)
	if len(f.list) > 0 {
		return nil, f.list
	}
	return &d, nil
}

func flowFile(t flowhq.TemplateType, l flowhq.Language) string {
	return "flows/" + strings.ToLower(string(t)) + "." + strings.ToLower(string(l)) + ".yaml"
}

// DefaultYAML gives the YAML of a template's own flow, to be copied and edited; "" for a template or language that does
// not exist.
func DefaultYAML(t flowhq.TemplateType, l flowhq.Language) string {
	text, err := flowFiles.ReadFile(flowFile(t, l))
	if err != nil {
		return ""
	}
	return string(text)
}

// CommonYAML gives what every flow of a language says unless it says otherwise; a page shows it beside a flow.
func CommonYAML(l flowhq.Language) string {
	text, err := flowFiles.ReadFile("flows/common." + strings.ToLower(string(l)) + ".yaml")
	if err != nil {
		return ""
	}
	return string(text)
}

// Default gives a template's own flow. It is compiled at each call, some milliseconds, so keep it. A template or
// language that does not exist gets booking in Swahili, as the database's defaults say.
func Default(t flowhq.TemplateType, l flowhq.Language) *Flow {
	text := DefaultYAML(t, l)
	if text == "" {
		text = DefaultYAML(flowhq.TemplateBooking, flowhq.Swahili)
	}
	flow, err := Load([]byte(text))
	if err != nil {
		panic("embedded flow: " + err.Error()) // a fault of the build, and a test loads every one of them
	}
	return flow
}

func hours(n int) time.Duration { return time.Duration(n) * time.Hour }
