package api

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"flowhq/appliance/services"
)

// spec is the OpenAPI document as a test reads it: enough of JSON Schema for what the document uses, and a fault for
// every keyword that it does not know.
type spec struct{ doc map[string]any }

func loadSpec(t testing.TB) *spec {
	t.Helper()
	d, err := readDocument()
	if err != nil {
		t.Fatal(err)
	}
	s := &spec{}
	if err := json.Unmarshal(d.json, &s.doc); err != nil {
		t.Fatal(err)
	}
	return s
}

func object(v any) map[string]any { m, _ := v.(map[string]any); return m }

// resolve follows a $ref.
func (s *spec) resolve(v any) map[string]any {
	m := object(v)
	ref, ok := m["$ref"].(string)
	if !ok {
		return m
	}
	var at any = s.doc
	for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		at = object(at)[part]
	}
	if at == nil {
		panic("the document refers to " + ref + ", which is not there")
	}
	return s.resolve(at)
}

// operations lists "GET /admin/tenants/{id}" for everything described.
func (s *spec) operations() []string {
	var all []string
	for path, item := range object(s.doc["paths"]) {
		for method := range object(item) {
			if method != "parameters" {
				all = append(all, strings.ToUpper(method)+" "+path)
			}
		}
	}
	sort.Strings(all)
	return all
}

func (s *spec) operation(name string) map[string]any {
	method, path, _ := strings.Cut(name, " ")
	return object(object(object(s.doc["paths"])[path])[strings.ToLower(method)])
}

// success gives the first status of an operation that is not a failure.
func (s *spec) success(name string) string {
	statuses := make([]string, 0)
	for status := range object(s.operation(name)["responses"]) {
		statuses = append(statuses, status)
	}
	sort.Strings(statuses)
	return statuses[0]
}

// answer says what of an answer is not as described; nil when all is.
func (s *spec) answer(operation string, status int, contentType string, body []byte) []string {
	response := s.resolve(object(s.operation(operation)["responses"])[fmt.Sprint(status)])
	if response == nil && slices.Contains([]int{403, 413, 429, 500, 503}, status) { // any call may end so
		response = s.resolve(map[string]any{"$ref": "#/components/responses/Unavailable"})
	}
	if response == nil {
		return []string{fmt.Sprintf("status %d is not described", status)}
	}
	content := object(response["content"])
	kind, _, _ := strings.Cut(contentType, ";")
	if len(content) == 0 {
		if len(body) > 0 && status != 302 {
			return []string{fmt.Sprintf("status %d is described without a body, and has %q", status, body)}
		}
		return nil
	}
	media := object(content[kind])
	if media == nil {
		return []string{fmt.Sprintf("status %d has content type %q, which is not described", status, contentType)}
	}
	if kind != "application/json" {
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return []string{err.Error()}
	}
	return s.check(media["schema"], value, "$")
}

// check says where value is not as schema wants it.
func (s *spec) check(schema, value any, at string) []string {
	m := s.resolve(schema)
	var wrong []string
	add := func(format string, args ...any) { wrong = append(wrong, at+": "+fmt.Sprintf(format, args...)) }
	for keyword, arg := range m {
		switch keyword {
		case "type":
			if !hasType(arg, value) {
				add("is %T, wanted %v", value, arg)
			}
		case "enum":
			if list, _ := arg.([]any); !slices.Contains(list, value) {
				add("is %v, wanted one of %v", value, arg)
			}
		case "pattern":
			if text, ok := value.(string); ok && !regexp.MustCompile(arg.(string)).MatchString(text) {
				add("%q does not look like %v", text, arg)
			}
		case "items":
			wrong = append(wrong, s.checkItems(arg, value, at)...)
		case "anyOf":
			wrong = append(wrong, s.checkAny(arg.([]any), value, at)...)
		case "properties":
			wrong = append(wrong, s.checkProperties(object(arg), value, at)...)
		case "required":
			wrong = append(wrong, checkRequired(arg.([]any), value, at)...)
		case "additionalProperties":
			wrong = append(wrong, checkDescribed(object(m["properties"]), value, at)...)
		case "description", "format", "examples", "default", "minimum", "maximum", "minLength", "maxLength", "maxItems":
		default:
			add("this test does not know the keyword %s", keyword)
		}
	}
	return wrong
}

func (s *spec) checkItems(schema, value any, at string) (wrong []string) {
	list, _ := value.([]any)
	for i, one := range list {
		wrong = append(wrong, s.check(schema, one, fmt.Sprintf("%s[%d]", at, i))...)
	}
	return wrong
}

func checkRequired(names []any, value any, at string) (wrong []string) {
	for _, name := range names {
		if _, ok := object(value)[name.(string)]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s: %v is missing", at, name))
		}
	}
	return wrong
}

func checkDescribed(properties map[string]any, value any, at string) (wrong []string) {
	for name := range object(value) {
		if properties[name] == nil {
			wrong = append(wrong, fmt.Sprintf("%s: %s is not described", at, name))
		}
	}
	return wrong
}

func (s *spec) checkAny(schemas []any, value any, at string) []string {
	var first []string
	for _, schema := range schemas {
		wrong := s.check(schema, value, at)
		if len(wrong) == 0 {
			return nil
		}
		if first == nil {
			first = wrong
		}
	}
	return first
}

func (s *spec) checkProperties(properties map[string]any, value any, at string) []string {
	var wrong []string
	for name, one := range object(value) {
		if schema, ok := properties[name]; ok {
			wrong = append(wrong, s.check(schema, one, at+"."+name)...)
		}
	}
	return wrong
}

func hasType(want, value any) bool {
	if list, ok := want.([]any); ok {
		return slices.ContainsFunc(list, func(w any) bool { return hasType(w, value) })
	}
	switch v := value.(type) {
	case nil:
		return want == "null"
	case string:
		return want == "string"
	case bool:
		return want == "boolean"
	case float64:
		return want == "number" || (want == "integer" && v == float64(int64(v)))
	case []any:
		return want == "array"
	default:
		return want == "object"
	}
}

var ginParameter = regexp.MustCompile(`:([a-z]+)`)

// asOperation writes a route as the document does.
func asOperation(method, route string) string {
	return method + " " + ginParameter.ReplaceAllString(route, "{$1}")
}

func TestEveryRouteIsDescribed(t *testing.T) {
	s := loadSpec(t)
	described := s.operations()
	var routed []string
	a, err := New(Config{Services: services.New(services.Config{})})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range a.Routes() {
		name := asOperation(r.Method, r.Path)
		routed = append(routed, name)
		if !slices.Contains(described, name) {
			t.Errorf("%s is not described", name)
			continue
		}
		if got := areaOf(s.operation(name)); got != r.Area {
			t.Errorf("%s: the document says area %d, the route %d", name, got, r.Area)
		}
	}
	for _, name := range described {
		local := areaOf(s.operation(name)) == Local // package localapi has those, and a test of its own
		if !local && !slices.Contains(routed, name) {
			t.Errorf("%s is described and not routed", name)
		}
	}
}

// areaOf reads who may make a call from what the document says.
func areaOf(operation map[string]any) Area {
	security, ok := operation["security"].([]any)
	if !ok {
		return Admin
	}
	if _, portal := object(security[0])["portalKey"]; portal {
		return Portal
	}
	if _, local := object(security[0])["local"]; local {
		return Local
	}
	return Open
}

func TestDocumentIsWhole(t *testing.T) {
	s := loadSpec(t)
	ids, tags := map[string]string{}, map[string]bool{}
	for _, tag := range s.doc["tags"].([]any) {
		tags[object(tag)["name"].(string)] = true
	}
	for _, name := range s.operations() {
		op := s.operation(name)
		id, _ := op["operationId"].(string)
		if id == "" || ids[id] != "" {
			t.Errorf("%s: operationId %q is empty or used by %q", name, id, ids[id])
		}
		ids[id] = name
		if text, _ := op["summary"].(string); text == "" {
			t.Errorf("%s has no summary", name)
		}
		for _, tag := range op["tags"].([]any) {
			if !tags[tag.(string)] {
				t.Errorf("%s has the tag %v, which is not described", name, tag)
			}
		}
		s.checkPathParameters(t, name, op)
	}
	s.walk(s.doc)
}

func (s *spec) checkPathParameters(t *testing.T, name string, op map[string]any) {
	t.Helper()
	_, path, _ := strings.Cut(name, " ")
	lists := [][]any{}
	for _, v := range []any{object(object(s.doc["paths"])[path])["parameters"], op["parameters"]} {
		list, _ := v.([]any)
		lists = append(lists, list)
	}
	var given []string
	for _, p := range slices.Concat(lists...) {
		if p := s.resolve(p); p["in"] == "path" {
			given = append(given, p["name"].(string))
		}
	}
	for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
		if !slices.Contains(given, m[1]) {
			t.Errorf("%s: the parameter %s is not described", name, m[1])
		}
	}
}

// walk follows every $ref; one that leads nowhere panics.
func (s *spec) walk(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["$ref"]; ok {
			s.resolve(v)
		}
		for _, one := range v {
			s.walk(one)
		}
	case []any:
		for _, one := range v {
			s.walk(one)
		}
	}
}
