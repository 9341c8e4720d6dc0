package bot

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	yamltoken "github.com/goccy/go-yaml/token"

	"flowhq"
	"flowhq/locale/key"
	"flowhq/worker/bot/lexicon"
)

// MaxFlowSize is how many bytes a flow's YAML may have.
const MaxFlowSize = 256 << 10

// maxDepth is how deep a flow's YAML may be nested; the schema needs six levels.
const maxDepth = 24

// scalar is a text of the YAML with its place.
type scalar struct {
	text string
	at   position
}

// entry is one key of a mapping with its value.
type entry struct {
	key   scalar
	value ast.Node
}

// parseYAML gives the root of a YAML document that is one mapping, without anchors, aliases, tags or merge keys: they
// have no use in a flow, and aliases can make a small file huge.
func parseYAML(text []byte) (root ast.Node, err error) {
	defer func() {
		// The parser is handed what people typed; should it stumble, the flow does not load, and nothing else happens.
		if r := recover(); r != nil {
			root, err = nil, wrongAtStart(key.FlowYamlUnreadable)
		}
	}()
	if len(text) > MaxFlowSize {
		return nil, wrongAtStart(key.FlowTooLarge, "limit", MaxFlowSize>>10)
	}
	tokens := lexer.Tokenize(string(text))
	if p := refusedToken(tokens); p != nil {
		return nil, Problems{*p}
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, Problems{syntaxProblem(err, string(text))}
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, wrongAtStart(key.FlowEmpty)
	}
	if len(file.Docs) > 1 {
		return nil, wrongAtStart(key.FlowOneDocument)
	}
	return file.Docs[0].Body, nil
}

func refusedToken(tokens yamltoken.Tokens) *flowhq.FlowProblem {
	depth := 0
	for _, t := range tokens {
		what := ""
		switch t.Type {
		case yamltoken.AnchorType, yamltoken.AliasType:
			what = key.FlowAnchors
		case yamltoken.TagType:
			what = key.FlowTags
		case yamltoken.MergeKeyType:
			what = key.FlowMergeKeys
		case yamltoken.MappingStartType, yamltoken.SequenceStartType:
			if depth++; depth > maxDepth {
				what = key.FlowTooDeep
			}
		case yamltoken.MappingEndType, yamltoken.SequenceEndType:
			depth--
		}
		if t.Position != nil && t.Position.Column > 400 && t.Type == yamltoken.SequenceEntryType {
			what = key.FlowTooDeep
		}
		if what != "" {
			return new(problemAt(tokenPosition(t), flowhq.Say(what)))
		}
	}
	return nil
}

func tokenPosition(t *yamltoken.Token) position {
	if t == nil || t.Position == nil {
		return position{1, 1}
	}
	return position{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// syntaxProblem takes the place and the words out of an error of the YAML parser: the words are the library's own.
func syntaxProblem(err error, text string) flowhq.FlowProblem {
	at := position{1, 1}
	words, format := err.Error(), "this is no YAML: %s"
	if e, ok := errors.AsType[yaml.Error](err); ok {
		words = e.GetMessage()
		at = tokenPosition(e.GetToken())
	}
	lines := strings.SplitN(text, "\n", at.line+1)
	if at.line <= len(lines) && strings.Contains(lines[at.line-1], ": {") {
		format = "this is no YAML: %s; a text that begins with { must stand in quotes"
	}
	return problemAt(at, flowhq.Plain(fmt.Sprintf(format, words)))
}

func nodePosition(n ast.Node) position {
	if n == nil {
		return position{1, 1}
	}
	if m, ok := n.(*ast.MappingValueNode); ok {
		return tokenPosition(m.Key.GetToken())
	}
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return tokenPosition(m.Values[0].Key.GetToken())
	}
	return tokenPosition(n.GetToken())
}

// isMapping tells whether a node has names with a colon behind each.
func isMapping(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// entriesOf gives the keys of a mapping in their order; a key that stands there twice is a problem. What names the
// mapping: a word of the flow, or a flowhq.Text.
func (f *findings) entriesOf(n ast.Node, what any) []entry {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		f.add(nodePosition(n), key.FlowWantsNames, "what", what)
		return nil
	}
	seen := map[string]bool{}
	out := make([]entry, 0, len(values))
	for _, v := range values {
		name := scalar{text: v.Key.GetToken().Value, at: tokenPosition(v.Key.GetToken())}
		if seen[name.text] {
			f.add(name.at, key.FlowKeyTwice, "name", name.text)
			continue
		}
		seen[name.text] = true
		out = append(out, entry{key: name, value: v.Value})
	}
	return out
}

// itemsOf gives the items of a list; a single scalar counts as a list of one.
func (f *findings) itemsOf(n ast.Node, what string) []ast.Node {
	switch s := n.(type) {
	case *ast.SequenceNode:
		return s.Values
	case *ast.MappingNode, *ast.MappingValueNode, *ast.NullNode:
		f.add(nodePosition(n), key.FlowWantsList, "what", what)
		return nil
	}
	return []ast.Node{n}
}

// textOf gives a text. Numbers and words like yes stand for themselves.
func (f *findings) textOf(n ast.Node, what string) (scalar, bool) {
	at := nodePosition(n)
	switch s := n.(type) {
	case *ast.StringNode:
		return scalar{s.Value, at}, true
	case *ast.LiteralNode:
		return scalar{strings.TrimRight(s.Value.Value, "\n"), at}, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return scalar{n.GetToken().Value, at}, true
	}
	f.add(at, key.FlowWantsText, "what", what)
	return scalar{}, false
}

func (f *findings) textsOf(n ast.Node, what string) []scalar {
	var out []scalar
	for _, item := range f.itemsOf(n, what) {
		if s, ok := f.textOf(item, what); ok {
			out = append(out, s)
		}
	}
	return out
}

func (f *findings) boolOf(n ast.Node, what string) bool {
	if b, ok := n.(*ast.BoolNode); ok {
		return b.Value
	}
	f.add(nodePosition(n), key.FlowWantsBool, "what", what)
	return false
}

func (f *findings) intOf(n ast.Node, what string, low, high int) int {
	if i, ok := n.(*ast.IntegerNode); ok {
		v, err := strconv.Atoi(i.GetToken().Value)
		if err == nil && v >= low && v <= high {
			return v
		}
	}
	f.add(nodePosition(n), key.FlowWantsNumber, "what", what, "from", low, "to", high)
	return low
}

// unknownKey says that a key is not known here, and which one may have been meant.
func (f *findings) unknownKey(name scalar, known ...string) {
	for _, k := range known {
		if lexicon.OneTypo(name.text, k) {
			f.add(name.at, key.FlowKeyTypo, "name", name.text, "meant", k)
			return
		}
	}
	f.add(name.at, key.FlowKeyUnknown, "name", name.text, "known", strings.Join(known, ", "))
}
