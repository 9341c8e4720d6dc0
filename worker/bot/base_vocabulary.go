package bot

import (
	_ "embed"
	"strings"

	"flowhq/worker/bot/lexicon"
	"flowhq/worker/bot/when"
)

//go:embed words.txt
var wordsText string

// baseVocabulary is what words.txt says: made when it is needed, never changed after. A flow's own vocabulary is a copy
// with the flow's words added.
func baseVocabulary() *lexicon.Vocabulary {
	v, _ := words.get() // never fails
	return v
}

var words = weakCache[lexicon.Vocabulary]{build: func() (*lexicon.Vocabulary, error) {
	v := lexicon.NewVocabulary()
	if err := v.Read(wordsText); err != nil {
		panic("words.txt: " + err.Error()) // a fault of the build, and a test reads the same text
	}
	for _, w := range when.Words() {
		v.Know(w, lexicon.PhraseWord)
	}
	return v, nil
}}

// publicMeanings are the names that a flow may use under "means" and "hints".
func publicMeanings() []string {
	var out []string
	for _, name := range baseVocabulary().Meanings() {
		if !strings.HasPrefix(name, "fact_") {
			out = append(out, name)
		}
	}
	return out
}
