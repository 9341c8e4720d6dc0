package locale

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"flowhq"
)

//go:embed en sw
var files embed.FS

// Catalogue says texts in English and Swahili. It is safe for use by many goroutines.
type Catalogue struct {
	byLanguage map[flowhq.Language]*i18n.Localizer
}

// New reads the embedded texts.
func New() (*Catalogue, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	for _, lang := range flowhq.Languages() {
		if err := load(bundle, tag(lang)); err != nil {
			return nil, err
		}
	}
	c := &Catalogue{byLanguage: make(map[flowhq.Language]*i18n.Localizer)}
	for _, lang := range flowhq.Languages() {
		c.byLanguage[lang] = i18n.NewLocalizer(bundle, tag(lang))
	}
	return c, nil
}

func tag(lang flowhq.Language) string { return strings.ToLower(string(lang)) }

// load reads the files of one language; the library takes its language from the name's middle part.
func load(bundle *i18n.Bundle, lang string) error {
	names, err := fs.Glob(files, lang+"/*.json")
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		if _, err := bundle.ParseMessageFileBytes(data, "texts."+lang+".json"); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// Say gives a text in a language. A key that is not in the catalogue, as a newer worker may send it, is given as it is.
func (c *Catalogue) Say(lang flowhq.Language, t flowhq.Text) string {
	if t.Key == "" {
		return t.Plain
	}
	l, ok := c.byLanguage[lang]
	if !ok {
		l = c.byLanguage[flowhq.English]
	}
	config := &i18n.LocalizeConfig{MessageID: t.Key, PluralCount: t.Args["count"]}
	if len(t.Args) > 0 {
		config.TemplateData = c.arguments(lang, t.Args)
	}
	if n, ok := config.PluralCount.(float64); ok { // from JSON
		config.PluralCount = int(n)
	}
	words, err := l.Localize(config)
	if err != nil && words == "" {
		return t.String()
	}
	return words
}

func (c *Catalogue) arguments(lang flowhq.Language, args map[string]any) map[string]any {
	out := make(map[string]any, len(args))
	for name, v := range args {
		if t, ok := v.(flowhq.Text); ok {
			v = c.Say(lang, t)
		}
		out[name] = v
	}
	return out
}

// Error gives what a person may read of an error: the text of a flowhq.Error with its wrong fields; "" for any other error.
func (c *Catalogue) Error(lang flowhq.Language, err error) string {
	e, ok := errors.AsType[*flowhq.Error](err)
	if !ok {
		return ""
	}
	if e.Text.Empty() {
		return e.Message
	}
	return c.Say(lang, e.Text)
}
