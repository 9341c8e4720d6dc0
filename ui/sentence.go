package ui

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"flowhq"
)

// Sentences that the fleet, the store and the workers say are English: errors, what is wrong with a field, why a worker
// ended. Pages say them in the reader's language. The English sentence itself is the key, with {} where a word varies;
// the translation names those places {1}, {2} … A sentence that is not known stays as it is: better English than
// nothing.

//go:embed sentences_sw.json
var sentencesFile []byte

// phrase is one known sentence: the words between its places, and what to say instead.
type phrase struct {
	pieces []string
	text   string
}

// phrasebook translates sentences into one language; nil leaves them as they are.
type phrasebook struct {
	exact    map[string]string
	phrases  []phrase // with places, the longest fixed text first
	duration func(time.Duration) string
}

func loadPhrases(l translator) (*phrasebook, error) {
	if l.lang == flowhq.English {
		return nil, nil
	}
	var known map[string]string
	if err := json.Unmarshal(sentencesFile, &known); err != nil {
		return nil, fmt.Errorf("sentences of %s: %w", l.lang, err)
	}
	b := &phrasebook{exact: make(map[string]string, len(known)), duration: l.duration}
	for english, text := range known {
		if pieces := strings.Split(english, "{}"); len(pieces) > 1 {
			b.phrases = append(b.phrases, phrase{pieces, text})
		} else {
			b.exact[english] = text
		}
	}
	sort.Slice(b.phrases, func(i, j int) bool {
		x, y := strings.Join(b.phrases[i].pieces, ""), strings.Join(b.phrases[j].pieces, "")
		if len(x) != len(y) {
			return len(x) > len(y)
		}
		return x < y
	})
	return b, nil
}

// say gives a text in the book's language: as a whole where it is known, else by the longest runs of sentences that
// are. What a worker says ends with a remedy, which may be two sentences that are known as one.
func (b *phrasebook) say(english string) string {
	if b == nil || english == "" {
		return english
	}
	var out []string
	for rest := sentencesIn(english); len(rest) > 0; {
		text, n := b.longest(rest)
		out, rest = append(out, text), rest[n:]
	}
	return strings.Join(out, " ")
}

// longest translates as many of the sentences at the beginning as are known together; one stays as it is when none is.
func (b *phrasebook) longest(sentences []string) (text string, n int) {
	for n := len(sentences); n > 0; n-- {
		if text, ok := b.one(strings.Join(sentences[:n], " ")); ok {
			return text, n
		}
	}
	return sentences[0], 1
}

func sentencesIn(text string) []string {
	var out []string
	for text != "" {
		var one string
		one, text = firstSentence(text)
		out = append(out, one)
	}
	return out
}

// firstSentence cuts at the first full stop before a space.
func firstSentence(text string) (first, rest string) {
	for i := 0; i+1 < len(text); i++ {
		if (text[i] == '.' || text[i] == '!' || text[i] == '?') && text[i+1] == ' ' {
			return text[:i+1], strings.TrimLeft(text[i+2:], " ")
		}
	}
	return text, ""
}

func (b *phrasebook) one(english string) (string, bool) {
	if text, ok := b.exact[english]; ok {
		return text, true
	}
	for _, p := range b.phrases {
		if words, ok := p.match(english); ok {
			for i, w := range words {
				words[i] = b.place(w)
			}
			return p.fill(words), true
		}
	}
	return "", false
}

// place gives what stands in a place of a sentence: a text of its own, a length of time ("12m30s", "3 min"), or a word
// that stays as it is.
func (b *phrasebook) place(word string) string {
	if text, ok := b.one(word); ok {
		return text
	}
	if d, err := time.ParseDuration(strings.NewReplacer(" ", "", "min", "m").Replace(word)); err == nil && d > 0 {
		return b.duration(d)
	}
	return word
}

// match tells whether a sentence is of this form, and gives the words in its places.
func (p phrase) match(sentence string) (words []string, ok bool) {
	rest, ok := strings.CutPrefix(sentence, p.pieces[0])
	if !ok {
		return nil, false
	}
	last := p.pieces[len(p.pieces)-1]
	for _, piece := range p.pieces[1 : len(p.pieces)-1] {
		word, after, ok := strings.Cut(rest, piece)
		if !ok {
			return nil, false
		}
		words, rest = append(words, word), after
	}
	word, ok := strings.CutSuffix(rest, last)
	words = append(words, word)
	for _, w := range words {
		ok = ok && w != sentence && !strings.Contains(w, ". ") // a place holds a word, not the next sentence
	}
	return words, ok
}

func (p phrase) fill(words []string) string {
	pairs := make([]string, 0, 2*len(words))
	for i, w := range words {
		pairs = append(pairs, "{"+strconv.Itoa(i+1)+"}", w)
	}
	return strings.NewReplacer(pairs...).Replace(p.text)
}
