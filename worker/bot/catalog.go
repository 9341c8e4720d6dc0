package bot

import (
	"slices"
	"strings"
	"sync"

	"flowhq"
	"flowhq/worker/bot/lexicon"
)

// itemHit is a service or a product found in a message.
type itemMatch struct {
	index   int // in the list
	at, end int
	size    int // tokens of the name that were found
	exact   bool
}

// listing is a list of items, their names cut into words, and what of it the message at hand names.
type listing struct {
	items   []flowhq.Item
	names   [][]lexicon.Token
	joined  []string // the names in one piece: "tshirt" for "T-shirt"
	looked  bool
	found   []itemMatch
	unclear []int
}

func newListing(items []flowhq.Item) listing {
	l := listing{items: items, names: cutNames(items), joined: make([]string, len(items))}
	for i, name := range l.names {
		for _, t := range name {
			l.joined[i] += t.Text
		}
	}
	return l
}

func cutNames(items []flowhq.Item) [][]lexicon.Token {
	names := make([][]lexicon.Token, len(items))
	for i := range items {
		names[i] = lexicon.Tokenize(items[i].Name)
	}
	return names
}

// catalogs remembers the cut names of the lists that were met last: with hundreds of products, cutting them takes
// longer than the step itself. What is remembered is checked against the list, so that it can never be another one's.
type catalogs struct {
	mu   sync.Mutex
	kept []listing // the names of their items alone count
}

const keptCatalogs = 6

func (c *catalogs) of(items []flowhq.Item) listing {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.kept {
		if sameNames(c.kept[i].items, items) {
			return listing{items: items, names: c.kept[i].names, joined: c.kept[i].joined}
		}
	}
	l := newListing(items)
	kept := listing{items: slices.Clone(items), names: l.names, joined: l.joined}
	if c.kept = append(c.kept, kept); len(c.kept) > keptCatalogs {
		c.kept = slices.Delete(c.kept, 0, 1)
	}
	return l
}

func sameNames(a, b []flowhq.Item) bool {
	return slices.EqualFunc(a, b, func(x, y flowhq.Item) bool { return x.Name == y.Name })
}

// find gives the items that a message names. Where only part of a name is there ("manicure" for "Gel Manicure"), the
// item is found when no other has that part; else the candidates are given.
func (l *listing) find(v *lexicon.Vocabulary, tokens []lexicon.Token, words []lexicon.Word) (found []itemMatch,
	unclear []int) {
	taken := make([]bool, len(tokens))
	var whole []itemMatch
	for i, name := range l.names {
		for at := range tokens {
			end, exact, ok := wholeName(v, name, tokens, at)
			if !ok {
				end, exact, ok = joinedName(v, name, l.joined[i], tokens, at)
			}
			if ok {
				whole = append(whole, itemMatch{index: i, at: at, end: end, size: len(name), exact: exact})
			}
		}
	}
	slices.SortStableFunc(whole, func(a, b itemMatch) int {
		if a.size != b.size {
			return b.size - a.size
		}
		if a.exact != b.exact {
			if a.exact {
				return -1
			}
			return 1
		}
		return a.at - b.at
	})
	for _, h := range whole {
		if !anyTaken(taken, h.at, h.end) {
			found = append(found, h)
			take(taken, h.at, h.end)
		}
	}
	found, unclear = l.findParts(v, tokens, words, taken, found)
	slices.SortStableFunc(found, func(a, b itemMatch) int { return a.at - b.at })
	return found, unclear
}

// minJoined is how many letters a name must have to be known when it is written in one piece, or in two.
const minJoined = 5

// joinedName finds a name that is written in one piece though it has several words, or in two though it has one:
// "tshirt" for "T-shirt", "check up" for "Checkup".
func joinedName(v *lexicon.Vocabulary, name []lexicon.Token, joined string, tokens []lexicon.Token, at int) (end int,
	exact, ok bool) {
	switch {
	case len(joined) < minJoined:
		return 0, false, false
	case len(name) > 1:
		same, precise := sameWord(v, joined, tokens[at].Text)
		return at + 1, precise, same
	case at+1 < len(tokens) && len(tokens[at].Text) > 1:
		rest, ok := strings.CutPrefix(joined, tokens[at].Text)
		same := ok && len(rest) > 1 && (rest == tokens[at+1].Text || plural(rest, tokens[at+1].Text))
		return at + 2, same, same
	}
	return 0, false, false
}

func wholeName(v *lexicon.Vocabulary, name, tokens []lexicon.Token, at int) (end int, exact, ok bool) {
	if len(name) == 0 || at+len(name) > len(tokens) {
		return 0, false, false
	}
	exact = true
	for n, t := range name {
		same, precise := sameWord(v, t.Text, tokens[at+n].Text)
		if !same {
			return 0, false, false
		}
		exact = exact && precise
	}
	return at + len(name), exact, true
}

// findParts looks for items by single words of their names.
func (l *listing) findParts(
	v *lexicon.Vocabulary, tokens []lexicon.Token, words []lexicon.Word, taken []bool, found []itemMatch,
) ([]itemMatch, []int) {
	var unclear []int
	for at, t := range tokens {
		if taken[at] || t.Kind != lexicon.WordToken || len(t.Text) < 3 || v.InPhrase(words[at].Exact) {
			continue
		}
		candidates := l.candidates(v, tokens, at, found)
		switch {
		case len(candidates) == 1:
			found = append(found, itemMatch{index: candidates[0], at: at, end: at + 1, size: 1})
			taken[at] = true
		case len(candidates) > 1 && len(unclear) == 0:
			unclear = candidates
		}
	}
	if len(found) > 0 {
		unclear = nil
	}
	return found, unclear
}

// candidates gives the items, not found yet, that have the word at a place in their names.
func (l *listing) candidates(v *lexicon.Vocabulary, tokens []lexicon.Token, at int, found []itemMatch) []int {
	named := func(t lexicon.Token) bool { return len(t.Text) > 2 && isSameWord(v, t.Text, tokens[at].Text) }
	var out []int
	for i, name := range l.names {
		if len(name) > 1 && !isFound(found, i) && slices.ContainsFunc(name, named) {
			out = append(out, i)
		}
	}
	if len(out) > 1 {
		return l.narrow(v, out, tokens, at)
	}
	return out
}

func isFound(found []itemMatch, index int) bool {
	return slices.ContainsFunc(found, func(h itemMatch) bool { return h.index == index })
}

// narrow keeps the candidates of which the message names most words.
func (l *listing) narrow(v *lexicon.Vocabulary, candidates []int, tokens []lexicon.Token, at int) []int {
	best, out := 0, candidates
	for _, i := range candidates {
		n := 0
		for _, t := range l.names[i] {
			for _, m := range tokens[at:] {
				if isSameWord(v, t.Text, m.Text) {
					n++
					break
				}
			}
		}
		if n > best {
			best, out = n, nil
		}
		if n == best {
			out = append(out[:len(out):len(out)], i)
		}
	}
	return out
}

func isSameWord(v *lexicon.Vocabulary, name, word string) bool {
	same, _ := sameWord(v, name, word)
	return same
}

// sameWord tells whether a word of a message is a word of a name: itself, its plural in either language, or with one
// slip, when it is no other word.
func sameWord(v *lexicon.Vocabulary, name, word string) (same, precise bool) {
	if name == word {
		return true, true
	}
	if d := len(name) - len(word); d > 2 || d < -2 || len(name) < 3 || len(word) < 3 {
		return false, false
	}
	if plural(name, word) || plural(word, name) {
		return true, true
	}
	return len(name) >= lexicon.MinTypo && lexicon.OneTypo(name, word) && !v.Knows(word), false
}

// plural tells whether many is the plural of one: cleanings, boxes, vitenge, mikate.
func plural(one, many string) bool {
	if many == one+"s" || many == one+"es" {
		return true
	}
	if len(one) < 4 || len(many) < 4 || one[len(one)-1] != many[len(many)-1] {
		return false
	}
	for _, p := range [...][2]string{{"ki", "vi"}, {"ch", "vy"}, {"m", "wa"}, {"m", "mi"}, {"ji", "ma"}, {"", "ma"},
		{"u", "ma"}, {"u", "ny"}} {
		if rest, ok := strings.CutPrefix(one, p[0]); ok && len(rest) > 2 && many == p[1]+rest {
			return true
		}
	}
	return false
}

func anyTaken(taken []bool, from, to int) bool { return slices.Contains(taken[from:to], true) }

func take(taken []bool, from, to int) {
	for i := from; i < to && i < len(taken); i++ {
		taken[i] = true
	}
}
