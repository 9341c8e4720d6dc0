package ui

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
)

//go:embed locales
var localeFiles embed.FS

// locale holds the texts of one language by key, and how it says what is told in English.
type locale struct {
	lang    flowhq.Language
	texts   map[string]string
	phrases *phrasebook
}

func loadLocale(lang flowhq.Language) (locale, error) {
	data, err := localeFiles.ReadFile("locales/" + strings.ToLower(string(lang)) + ".json")
	if err != nil {
		return locale{}, fmt.Errorf("read texts: %w", err)
	}
	l := locale{lang: lang}
	if err := json.Unmarshal(data, &l.texts); err != nil {
		return locale{}, fmt.Errorf("texts of %s: %w", lang, err)
	}
	l.phrases, err = loadPhrases(lang)
	return l, err
}

// say gives what the fleet, the store or a worker said in English in this language.
func (l locale) say(english string) string { return l.phrases.say(english) }

// faults says in one line what is wrong with fields, for a page that has no place beside each of them.
func (l locale) faults(fields []flowhq.FieldError) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = l.word("field", f.Field) + ": " + l.say(f.Message)
	}
	return strings.Join(parts, "; ")
}

// text gives the text of a key; the key itself when there is none, which a value that another program wrote may cause.
func (l locale) text(key string) string {
	if s, ok := l.texts[key]; ok {
		return s
	}
	return key
}

// count gives the text of a key for a number: key_one for 1, else key.
func (l locale) count(key string, n int) string {
	if s, ok := l.texts[key+"_one"]; ok && n == 1 {
		return s
	}
	return l.text(key)
}

// word gives the text of one value of a kind ("status", "ACTIVE"); the value itself when it is not known.
func (l locale) word(kind, value string) string {
	if s, ok := l.texts[kind+"."+value]; ok {
		return s
	}
	return value
}

const languageCookie = "flowhq_language"

// language gives the reader's language: what was chosen, else what the browser asks for first, else English.
func language(r *http.Request) flowhq.Language {
	if chosen, err := r.Cookie(languageCookie); err == nil {
		if l := flowhq.Language(chosen.Value); l == flowhq.Swahili || l == flowhq.English {
			return l
		}
	}
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		switch tag = strings.ToLower(strings.TrimSpace(tag)); {
		case strings.HasPrefix(tag, "sw"):
			return flowhq.Swahili
		case strings.HasPrefix(tag, "en"):
			return flowhq.English
		}
	}
	return flowhq.English
}

func (h *accessPages) setLanguage(c *gin.Context) {
	if l := flowhq.Language(c.PostForm("lang")); l == flowhq.Swahili || l == flowhq.English {
		http.SetCookie(c.Writer, &http.Cookie{
			Name: languageCookie, Value: string(l), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
	}
	c.Redirect(http.StatusSeeOther, localPath(c.PostForm("next")))
}

// homePath is where a browser goes after signing in, when it came for nothing in particular.
const homePath = "/admin/overview"

// localPath lets only a path of this site through, so that no form can send a browser elsewhere.
func localPath(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n") {
		return homePath
	}
	return next
}
