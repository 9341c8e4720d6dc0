package bot

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"flowhq/worker/bot/lexicon"
)

// nameSlots fills the customer's name and place.
type nameSlots struct {
	*utterance
	say *asker
}

// isPlace holds places that customers name right behind their own name, without a comma: "Juma Kariakoo".
func isPlace(w string) bool {
	switch w {
	case "kariakoo", "sinza", "mwenge", "masaki", "mikocheni", "kinondoni", "ilala", "temeke", "mbezi", "tegeta",
		"ubungo", "posta", "kijitonyama", "buguruni",
		"kigamboni", "mbagala", "tabata", "gongo", "kimara", "magomeni", "manzese", "mabibo", "upanga", "oysterbay",
		"msasani", "kawe", "bunju", "goba", "kibaha",
		"segerea", "ukonga", "gerezani", "chanika", "arusha", "mwanza", "dodoma", "moshi", "tanga", "mbeya", "morogoro",
		"iringa", "zanzibar", "songea", "kigoma",
		"nairobi", "mombasa", "kisumu", "nakuru", "thika", "eldoret", "westlands", "karen", "kilimani", "kasarani",
		"embakasi", "ruiru", "kampala":
		return true
	}
	return false
}

// isTitle holds the titles that are written with a point behind them.
func isTitle(w string) bool {
	switch w {
	case "bi", "bw", "mr", "mrs", "ms", "miss", "dr", "prof", "eng", "mh", "st":
		return true
	}
	return false
}

// isGreeting holds the greetings that nobody is called; Salama and Baraka are names as well.
func isGreeting(w string) bool {
	switch w {
	case "habari", "hello", "hi", "hey", "mambo", "hujambo", "jambo", "shikamoo", "hallo", "vipi", "niaje", "thanks",
		"asanteni", "kwaheri", "bye":
		return true
	}
	return false
}

// titled writes the words of a name with capitals when they were all small or all large.
func titled(s string) string {
	s = clip(s, maxName+1)
	if s != strings.ToLower(s) && (s != strings.ToUpper(s) || utf8.RuneCountInString(s) < 3) {
		return s
	}
	words := strings.Fields(strings.ToLower(s))
	for i, w := range words {
		r, size := utf8.DecodeRuneInString(w)
		words[i] = string(unicode.ToUpper(r)) + w[size:]
	}
	return strings.Join(words, " ")
}

func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

// fill takes a name: where it was asked for, or where the message says that it is one ("naitwa Asha").
func (s *nameSlots) fill(q *question, expected bool, out *outcome) {
	from, said := s.nameSaid(expected)
	var name, rest string
	switch {
	case said || expected && s.mayAnswer(out):
		name, rest = s.nameAt(from, expected)
	case !expected:
		name = s.lastOfList(len(out.changed))
	}
	if name == "" {
		return
	}
	s.setFact(q.fact, name, out)
	if q.with != "" && rest != "" {
		s.setFact(q.with, rest, out)
	}
}

// mayAnswer tells whether an answer can be a name: it said nothing else, or holds words besides.
func (s *nameSlots) mayAnswer(out *outcome) bool {
	return len(out.changed) == 0 && out.refusal == nil || s.leavesName()
}

// lastOfList gives the name at the end of a message that is a list of facts: "Facial, kesho, saa nne asubuhi, Asha".
func (s *nameSlots) lastOfList(facts int) string {
	n := len(s.tokens)
	from := n - 1
	for from > 0 && from > n-3 && !s.separated(from) {
		from--
	}
	if facts < 2 || from < 2 || !s.separated(from) {
		return ""
	}
	for i := from; i < n; i++ {
		if !s.isContent(i) || s.reader.Used(i) || len(s.tokens[i].Text) < 2 || s.isKnown(i) {
			return ""
		}
	}
	return titled(s.text[s.tokens[from].From:s.tokens[n-1].To])
}

// separated tells whether a comma, another mark or a new line stands before a token.
func (s *nameSlots) separated(i int) bool { return s.tokens[i].Sep != "" || s.tokens[i].Line }

// leavesName tells that an answer which said other things holds words besides that may be a name: "Asha, kesho saa
// nne".
func (s *nameSlots) leavesName() bool {
	return len(s.tokens) > 0 && !s.reader.Used(0) && !s.isKnown(0) && s.tokens[0].Kind == lexicon.WordToken
}

// nameSaid gives the token at which a name begins, when words say that one follows. Words that may say something else
// ("I am", "it is") count only where a name was asked for.
func (s *nameSlots) nameSaid(expected bool) (from int, said bool) {
	asked := expected || s.has(s.flow.words.Lookup("fact_name"))
	for _, m := range s.matches {
		if m.Meaning == s.flow.means.myName && m.Typos == 0 && (asked || s.saysName(m)) {
			return m.End, true
		}
	}
	return 0, false
}

// saysName tells whether words can only mean that a name follows: "naitwa", "my name is", "jina: Asha".
func (s *nameSlots) saysName(m lexicon.Match) bool {
	word := s.words[m.At].Exact
	switch {
	case word == "i" || word == "mimi":
	case m.Words > 1 || word == "naitwa" || word == "ninaitwa":
		return true
	}
	if m.End >= len(s.tokens) {
		return false
	}
	named := m.Words == 1 && (word == "jina" || word == "name") && !s.isKnown(m.End)
	return named || strings.HasPrefix(s.tokens[m.End].Sep, ":")
}

// nameAt takes a name from a token on, and what stands behind it: "Juma, Kariakoo".
func (s *nameSlots) nameAt(from int, expected bool) (name, rest string) {
	introduced := expected || s.has(s.flow.words.Lookup("fact_name"))
	for from < len(s.tokens)-1 && s.precedesName(from, introduced) {
		from++
	}
	end := s.nameEnd(from, expected)
	if end == from || !s.mayBeName(from, end, expected) {
		return "", ""
	}
	name = titled(s.text[s.tokens[from].From:s.tokens[end-1].To])
	if utf8.RuneCountInString(name) > maxName || !hasLetter(name) {
		return "", ""
	}
	return name, s.placeFrom(end)
}

// precedesName tells whether a token stands before a name and does not belong to it.
func (s *nameSlots) precedesName(i int, introduced bool) bool {
	return s.around[i] || introduced && s.introduces(i) || s.covered(i, s.flow.means.yes, s.flow.means.thanks)
}

// maxNameWords is how many words a name has at most.
const maxNameWords = 5

// nameEnd gives the token after the last word of a name.
func (s *nameSlots) nameEnd(from int, expected bool) int {
	end := from
	for end < len(s.tokens) && end < from+maxNameWords {
		if s.tokens[end].Kind != lexicon.WordToken || end > from && (s.breaksName(end) || s.endsName(end, expected)) {
			break
		}
		end++
	}
	return end
}

// breaksName tells whether a mark or a new line before a token ends the name; the point of a title does not: "Dr.
// Asha".
func (s *nameSlots) breaksName(i int) bool {
	t := s.tokens[i]
	if t.Line {
		return true
	}
	return strings.ContainsAny(t.Sep, ",;/.:-(") && !isTitle(s.tokens[i-1].Text) && !t.Glued("-")
}

// introduces tells that a word before a name is no part of it: "ni Asha", "for my daughter Mary", "mtoto wangu Juma".
func (s *nameSlots) introduces(i int) bool {
	next := ""
	if i+1 < len(s.tokens) {
		next = s.words[i+1].Exact
	}
	switch s.words[i].Exact {
	case "mimi", "ni", "me", "its", "it", "is", "im", "am", "andika", "niandikie", "name", "jina", "for", "kwa",
		"names", "wangu", "yangu":
		return true
	case "my", "daughter", "son", "wife", "husband", "mother", "father", "friend", "sister", "brother":
		return i > 0 && (s.words[i-1].Exact == "my" || s.words[i-1].Exact == "for") || next != "" &&
			s.words[i].Exact == "my"
	}
	return next == "wangu" || next == "yangu"
}

// endsName tells whether a token behind a name does not belong to it.
func (s *nameSlots) endsName(i int, expected bool) bool {
	switch s.words[i].Exact {
	case "na", "and", "from", "kutoka", "nipo", "niko", "natoka", "naishi", "at", "in", "wa", "for", "kwa", "please",
		"tafadhali", "hapa", "here":
		return true
	}
	if isPlace(s.words[i].Exact) || s.reader.Used(i) {
		return true
	}
	return s.isKnown(i) && (!expected || s.covered(i, s.flow.means.deliverTo, s.flow.means.want))
}

// mayBeName tells whether the words can be a name and not an answer of another kind.
func (s *nameSlots) mayBeName(from, end int, expected bool) bool {
	if s.isOtherAnswer(from, end) {
		return false
	}
	if !expected {
		return true
	}
	if end-from == 1 && (isGreeting(s.words[from].Exact) || s.reader.Used(from)) {
		return false
	}
	return !s.isQuestion() || s.contentWords(from, end) == 0 && !strings.Contains(s.text, "?")
}

// isOtherAnswer tells whether the words mean yes, no, a command or the like.
func (s *nameSlots) isOtherAnswer(from, end int) bool {
	m := s.flow.means
	others := []int{m.yes, m.no, m.noProblem, m.notYet, m.cancel, m.menu, m.back, m.change, m.asks, m.skip, m.anyTime}
	return slices.ContainsFunc(s.matches, func(h lexicon.Match) bool {
		return h.At == from && h.End >= end && h.Typos == 0 && slices.Contains(others, h.Meaning)
	})
}

// placeFrom gives what stands behind a name: where the customer is. What joins the two is left out.
func (s *nameSlots) placeFrom(i int) string {
	for i < len(s.tokens) {
		switch s.words[i].Exact {
		case "nipo", "niko", "natoka", "naishi", "kutoka", "from", "at", "in", "wa", "na", "and", "i", "am", "live",
			"to", "mahali", "deliver", "delivery",
			"nipelekee", "niletee", "niletewe", "peleka", "leta", "kwa", "ni":
			i++
			continue
		}
		break
	}
	if i >= len(s.tokens) {
		return ""
	}
	return clip(strings.TrimRight(s.text[s.tokens[i].From:], " .,;"), maxAnswer)
}
