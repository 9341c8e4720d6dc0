package bot

import (
	"maps"
	"slices"
)

// maxGap is how many other words a "*" in a phrase stands for at most.
const maxGap = 3

// hit is a phrase found in a message.
type hit struct {
	meaning  int
	at, end  int // first token, and the one after the last
	words    int // how many tokens the phrase itself matched
	slips    int
	language int8
	whole    bool
}

// vocabulary finds phrases. It is compiled once and never changed after.
type vocabulary struct {
	names   []string // of the meanings
	phrases []phrase
	first   map[string][]int32  // by the first word
	verbs   map[string][]verb   // phrases that begin with a verb, by the end of its root: see verbKey
	roots   map[string][]string // every root, by the same key
	known   map[string]knownAs  // every word of every phrase, and the plain words that are no slip of another
	long    [][]string          // known words of at least minSlip letters, by length
	bare    []int               // meanings that may stand around a phrase that is to be the whole message
	light   []int               // meanings that hide no other one beneath a longer phrase of theirs
}

// knownAs says what a known word is.
type knownAs uint8

const (
	unknownWord knownAs = iota
	plainWord           // no slip of another word, and of no meaning itself
	phraseWord          // part of a phrase
)

type verb struct {
	root   string
	phrase int32
}

func newVocabulary() *vocabulary {
	return &vocabulary{first: map[string][]int32{}, verbs: map[string][]verb{}, roots: map[string][]string{}, known: map[string]knownAs{}, long: make([][]string, 24)}
}

// clone gives a copy that can be added to.
func (v *vocabulary) clone() *vocabulary {
	c := &vocabulary{
		names: slices.Clone(v.names), phrases: slices.Clone(v.phrases), verbs: cloneLists(v.verbs), roots: cloneLists(v.roots),
		first: cloneLists(v.first), known: maps.Clone(v.known), long: make([][]string, len(v.long)),
		bare: v.bare, light: v.light,
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

// lookup gives the number of a meaning; -1 when there is none of that name.
func (v *vocabulary) lookup(name string) int { return slices.Index(v.names, name) }

// meaning gives the number of a meaning by its name, a new one when it was not there.
func (v *vocabulary) meaning(name string) int {
	if n := slices.Index(v.names, name); n >= 0 {
		return n
	}
	v.names = append(v.names, name)
	return len(v.names) - 1
}

// add compiles one phrase. Text that holds no word is an error.
func (v *vocabulary) add(meaning int, language int8, text string) error {
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
			v.know(w, phraseWord)
		}
		for _, root := range part.verbs {
			if key := verbKey(root); !slices.Contains(v.roots[key], root) {
				v.roots[key] = append(v.roots[key], root)
			}
			v.know(root, phraseWord)
			v.know("ku"+root, phraseWord)
		}
	}
	return nil
}

// know adds a word. One of a phrase may be met with a slip and is found by its length.
func (v *vocabulary) know(word string, as knownAs) {
	before := v.known[word]
	if before >= as {
		return
	}
	v.known[word] = as
	if as == phraseWord && len(word) >= minSlip && len(word) < len(v.long) {
		v.long[len(word)] = append(v.long[len(word)], word)
	}
}

// remove takes a phrase, as it was written, from the given meanings; false when none of them has it.
func (v *vocabulary) remove(text string, from []int) bool {
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

// heard is a word of a message as the vocabulary knows it: itself, or the words that it may be a slip of.
type heard struct {
	exact string
	slips []string
}

// listen looks a message's words up: what is known stays as it is, what is not may be a slip of a known word.
func (v *vocabulary) listen(tokens []token) []heard {
	out := make([]heard, len(tokens))
	for i := range tokens {
		w := tokens[i].text
		out[i].exact = w
		if tokens[i].kind != tokenWord || v.known[w] != unknownWord || v.verbForm(w) {
			continue
		}
		if s := undouble(w); s != w && v.known[s] != unknownWord {
			out[i].exact = s
			continue
		}
		out[i].slips = v.nearest(w)
	}
	return out
}

// verbForm tells whether w is a form of a verb of some phrase.
func (v *vocabulary) verbForm(w string) bool {
	found := false
	eachStem(w, func(stem string) {
		for _, root := range v.roots[verbKey(stem)] {
			found = found || verbForm(stem, root)
		}
	})
	return found
}

// nearest gives the known words that w is one slip away from; nil when there is none.
func (v *vocabulary) nearest(w string) []string {
	if len(w) < minSlip-1 || len(w) >= len(v.long)-1 {
		return nil
	}
	var found []string
	for length := max(minSlip, len(w)-1); length <= len(w)+1; length++ {
		for _, known := range v.long[length] {
			if oneSlip(w, known) {
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

// find gives every phrase of the vocabulary in the message, those within a longer one left out, and which tokens are bare:
// greetings, polite words and symbols, which a phrase that is to be the whole message may have around it.
func (v *vocabulary) find(tokens []token, words []heard) (hits []hit, bare []bool) {
	for i := range words {
		for _, at := range v.first[words[i].exact] {
			hits = v.try(hits, int(at), words, i, 0)
		}
		for _, s := range words[i].slips {
			for _, at := range v.first[s] {
				hits = v.try(hits, int(at), words, i, 1)
			}
		}
		eachStem(words[i].exact, func(stem string) {
			for _, verb := range v.verbs[verbKey(stem)] {
				if verbForm(stem, verb.root) {
					hits = v.try(hits, int(verb.phrase), words, i, 0)
				}
			}
		})
	}
	hits = v.longest(hits)
	bare = make([]bool, len(tokens))
	for i := range tokens {
		bare[i] = tokens[i].kind == tokenSymbol
	}
	for _, h := range hits {
		if slices.Contains(v.bare, h.meaning) {
			for i := h.at; i < h.end; i++ {
				bare[i] = true
			}
		}
	}
	all := hits
	hits = slices.DeleteFunc(slices.Clone(hits), func(h hit) bool { return h.whole && !alone(bare, all, h) })
	return hits, bare
}

// try adds the phrase at token i when the words after the first are there as well.
func (v *vocabulary) try(hits []hit, at int, words []heard, i int, slips int) []hit {
	p := &v.phrases[at]
	if p.meaning < 0 {
		return hits
	}
	end := i + 1
	for n := range p.parts[1:] {
		next, slip, ok := p.parts[n+1].after(words, end)
		if !ok {
			return hits
		}
		end, slips = next, slips+slip
	}
	return append(hits, hit{meaning: p.meaning, at: i, end: end, words: len(p.parts), slips: slips, language: p.language, whole: p.whole})
}

// alone tells that the tokens outside a hit are all bare, or say the same once more: "stop, stop".
func alone(bare []bool, hits []hit, h hit) bool {
	for i, b := range bare {
		if b || i >= h.at && i < h.end {
			continue
		}
		if !slices.ContainsFunc(hits, func(o hit) bool { return o.whole && o.meaning == h.meaning && o.at <= i && i < o.end }) {
			return false
		}
	}
	return true
}

// longest drops every hit that lies within a longer one, whatever the two mean: "problem" within "no problem".
func (v *vocabulary) longest(hits []hit) []hit {
	out := make([]hit, 0, len(hits))
	for i, h := range hits {
		covered := false
		for j, o := range hits {
			if i != j && o.at <= h.at && o.end >= h.end && (o.words > h.words || o.words == h.words && o.at == h.at && o.end > h.end) && o.slips <= h.slips && !o.whole && !slices.Contains(v.light, o.meaning) {
				covered = true
				break
			}
		}
		if !covered {
			out = append(out, h)
		}
	}
	return out
}
