package bot

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed words.txt
var wordsText string

// baseVocabulary is what words.txt says: made when it is needed, never changed after. A flow's own vocabulary is a copy
// with the flow's words added.
func baseVocabulary() *vocabulary {
	v, _ := words.get() // never fails
	return v
}

var words = kept[vocabulary]{build: func() (*vocabulary, error) {
	v := newVocabulary()
	if err := v.read(wordsText); err != nil {
		panic("words.txt: " + err.Error()) // a fault of the build, and a test reads the same text
	}
	for w, c := range calendarWords() {
		if c.kind != wordJuma { // a name, but before tatu, nne and tano
			v.know(w, phraseWord)
		}
	}
	return v, nil
}}

// publicMeanings are the names that a flow may use under "means" and "hints".
func publicMeanings() []string {
	var out []string
	for _, name := range baseVocabulary().names {
		if !strings.HasPrefix(name, "fact_") {
			out = append(out, name)
		}
	}
	return out
}

// read adds the lines of words.txt: "meaning.language: phrase, phrase", and "plain: word, word".
func (v *vocabulary) read(text string) error {
	name := ""
	for n, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words := line
		if !strings.HasPrefix(line, " ") {
			var ok bool
			if name, words, ok = strings.Cut(line, ":"); !ok {
				return fmt.Errorf("line %d: wants a name and a colon", n+1)
			}
		}
		if err := v.readWords(name, words); err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return nil
}

func (v *vocabulary) readWords(name, words string) error {
	meaning, language, _ := strings.Cut(name, ".")
	for word := range strings.SplitSeq(words, ",") {
		if strings.TrimSpace(word) == "" {
			continue
		}
		if name == "plain" {
			for _, t := range cut(word) {
				v.know(t.text, plainWord)
			}
			continue
		}
		if err := v.add(v.meaning(meaning), languageNumber(language), word); err != nil {
			return err
		}
	}
	return nil
}

func languageNumber(code string) int8 {
	switch code {
	case "sw":
		return 1
	case "en":
		return 2
	}
	return 0
}
