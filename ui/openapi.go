package ui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// apiDocument is the OpenAPI document as a page shows it: calls by subject, then the shapes that they speak of.
type apiDocument struct {
	Intro  []paragraph
	Groups []apiGroup
	Shapes []apiShape
}

type apiGroup struct {
	ID, Name, Words string
	Calls           []apiCall
}

type apiCall struct {
	ID, Method, Path, Summary string
	Words                     []paragraph
	Params                    []apiField
	Body                      []typed
	Answers                   []apiAnswer
	Example                   string
}

// apiField is a parameter or a field of an object.
type apiField struct {
	Name, In, Words string
	Required        bool
	Type            []typed
}

type apiAnswer struct {
	Status, Words string
	Type          []typed
}

type apiShape struct {
	ID, Name, Words string
	Type            []typed
	Fields          []apiField
}

// typed is a piece of a type's description: a word, or a link to a shape.
type typed struct{ Word, Shape string }

type paragraph []span

type span struct {
	Text       string
	Code, Bold bool
}

// schema and the types below are as much of OpenAPI 3.1 as our document uses.
type schema struct {
	Ref         string            `json:"$ref"`
	Type        any               `json:"type"`
	Format      string            `json:"format"`
	Description string            `json:"description"`
	Enum        []any             `json:"enum"`
	Items       *schema           `json:"items"`
	AnyOf       []schema          `json:"anyOf"`
	Properties  map[string]schema `json:"properties"`
	Required    []string          `json:"required"`
	Default     any               `json:"default"`
	Minimum     *float64          `json:"minimum"`
	Maximum     *float64          `json:"maximum"`
	MaxLength   *int              `json:"maxLength"`
}

type media map[string]struct {
	Schema schema `json:"schema"`
}

type parameter struct {
	Ref         string `json:"$ref"`
	Name        string `json:"name"`
	In          string `json:"in"`
	Description string `json:"description"`
	Required    bool   `json:"required"`
	Schema      schema `json:"schema"`
}

type response struct {
	Ref         string `json:"$ref"`
	Description string `json:"description"`
	Content     media  `json:"content"`
}

type operation struct {
	Tags        []string               `json:"tags"`
	OperationID string                 `json:"operationId"`
	Summary     string                 `json:"summary"`
	Description string                 `json:"description"`
	Parameters  []parameter            `json:"parameters"`
	Security    *[]map[string][]string `json:"security"`
	RequestBody *struct {
		Content media `json:"content"`
	} `json:"requestBody"`
	Responses map[string]response `json:"responses"`
}

type openAPI struct {
	Info struct {
		Description string `json:"description"`
	} `json:"info"`
	Tags []struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"tags"`
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas    map[string]schema    `json:"schemas"`
		Parameters map[string]parameter `json:"parameters"`
		Responses  map[string]response  `json:"responses"`
	} `json:"components"`
}

// readAPI makes the page's document; nil for none.
func readAPI(data []byte) (*apiDocument, error) {
	if len(data) == 0 {
		return nil, nil
	}
	var d openAPI
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("read the description of the API: %w", err)
	}
	out := &apiDocument{Intro: paragraphs(d.Info.Description)}
	byTag := map[string][]apiCall{}
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		if err := d.calls(path, byTag); err != nil {
			return nil, fmt.Errorf("read the description of %s: %w", path, err)
		}
	}
	for _, t := range d.Tags {
		out.Groups = append(out.Groups, apiGroup{ID: anchor(t.Name), Name: t.Name, Words: t.Description,
			Calls: byTag[t.Name]})
	}
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		s := d.Components.Schemas[name]
		shape := apiShape{ID: "shape-" + name, Name: name, Words: s.Description, Fields: fields(s)}
		if len(shape.Fields) == 0 {
			s.Description = ""
			shape.Type = types(s)
		}
		out.Shapes = append(out.Shapes, shape)
	}
	return out, nil
}

// calls reads the calls at one address into their groups.
func (d *openAPI) calls(path string, byTag map[string][]apiCall) error {
	var shared []parameter
	item := d.Paths[path]
	if raw, ok := item["parameters"]; ok {
		if err := json.Unmarshal(raw, &shared); err != nil {
			return err
		}
	}
	for _, method := range []string{"get", "post", "put", "patch", "delete"} {
		raw, ok := item[method]
		if !ok {
			continue
		}
		var op operation
		if err := json.Unmarshal(raw, &op); err != nil {
			return err
		}
		op.Parameters = append(slices.Clone(shared), op.Parameters...)
		for _, tag := range op.Tags {
			byTag[tag] = append(byTag[tag], d.call(strings.ToUpper(method), path, op))
		}
	}
	return nil
}

func (d *openAPI) call(method, path string, op operation) apiCall {
	c := apiCall{
		ID: "call-" + op.OperationID, Method: method, Path: path, Summary: op.Summary,
		Words:   paragraphs(op.Description),
		Example: example(method, path, op),
	}
	for _, p := range op.Parameters {
		if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
			p = d.Components.Parameters[name]
		}
		c.Params = append(c.Params, apiField{
			Name: p.Name, In: p.In, Required: p.Required, Words: cmp.Or(p.Description, p.Schema.Description),
			Type: types(p.Schema),
		})
	}
	if op.RequestBody != nil {
		c.Body = bodyType(op.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		if name, ok := strings.CutPrefix(r.Ref, "#/components/responses/"); ok {
			r = d.Components.Responses[name]
		}
		c.Answers = append(c.Answers, apiAnswer{Status: status, Words: r.Description, Type: bodyType(r.Content)})
	}
	return c
}

func accessOf(path string, op operation) string {
	switch {
	case strings.HasPrefix(path, "/portal/"):
		return "portal"
	case op.Security != nil && len(*op.Security) == 1 && len((*op.Security)[0]) == 0:
		return "open"
	}
	return "admin"
}

// example is a line for a terminal.
func example(method, path string, op operation) string {
	line := "curl"
	if method != "GET" {
		line += " -X " + method
	}
	switch accessOf(path, op) {
	case "portal":
		line += ` -H "x-portal-key: $PORTAL_INTERNAL_KEY" -H "x-user-email: amina@example.com"`
	case "admin":
		line += ` -u "admin:$ADMIN_PASSWORD"`
	}
	if op.RequestBody != nil {
		line += ` -H "Content-Type: application/json" -d '{…}'`
	}
	return line + " http://127.0.0.1:3000" + path
}

// bodyType gives the type of a body: that of its JSON, or else its kind.
func bodyType(content media) []typed {
	if m, ok := content["application/json"]; ok {
		return types(m.Schema)
	}
	for _, kind := range slices.Sorted(maps.Keys(content)) {
		return []typed{{Word: kind}}
	}
	return nil
}

func fields(s schema) []apiField {
	var out []apiField
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		out = append(out, apiField{Name: name, Required: slices.Contains(s.Required, name), Words: p.Description,
			Type: types(p)})
	}
	return out
}

// types says what a schema takes, in words and links.
func types(s schema) []typed {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return []typed{{Word: name, Shape: "shape-" + name}}
	}
	if len(s.AnyOf) > 0 {
		var out []typed
		for i, one := range s.AnyOf {
			if i > 0 {
				out = append(out, typed{Word: "or"})
			}
			out = append(out, types(one)...)
		}
		return out
	}
	if len(s.Enum) > 0 {
		words := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			words[i] = fmt.Sprint(e)
		}
		return []typed{{Word: strings.Join(words, " | ")}}
	}
	if s.Items != nil {
		return append([]typed{{Word: "list of"}}, types(*s.Items)...)
	}
	return []typed{{Word: plainType(s)}}
}

func plainType(s schema) string {
	var word string
	switch t := s.Type.(type) {
	case string:
		word = t
	case []any:
		words := make([]string, len(t))
		for i, one := range t {
			words[i] = fmt.Sprint(one)
		}
		word = strings.Join(words, " or ")
	default:
		word = "anything"
	}
	if s.Minimum != nil && s.Maximum != nil {
		word += fmt.Sprintf(" from %v to %v", *s.Minimum, *s.Maximum)
	}
	if s.MaxLength != nil {
		word += fmt.Sprintf(" of at most %d characters", *s.MaxLength)
	}
	if s.Format != "" {
		word += ", " + s.Format
	}
	if s.Default != nil {
		word += fmt.Sprintf("; else %v", s.Default)
	}
	return word
}

func anchor(name string) string { return "part-" + strings.ReplaceAll(strings.ToLower(name), " ", "-") }

// paragraphs reads the little of Markdown that the document uses: blank lines, **bold** and `code`.
func paragraphs(text string) []paragraph {
	var out []paragraph
	for part := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		part = strings.Join(strings.Fields(part), " ")
		if part == "" {
			continue
		}
		var p paragraph
		for i, piece := range strings.Split(part, "`") {
			if i%2 == 1 {
				p = append(p, span{Text: piece, Code: true})
				continue
			}
			for j, words := range strings.Split(piece, "**") {
				if words != "" {
					p = append(p, span{Text: words, Bold: j%2 == 1})
				}
			}
		}
		out = append(out, p)
	}
	return out
}
