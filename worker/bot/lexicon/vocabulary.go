package lexicon

import (
	"maps"
	"slices"
)

// maxGap is how many other words a "*" in a phrase stands for at most.
const maxGap = 3

// Match is a phrase found in a message.
type Match struct {
	Meaning  int
	At, End  int  // first token, and the one after the last
	Words    int  // how many words the phrase has
	Typos    int  // how many of them are mistyped
	Language int8 // see LanguageNumber
	Whole    bool // the phrase counts only as the whole message
}

// Vocabulary finds phrases. Fill it first; after that it is safe for use by many goroutines, which must not change it.
type Vocabulary struct {
	names   []string // of the meanings
	phrases []phrase
	first   map[string][]int32  // by the first word
	verbs   map[string][]verb   // phrases that begin with a verb, by the end of its root: see verbKey
	roots   map[string][]string // every root, by the same key
	known   map[string]Known    // every word of every phrase, and the plain words that are no typo of another
	long    [][]string          // known words of at least minSlip letters, by length
	around  []int               // meanings that may stand around a phrase that is to be the whole message
	light   []int               // meanings that hide no other one beneath a longer phrase of theirs
}

// Known says what a known word is.
type Known uint8

// What a word is known as; the later count for more.
const (
	UnknownWord Known = iota
	PlainWord         // no typo of another word, and of no meaning itself
	PhraseWord        // part of a phrase
)

type verb struct {
	root   string
	phrase int32
}

// NewVocabulary makes an empty vocabulary.
func NewVocabulary() *Vocabulary {
	return &Vocabulary{
		first: map[string][]int32{}, verbs: map[string][]verb{}, roots: map[string][]string{},
		known: map[string]Known{}, long: make([][]string, 24),
	}
}

// Clone gives a copy that can be added to.
func (v *Vocabulary) Clone() *Vocabulary {
	c := &Vocabulary{
		names: slices.Clone(v.names), phrases: slices.Clone(v.phrases), verbs: cloneLists(v.verbs),
		roots: cloneLists(v.roots),
		first: cloneLists(v.first), known: maps.Clone(v.known), long: make([][]string, len(v.long)),
		around: v.around, light: v.light,
	}
	for n, words := range v.long {
		c.long[n] = slices.Clip(words)
	}
	return c
}

// cloneLists copies a map of lists so that adding to one of them does not touch the original.
func cloneLists[T any](m map[string][]T) map[string][]T {
	c := make(map[string][]T, len(m))
	for k, list := range m {
		c[k] = slices.Clip(list)
	}
	return c
}

// InPhrase tells whether a word is part of some phrase.
func (v *Vocabulary) InPhrase(word string) bool { return v.known[word] == PhraseWord }

// Knows tells whether a word is part of some phrase, or one of the plain words.
func (v *Vocabulary) Knows(word string) bool { return v.known[word] != UnknownWord }

// Meanings lists the names of the meanings; their numbers count from 0.
func (v *Vocabulary) Meanings() []string { return v.names }

// SetCourtesies says which meanings may stand around a phrase that is to be the whole message (around), and which hide
// no other meaning beneath a longer phrase of theirs (light).
func (v *Vocabulary) SetCourtesies(around, light []int) { v.around, v.light = around, light }

// Lookup gives the number of a meaning; -1 when there is none of that name.
func (v *Vocabulary) Lookup(name string) int { return slices.Index(v.names, name) }

// Meaning gives the number of a meaning by its name, a new one when it was not there.
func (v *Vocabulary) Meaning(name string) int {
	if n := slices.Index(v.names, name); n >= 0 {
		return n
	}
	v.names = append(v.names, name)
	return len(v.names) - 1
}

// Add compiles one phrase of a meaning and a language (see LanguageNumber). A text without a word is an error.
func (v *Vocabulary) Add(meaning int, language int8, text string) error {
	p, err := parsePhrase(text)
	if err != nil {
		return err
	}
	p.meaning, p.language = meaning, language
	v.phrases = append(v.phrases, p)
	at := int32(len(v.phrases) - 1)
	for _, w := range p.parts[0].words {
		v.first[w] = append(v.first[w], at)
	}
	for _, root := range p.parts[0].verbs {
		v.verbs[verbKey(root)] = append(v.verbs[verbKey(root)], verb{root: root, phrase: at})
	}
	for _, part := range p.parts {
		for _, w := range part.words {
			v.Know(w, PhraseWord)
		}
		for _, root := range part.verbs {
			if key := verbKey(root); !slices.Contains(v.roots[key], root) {
				v.roots[key] = append(v.roots[key], root)
			}
			v.Know(root, PhraseWord)
			v.Know("ku"+root, PhraseWord)
		}
	}
	return nil
}

// Know adds a single word. A word of a phrase is also found when it is mistyped.
func (v *Vocabulary) Know(word string, as Known) {
	before := v.known[word]
	if before >= as {
		return
	}
	v.known[word] = as
	if as == PhraseWord && len(word) >= MinTypo && len(word) < len(v.long) {
		v.long[len(word)] = append(v.long[len(word)], word)
	}
}

// Remove takes a phrase, as it was written, from the given meanings; false when none of them has it.
func (v *Vocabulary) Remove(text string, from []int) bool {
	gone, err := parsePhrase(text)
	if err != nil {
		return false
	}
	found := false
	for i := range v.phrases {
		p := &v.phrases[i]
		if slices.Contains(from, p.meaning) && p.whole == gone.whole && p.takes(gone) {
			found = true
		}
	}
	return found
}

// Word is a word of a message as the vocabulary knows it: itself, or the words that it may be a typo of.
type Word struct {
	Exact string
	Typos []string
}

// Words looks a message's words up: what is known stays as it is, what is not may be a typo of a known word.
func (v *Vocabulary) Words(tokens []Token) []Word {
	out := make([]Word, len(tokens))
	for i := range tokens {
		w := tokens[i].Text
		out[i].Exact = w
		if tokens[i].Kind != WordToken || v.known[w] != UnknownWord || v.verbForm(w) {
			continue
		}
		if s := undouble(w); s != w && v.known[s] != UnknownWord {
			out[i].Exact = s
			continue
		}
		out[i].Typos = v.nearest(w)
	}
	return out
}

// verbForm tells whether w is a form of a verb of some phrase.
func (v *Vocabulary) verbForm(w string) bool {
	found := false
	eachStem(w, func(stem string) {
		for _, root := range v.roots[verbKey(stem)] {
			found = found || verbForm(stem, root)
		}
	})
	return found
}

// nearest gives the known words that w is one typo away from; nil when there is none.
func (v *Vocabulary) nearest(w string) []string {
	if len(w) < MinTypo-1 || len(w) >= len(v.long)-1 {
		return nil
	}
	var found []string
	for length := max(MinTypo, len(w)-1); length <= len(w)+1; length++ {
		for _, known := range v.long[length] {
			if OneTypo(w, known) {
				found = append(found, known)
			}
		}
	}
	return found
}

// undouble writes every doubled letter of a word once: yess, sawaa. Short words are left alone: Ann is a name.
func undouble(w string) string {
	if len(w) < 4 {
		return w
	}
	for i := 1; i < len(w); i++ {
		if w[i] == w[i-1] {
			b := []byte{w[0]}
			for j := 1; j < len(w); j++ {
				if w[j] != w[j-1] {
					b = append(b, w[j])
				}
			}
			return string(b)
		}
	}
	return w
}

// Find gives every phrase of the vocabulary in the message, those within a longer one left out. Around tells which
// tokens are courtesies or symbols: they may stand around a phrase that is to be the whole message.
func (v *Vocabulary) Find(tokens []Token, words []Word) (matches []Match, around []bool) {
	for i := range words {
		matches = v.findAt(matches, words, i)
	}
	matches = v.longest(matches)
	around = v.courtesies(tokens, matches)
	all := matches
	matches = slices.DeleteFunc(slices.Clone(matches), func(m Match) bool { return m.Whole && !alone(around, all, m) })
	return matches, around
}

// findAt adds the phrases that begin at token i.
func (v *Vocabulary) findAt(matches []Match, words []Word, i int) []Match {
	for _, at := range v.first[words[i].Exact] {
		matches = v.try(matches, int(at), words, i, 0)
	}
	for _, s := range words[i].Typos {
		for _, at := range v.first[s] {
			matches = v.try(matches, int(at), words, i, 1)
		}
	}
	eachStem(words[i].Exact, func(stem string) {
		for _, verb := range v.verbs[verbKey(stem)] {
			if verbForm(stem, verb.root) {
				matches = v.try(matches, int(verb.phrase), words, i, 0)
			}
		}
	})
	return matches
}

func (v *Vocabulary) courtesies(tokens []Token, matches []Match) []bool {
	around := make([]bool, len(tokens))
	for i := range tokens {
		around[i] = tokens[i].Kind == SymbolToken
	}
	for _, m := range matches {
		if slices.Contains(v.around, m.Meaning) {
			for i := m.At; i < m.End; i++ {
				around[i] = true
			}
		}
	}
	return around
}

// try adds the phrase at token i when its other words follow.
func (v *Vocabulary) try(matches []Match, at int, words []Word, i int, typos int) []Match {
	p := &v.phrases[at]
	if p.meaning < 0 {
		return matches
	}
	end := i + 1
	for n := range p.parts[1:] {
		next, more, ok := p.parts[n+1].after(words, end)
		if !ok {
			return matches
		}
		end, typos = next, typos+more
	}
	return append(matches, Match{
		Meaning: p.meaning, At: i, End: end, Words: len(p.parts), Typos: typos, Language: p.language, Whole: p.whole,
	})
}

// alone tells that the tokens outside a match are all courtesies, or say the same once more: "stop, stop".
func alone(around []bool, matches []Match, m Match) bool {
	for i, b := range around {
		if b || i >= m.At && i < m.End {
			continue
		}
		again := func(o Match) bool { return o.Whole && o.Meaning == m.Meaning && o.At <= i && i < o.End }
		if !slices.ContainsFunc(matches, again) {
			return false
		}
	}
	return true
}

// longest drops every match that lies within a longer one, whatever the two mean: "problem" within "no problem".
func (v *Vocabulary) longest(matches []Match) []Match {
	out := make([]Match, 0, len(matches))
	for i := range matches {
		hidden := false
		for j := range matches {
			if i != j && v.hides(&matches[j], &matches[i]) {
				hidden = true
				break
			}
		}
		if !hidden {
			out = append(out, matches[i])
		}
	}
	return out
}

// hides tells whether a match counts instead of another one within it.
func (v *Vocabulary) hides(long, short *Match) bool {
	if long.At > short.At || long.End < short.End || long.Typos > short.Typos {
		return false
	}
	longer := long.Words > short.Words || long.Words == short.Words && long.At == short.At && long.End > short.End
	return longer && !long.Whole && !slices.Contains(v.light, long.Meaning)
}
