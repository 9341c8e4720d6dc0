package locale

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"flowhq"
)

//go:embed en sw
var files embed.FS

// Catalogue says texts in English and Swahili. It is safe for use by many goroutines.
type Catalogue struct {
	speakers map[flowhq.Language]*speaker
}

// speaker says texts in one language.
type speaker struct {
	localizer *i18n.Localizer
	known     map[string]string // every key; its text where it is the same for all arguments, else ""
}

// New reads the embedded texts.
func New() (*Catalogue, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	c := &Catalogue{speakers: make(map[flowhq.Language]*speaker)}
	for _, lang := range flowhq.Languages() {
		known, err := load(bundle, tag(lang))
		if err != nil {
			return nil, err
		}
		c.speakers[lang] = &speaker{known: known}
	}
	for lang, s := range c.speakers {
		s.localizer = i18n.NewLocalizer(bundle, tag(lang))
	}
	return c, nil
}

func tag(lang flowhq.Language) string { return strings.ToLower(string(lang)) }

// load reads the files of one language; the library takes its language from the name's middle part.
func load(bundle *i18n.Bundle, lang string) (map[string]string, error) {
	names, err := fs.Glob(files, lang+"/*.json")
	if err != nil {
		return nil, err
	}
	known := make(map[string]string)
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file, err := bundle.ParseMessageFileBytes(data, "texts."+lang+".json")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, m := range file.Messages {
			known[m.ID] = ""
			if m.One == "" && !strings.Contains(m.Other, "{{") {
				known[m.ID] = m.Other
			}
		}
	}
	return known, nil
}

// Has tells whether the catalogue holds a key.
func (c *Catalogue) Has(key string) bool {
	_, ok := c.in(flowhq.English).known[key]
	return ok
}

// in gives the speaker of a language; of English for any other.
func (c *Catalogue) in(lang flowhq.Language) *speaker {
	if s, ok := c.speakers[lang]; ok {
		return s
	}
	return c.speakers[flowhq.English]
}

// Say gives a text in a language. The argument "count" chooses the plural form and is written with its thousands apart;
// an argument that is missing is written as "?". A key that is not in the catalogue, as a newer worker may send it, is
// given as it is.
func (c *Catalogue) Say(lang flowhq.Language, t flowhq.Text) string {
	if t.Key == "" {
		return t.Plain
	}
	s := c.in(lang)
	if words := s.known[t.Key]; words != "" {
		return words
	}
	config := &i18n.LocalizeConfig{MessageID: t.Key, TemplateData: c.arguments(lang, t.Args)}
	if n, ok := wholeNumber(t.Args["count"]); ok {
		config.PluralCount = n
	}
	words, err := s.localizer.Localize(config)
	if err != nil && words == "" {
		return t.String()
	}
	return strings.ReplaceAll(words, "<no value>", "?")
}

func (c *Catalogue) arguments(lang flowhq.Language, args map[string]any) map[string]any {
	out := make(map[string]any, len(args))
	for name, v := range args {
		if t, ok := v.(flowhq.Text); ok {
			v = c.Say(lang, t)
		}
		if n, ok := wholeNumber(v); ok && name == "count" {
			v = Number(n)
		}
		out[name] = v
	}
	return out
}

// wholeNumber reads a number as it was given, or as it came back from JSON.
func wholeNumber(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	case float64:
		return int64(n), true
	}
	return 0, false
}

// Number writes a whole number with its thousands apart: 12,345 in both languages, as is usual in East Africa.
func Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// English gives an error in plain English, for what has no reader's language: the command line and the log of a start.
// It reads the catalogue for that.
func English(err error) string {
	c, broken := New()
	if broken != nil {
		return err.Error()
	}
	if words := c.Error(flowhq.English, err); words != "" {
		return words
	}
	return err.Error()
}

// Field says what is wrong with a field.
func (c *Catalogue) Field(lang flowhq.Language, f flowhq.FieldError) string {
	if f.Text.Empty() {
		return f.Message
	}
	return c.Say(lang, f.Text)
}

// Error gives what a person may read of an error: the text of a flowhq.Error, or its wrong fields; "" for any other
// error.
func (c *Catalogue) Error(lang flowhq.Language, err error) string {
	e, ok := errors.AsType[*flowhq.Error](err)
	if !ok {
		return ""
	}
	switch {
	case !e.Text.Empty():
		return c.Say(lang, e.Text)
	case len(e.Fields) > 0:
		parts := make([]string, len(e.Fields))
		for i, f := range e.Fields {
			parts[i] = f.Field + ": " + c.Field(lang, f)
		}
		return strings.Join(parts, "; ")
	}
	return e.Message
}
