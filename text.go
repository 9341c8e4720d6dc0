package flowhq

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Text is what a person reads, before a language is chosen: a key of the catalogue (package locale) with its arguments,
// or words that nobody translates (Plain), such as those of a business or of an older version.
//
// Its JSON is a string for Plain alone, else an object {"key", "args"}.
type Text struct {
	Key   string
	Args  map[string]any // strings, numbers and Texts; "count" chooses the plural form
	Plain string         // shown as it is, where Key is ""
}

// Say makes a Text of a key and its arguments, given as name and value in turn. It panics when a value lacks a name:
// that is a mistake in the program.
func Say(key string, args ...any) Text {
	t := Text{Key: key}
	if len(args) == 0 {
		return t
	}
	t.Args = make(map[string]any, len(args)/2)
	for i := 0; i < len(args); i += 2 {
		name, ok := args[i].(string)
		if !ok || i+1 == len(args) {
			panic(fmt.Sprintf("text %s: argument %d is not a name with a value", key, i))
		}
		t.Args[name] = args[i+1]
	}
	return t
}

// Plain makes a Text that is shown as it is in every language.
func Plain(words string) Text { return Text{Plain: words} }

// Empty tells whether there is nothing to show.
func (t Text) Empty() bool { return t.Key == "" && t.Plain == "" }

// String gives the key with its arguments, for logs: worker.exited(code=2).
func (t Text) String() string {
	if t.Key == "" {
		return t.Plain
	}
	if len(t.Args) == 0 {
		return t.Key
	}
	parts := make([]string, 0, len(t.Args))
	for _, name := range slices.Sorted(maps.Keys(t.Args)) {
		parts = append(parts, fmt.Sprintf("%s=%v", name, t.Args[name]))
	}
	return t.Key + "(" + strings.Join(parts, ", ") + ")"
}

type textJSON struct {
	Key  string                     `json:"key"`
	Args map[string]json.RawMessage `json:"args,omitempty"`
}

// MarshalJSON gives a string or an object, see Text.
func (t Text) MarshalJSON() ([]byte, error) {
	if t.Key == "" {
		return json.Marshal(t.Plain)
	}
	return json.Marshal(struct {
		Key  string         `json:"key"`
		Args map[string]any `json:"args,omitempty"`
	}{t.Key, t.Args})
}

// UnmarshalJSON takes a string or an object, see Text. Arguments come back as string, float64, bool or Text.
func (t *Text) UnmarshalJSON(data []byte) error {
	*t = Text{}
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &t.Plain)
	}
	var in textJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("read a text: %w", err)
	}
	t.Key = in.Key
	if len(in.Args) > 0 {
		t.Args = make(map[string]any, len(in.Args))
	}
	for name, raw := range in.Args {
		value, err := readArgument(raw)
		if err != nil {
			return fmt.Errorf("read argument %s of text %s: %w", name, in.Key, err)
		}
		t.Args[name] = value
	}
	return nil
}

func readArgument(raw json.RawMessage) (any, error) {
	if len(raw) > 0 && raw[0] == '{' {
		var t Text
		err := json.Unmarshal(raw, &t)
		return t, err
	}
	var v any
	err := json.Unmarshal(raw, &v)
	return v, err
}
