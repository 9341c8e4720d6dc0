package ui

import (
	"flowhq/appliance/access"
	"flowhq/locale"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// translator says texts in one language.
type translator struct {
	lang    flowhq.Language
	texts   *locale.Catalogue
	phrases *phrasebook
}

func newTranslator(texts *locale.Catalogue, lang flowhq.Language) (translator, error) {
	l := translator{lang: lang, texts: texts}
	var err error
	l.phrases, err = loadPhrases(l)
	return l, err
}

// text gives the words of a key, with arguments as name and value in turn.
func (l translator) text(key string, args ...any) string {
	return l.texts.Say(l.lang, flowhq.Say(key, args...))
}

// word gives the words of one value of a kind ("status", "ACTIVE"), which stand in the catalogue as page.KIND.VALUE;
// the value itself when it is not known, which a value that another program wrote may cause.
func (l translator) word(kind, value string) string {
	if k := "page." + kind + "." + value; l.texts.Has(k) {
		return l.text(k)
	}
	return value
}

// say gives what the fleet, the store or a worker said in English in this language.
func (l translator) say(english string) string { return l.phrases.say(english) }

// tell gives a text in this language; words without a key as they are known.
func (l translator) tell(t flowhq.Text) string {
	if t.Key == "" {
		return l.say(t.Plain)
	}
	return l.texts.Say(l.lang, t)
}

// message gives what an error says.
func (l translator) message(e *flowhq.Error) string {
	if !e.Text.Empty() {
		return l.tell(e.Text)
	}
	return l.say(e.Message)
}

// fault says what is wrong with a field.
func (l translator) fault(f flowhq.FieldError) string {
	if f.Text.Empty() {
		return l.say(f.Message)
	}
	return l.tell(f.Text)
}

// faults says in one line what is wrong with fields, for a page that has no place beside each of them.
func (l translator) faults(fields []flowhq.FieldError) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = l.word("field", f.Field) + ": " + l.fault(f)
	}
	return strings.Join(parts, "; ")
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
			Name: languageCookie, Value: string(l), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true,
			SameSite: http.SameSiteLaxMode,
		})
	}
	c.Redirect(http.StatusSeeOther, access.SafeNext(c.PostForm("next")))
}
