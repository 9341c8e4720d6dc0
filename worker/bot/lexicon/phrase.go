package lexicon

import (
	"fmt"
	"slices"
	"strings"
)

// A phrase is what words.txt and the flows write between commas:
//
//	bei                     one whole word
//	kesho kutwa             several, in this order, next to each other
//	talk/speak * person     "/" between words of which one must stand there; "*" for up to three words of any kind
//	=acha                   the whole message, greetings and polite words apart
//	-agiza                  any form of a Swahili verb but the negative ones: naagiza, kuagiza, nimeagiza, tuagize
type phrase struct {
	meaning  int
	parts    []part
	whole    bool
	language int8 // 0: none in particular, 1: Swahili, 2: English
}

type part struct {
	words []string
	verbs []string
	gap   bool // up to maxGap words may stand before it
}

// takes removes the single word of gone from a phrase of one part; of longer phrases, only the very same one is
// emptied.
func (p *phrase) takes(gone phrase) bool {
	if len(p.parts) != len(gone.parts) {
		return false
	}
	for i, part := range gone.parts {
		for _, w := range part.words {
			if !slices.Contains(p.parts[i].words, w) {
				return false
			}
		}
		for _, root := range part.verbs {
			if !slices.Contains(p.parts[i].verbs, root) {
				return false
			}
		}
	}
	p.meaning = -1
	return true
}

// PhraseError says that a text is not a phrase: it holds no word, or not single words between slashes.
type PhraseError struct {
	Text    string
	Slashes bool
}

// Error gives a text for logs.
func (e *PhraseError) Error() string {
	if e.Slashes {
		return fmt.Sprintf("%q: between slashes there must be single words", e.Text)
	}
	return fmt.Sprintf("%q holds no word", e.Text)
}

func parsePhrase(text string) (phrase, error) {
	var p phrase
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "="); ok {
		p.whole, text = true, rest
	}
	gap := false
	for field := range strings.FieldsSeq(text) {
		if field == "*" {
			gap = len(p.parts) > 0
			continue
		}
		parts, err := parseParts(field)
		if err != nil {
			return p, err
		}
		parts[0].gap, gap = gap, false
		p.parts = append(p.parts, parts...)
	}
	if len(p.parts) == 0 {
		return p, &PhraseError{Text: text}
	}
	return p, nil
}

// parseParts reads one field of a phrase: a word, words with "/" between them, or a word that folds to several tokens.
func parseParts(field string) ([]part, error) {
	if !strings.ContainsAny(field, "/") && !strings.HasPrefix(field, "-") {
		var parts []part
		for _, t := range Tokenize(field) {
			parts = append(parts, part{words: []string{t.Text}})
		}
		if len(parts) == 0 {
			return nil, &PhraseError{Text: field}
		}
		return parts, nil
	}
	var one part
	for alternative := range strings.SplitSeq(field, "/") {
		root, isVerb := strings.CutPrefix(alternative, "-")
		tokens := Tokenize(root)
		if len(tokens) != 1 {
			return nil, &PhraseError{Text: field, Slashes: true}
		}
		if isVerb {
			one.verbs = append(one.verbs, tokens[0].Text)
		} else {
			one.words = append(one.words, tokens[0].Text)
		}
	}
	return []part{one}, nil
}

func (p *part) after(words []Word, at int) (end, typos int, ok bool) {
	limit := at
	if p.gap {
		limit = at + maxGap
	}
	for i := at; i <= limit && i < len(words); i++ {
		if typos, ok := p.match(words[i]); ok {
			return i + 1, typos, true
		}
	}
	return 0, 0, false
}

func (p *part) match(w Word) (typos int, ok bool) {
	if slices.Contains(p.words, w.Exact) {
		return 0, true
	}
	for _, s := range w.Typos {
		if slices.Contains(p.words, s) {
			return 1, true
		}
	}
	for _, root := range p.verbs {
		if IsVerbForm(w.Exact, root) {
			return 0, true
		}
	}
	return 0, false
}
