package lexicon

import (
	"fmt"
	"strings"
)

// Read adds the lines of words.txt: "meaning.language: phrase, phrase", and "plain: word, word".
func (v *Vocabulary) Read(text string) error {
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

func (v *Vocabulary) readWords(name, words string) error {
	meaning, language, _ := strings.Cut(name, ".")
	for word := range strings.SplitSeq(words, ",") {
		if strings.TrimSpace(word) == "" {
			continue
		}
		if name == "plain" {
			for _, t := range Tokenize(word) {
				v.Know(t.Text, PlainWord)
			}
			continue
		}
		if err := v.Add(v.Meaning(meaning), LanguageNumber(language), word); err != nil {
			return err
		}
	}
	return nil
}

// LanguageNumber gives the number of a language in phrases and matches: 1 for "sw", 2 for "en", 0 for any other.
func LanguageNumber(code string) int8 {
	switch code {
	case "sw":
		return 1
	case "en":
		return 2
	}
	return 0
}
