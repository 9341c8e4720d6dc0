package bot

import (
	"slices"
	"strings"

	"flowhq"
	"flowhq/worker/bot/lexicon"
	"flowhq/worker/bot/when"
)

// utterance is what the message at hand says: its words, the phrases that are known of it, and what was read of it.
type utterance struct {
	*chat
	text       string
	tokens     []lexicon.Token
	words      []lexicon.Word
	matches    []lexicon.Match
	around     []bool // by token: courtesies and symbols
	reader     *when.Reader
	quantities quantities
	listings   [4]*listing // by itemSource
}

// listen takes the words of a text in.
func (u *utterance) read(text string) {
	u.text = text
	u.tokens = lexicon.Tokenize(text)
	u.words = u.flow.words.Words(u.tokens)
	u.matches, u.around = u.flow.words.Find(u.tokens, u.words)
	u.reader = u.newReader()
	u.quantities = quantities{u.reader.Cursor, u.text}
	u.listings = [4]*listing{}
	u.noteLanguage()
}

// listenNothing leaves the message without words: what it said is used up.
func (u *utterance) readNothing() {
	u.tokens, u.words, u.matches, u.around, u.listings = nil, nil, nil, nil, [4]*listing{}
	u.reader = u.newReader()
	u.text = ""
	u.quantities = quantities{u.reader.Cursor, u.text}
}

func (u *utterance) newReader() *when.Reader {
	return when.NewReader(u.tokens, u.words, when.Context{
		Now: u.said(), Hours: u.business.Settings.Hours, Language: u.flow.Language,
	})
}

// noteLanguage remembers the language that the customer writes in, by the words that are of one language alone.
func (u *utterance) noteLanguage() {
	swahili, english := 0, 0
	for _, h := range u.matches {
		switch h.Language {
		case 1:
			swahili += h.Words
		case 2:
			english += h.Words
		}
	}
	switch {
	case swahili > english:
		u.state.Language = flowhq.Swahili
	case english > swahili:
		u.state.Language = flowhq.English
	}
}

// has tells whether a meaning was found.
func (u *utterance) has(meaning int) bool {
	return slices.ContainsFunc(u.matches, func(h lexicon.Match) bool { return h.Meaning == meaning })
}

func (u *utterance) hasChange() bool { return u.has(u.flow.means.change) }

// hasAny tells whether one of the meanings was found.
func (u *utterance) hasAny(meanings ...int) bool {
	return slices.ContainsFunc(u.matches, func(m lexicon.Match) bool { return slices.Contains(meanings, m.Meaning) })
}

// isReal tells whether an answer is more than a mere courtesy, which gives way to anything else.
func (u *utterance) isReal(p candidate) bool {
	if p.intent.menu {
		return false
	}
	m := u.flow.means
	return !slices.Contains(p.intent.strong, m.thanks) && !slices.Contains(p.intent.strong, m.noProblem)
}

// isContent tells whether the token at i is a word that says something of its own.
func (u *utterance) isContent(i int) bool {
	return u.tokens[i].Kind == lexicon.WordToken && !u.around[i] && !isFiller(u.words[i].Exact)
}

// isKnown tells whether the word at i is part of some phrase of the vocabulary.
func (u *utterance) isKnown(i int) bool { return u.flow.words.InPhrase(u.words[i].Exact) }

// covered tells whether a token belongs to a phrase of one of the meanings.
func (u *utterance) covered(i int, meanings ...int) bool {
	return slices.ContainsFunc(u.matches, func(h lexicon.Match) bool {
		return h.At <= i && i < h.End && slices.Contains(meanings, h.Meaning)
	})
}

func (u *utterance) isQuestion() bool {
	return u.has(u.flow.means.asks) || slices.ContainsFunc(u.tokens, func(k lexicon.Token) bool {
		return strings.Contains(k.Sep, "?")
	}) ||
		strings.HasSuffix(strings.TrimSpace(head(u.text, 4*lexicon.MaxHeard)), "?")
}

func (u *utterance) wordCount() int {
	n := 0
	for i, k := range u.tokens {
		if k.Kind == lexicon.WordToken && !u.around[i] && k.Text[0] < 0x80 {
			n++
		}
	}
	return n
}

// contentWords counts the words outside some tokens that are neither polite nor of the kind that asks for something.
func (u *utterance) contentWords(from, to int) int {
	n := 0
	for i := range u.tokens {
		if i >= from && i < to || u.around[i] || u.tokens[i].Kind == lexicon.SymbolToken {
			continue
		}
		if u.covered(i, u.flow.means.want, u.flow.means.thanks, u.flow.means.yes) || isFiller(u.words[i].Exact) {
			continue
		}
		n++
	}
	return n
}

// hasSentence tells that the message says more than a greeting: enough words to be worth a ticket.
func (u *utterance) hasSentence() bool {
	if u.flow.fallback == nil || u.wordCount() < u.flow.fallbackWords {
		return false
	}
	n := 0
	for i, k := range u.tokens {
		if k.Kind == lexicon.WordToken && !u.around[i] && k.Text[0] < 0x80 &&
			!u.covered(i, u.flow.means.thanks, u.flow.means.yes, u.flow.means.no, u.flow.means.noProblem) {
			n++
		}
	}
	return n >= u.flow.fallbackWords
}

// chosenNumber gives the number when the message is nothing else: "2", "namba 2", "ya pili", "the second".
func (u *utterance) chosenNumber() (int64, bool) {
	for i := range u.tokens {
		if n, ok := u.reader.Ordinal(i); ok && u.contentWords(i, i+1) == 0 {
			return int64(n), true
		}
		n, end, ok := u.reader.Number(i)
		if !ok {
			continue
		}
		return n, u.contentWords(i, end) == 0 && !minusBefore(u.text, u.tokens[i].From)
	}
	return 0, false
}

// joinsOn tells that a token begins something new: it stands behind "and", a comma or another mark.
func (u *utterance) joinsOn(at int) bool {
	if u.tokens[at].Sep != "" || u.tokens[at].Line {
		return true
	}
	switch u.words[at-1].Exact {
	case "na", "and", "pia", "also", "plus", "your", "the":
		return true
	}
	return false
}

func (u *utterance) namesUnit() bool {
	return slices.ContainsFunc(u.words, func(h lexicon.Word) bool { return isUnit(h.Exact) })
}

// setsValue tells that a message says what something shall be: "iwe 2", "make it 2", "ziwe tatu". A number is no choice
// then.
func (u *utterance) setsValue() bool {
	return slices.ContainsFunc(u.words, func(h lexicon.Word) bool {
		switch h.Exact {
		case "iwe", "liwe", "ziwe", "viwe", "yawe", "pawe", "make":
			return true
		}
		return false
	})
}

// triggers tells whether a token belongs to a phrase that starts the task and is no more than its name.
func (u *utterance) triggers(i int, task *task) bool {
	for _, in := range u.flow.intents {
		if in.start == task && u.covered(i, append(in.strong[:len(in.strong):len(in.strong)], in.weak...)...) {
			return true
		}
	}
	return false
}

// ordering tells whether a token belongs to a phrase that starts a task.
func (u *utterance) ordering(i int) bool {
	return slices.ContainsFunc(u.flow.tasks, func(k *task) bool { return u.triggers(i, k) })
}

// messageValue gives the message to the texts that quote it to the business.
func (u *utterance) messageValue() func(string) string {
	return func(name string) string {
		if name == "message" {
			return clip(u.text, 300)
		}
		return ""
	}
}
