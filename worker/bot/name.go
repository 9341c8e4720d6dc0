package bot

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"flowhq/worker/bot/lexicon"
)

// absorbName takes a name: where it was asked for, or where the message says that it is one ("naitwa Asha").
func (t *turn) absorbName(q *question, expected bool, out *outcome) {
	from, said := t.nameSaid(expected)
	if !said && !expected {
		if name := t.lastOfList(len(out.changed)); name != "" {
			t.setFact(q.fact, name, out)
		}
		return
	}
	if expected && !said && (len(out.changed) > 0 || out.refusal != nil) && !t.leavesName() {
		return
	}
	name, rest := t.nameAt(from, expected)
	if name == "" {
		return
	}
	t.setFact(q.fact, name, out)
	if q.with != "" && rest != "" {
		t.setFact(q.with, rest, out)
	}
}

// lastOfList gives the name at the end of a message that is a list of facts: "Facial, kesho, saa nne asubuhi, Asha".
func (t *turn) lastOfList(facts int) string {
	n := len(t.tokens)
	from := n - 1
	for from > 0 && from > n-3 && t.tokens[from].Sep == "" && !t.tokens[from].Line {
		from--
	}
	if facts < 2 || from < 2 || t.tokens[from].Sep == "" && !t.tokens[from].Line {
		return ""
	}
	for i := from; i < n; i++ {
		if t.tokens[i].Kind != lexicon.WordToken || t.reader.used[i] || t.around[i] || isFiller(t.words[i].Exact) || len(t.tokens[i].Text) < 2 ||
			t.flow.words.InPhrase(t.words[i].Exact) {
			return ""
		}
	}
	return titled(t.text[t.tokens[from].From:t.tokens[n-1].To])
}

// leavesName tells that an answer which said other things holds words besides that may be a name: "Asha, kesho saa nne".
func (t *turn) leavesName() bool {
	return len(t.tokens) > 0 && !t.reader.used[0] && !t.flow.words.InPhrase(t.words[0].Exact) && t.tokens[0].Kind == lexicon.WordToken
}

// nameSaid gives the token at which a name begins, when words say that one follows. Words that may say something else
// ("I am", "it is") count only where a name was asked for.
func (t *turn) nameSaid(expected bool) (from int, said bool) {
	for _, h := range t.hits {
		if h.Meaning != t.flow.means.myName || h.Typos > 0 {
			continue
		}
		vague := h.Words == 1 && t.words[h.At].Exact != "naitwa" && t.words[h.At].Exact != "ninaitwa" || t.words[h.At].Exact == "i" || t.words[h.At].Exact == "mimi"
		if word := t.words[h.At].Exact; vague && h.Words == 1 && (word == "jina" || word == "name") && h.End < len(t.tokens) && !t.flow.words.InPhrase(t.words[h.End].Exact) {
			return h.End, true
		}
		if vague && !expected && !t.has(t.flow.words.Lookup("fact_name")) && !(h.End < len(t.tokens) && strings.HasPrefix(t.tokens[h.End].Sep, ":")) {
			continue
		}
		return h.End, true
	}
	return 0, false
}

// nameAt takes a name from a token on, and what stands behind it: "Juma, Kariakoo".
func (t *turn) nameAt(from int, expected bool) (name, rest string) {
	introduced := expected || t.has(t.flow.words.Lookup("fact_name"))
	for from < len(t.tokens) && (t.around[from] || introduced && t.introduces(from) || t.covered(from, t.flow.means.yes, t.flow.means.thanks)) && !t.lonely(from) {
		from++
	}
	end, count := from, 0
	for end < len(t.tokens) && count < 5 {
		k := t.tokens[end]
		if k.Kind != lexicon.WordToken || end > from && (k.Line || strings.ContainsAny(k.Sep, ",;/.:-(") && !isTitle(t.tokens[end-1].Text) && !k.Glued("-")) {
			break
		}
		if t.endsName(end, from, expected) {
			break
		}
		end++
		count++
	}
	if end == from || end < len(t.tokens) && t.tokens[end].Kind == lexicon.SymbolToken && count == 0 {
		return "", ""
	}
	if !t.mayBeName(from, end, expected) {
		return "", ""
	}
	name = titled(t.text[t.tokens[from].From:t.tokens[end-1].To])
	if utf8.RuneCountInString(name) > maxName || !hasLetter(name) {
		return "", ""
	}
	return name, t.placeFrom(end)
}

// introduces tells that a word before a name is no part of it: "ni Asha", "for my daughter Mary", "mtoto wangu Juma".
func (t *turn) introduces(i int) bool {
	next := ""
	if i+1 < len(t.tokens) {
		next = t.words[i+1].Exact
	}
	switch t.words[i].Exact {
	case "mimi", "ni", "me", "its", "it", "is", "im", "am", "andika", "niandikie", "name", "jina", "for", "kwa", "names", "wangu", "yangu":
		return true
	case "my", "daughter", "son", "wife", "husband", "mother", "father", "friend", "sister", "brother":
		return i > 0 && (t.words[i-1].Exact == "my" || t.words[i-1].Exact == "for") || next != "" && t.words[i].Exact == "my"
	}
	return next == "wangu" || next == "yangu"
}

// isPlace holds places that customers name right behind their own name, without a comma: "Juma Kariakoo".
func isPlace(w string) bool {
	switch w {
	case "kariakoo", "sinza", "mwenge", "masaki", "mikocheni", "kinondoni", "ilala", "temeke", "mbezi", "tegeta", "ubungo", "posta", "kijitonyama", "buguruni",
		"kigamboni", "mbagala", "tabata", "gongo", "kimara", "magomeni", "manzese", "mabibo", "upanga", "oysterbay", "msasani", "kawe", "bunju", "goba", "kibaha",
		"segerea", "ukonga", "gerezani", "chanika", "arusha", "mwanza", "dodoma", "moshi", "tanga", "mbeya", "morogoro", "iringa", "zanzibar", "songea", "kigoma",
		"nairobi", "mombasa", "kisumu", "nakuru", "thika", "eldoret", "westlands", "karen", "kilimani", "kasarani", "embakasi", "ruiru", "kampala":
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

// lonely tells that nothing but this token is left: then it is the answer, whatever else it may mean.
func (t *turn) lonely(from int) bool { return from == len(t.tokens)-1 }

// endsName tells that a token is no part of a name any more.
func (t *turn) endsName(i, from int, expected bool) bool {
	if i == from {
		return false
	}
	switch t.words[i].Exact {
	case "na", "and", "from", "kutoka", "nipo", "niko", "natoka", "naishi", "at", "in", "wa", "for", "kwa", "for-", "please", "tafadhali", "hapa", "here":
		return true
	}
	if isPlace(t.words[i].Exact) {
		return true
	}
	return t.reader.used[i] || t.flow.words.InPhrase(t.words[i].Exact) && (!expected || t.covered(i, t.flow.means.deliverTo, t.flow.means.want))
}

// mayBeName tells whether the words can be a name and not an answer of another kind.
func (t *turn) mayBeName(from, end int, expected bool) bool {
	m := t.flow.means
	refused := []int{m.yes, m.no, m.noProblem, m.notYet, m.cancel, m.menu, m.back, m.change, m.asks, m.skip, m.anyTime}
	if slices.ContainsFunc(t.hits, func(h lexicon.Match) bool {
		return h.At == from && h.End >= end && h.Typos == 0 && slices.Contains(refused, h.Meaning)
	}) {
		return false
	}
	if !expected {
		return true
	}
	if end-from == 1 && (isGreeting(t.words[from].Exact) || t.reader.used[from]) {
		return false
	}
	return !t.isQuestion() || t.contentWords(from, end) == 0 && !strings.Contains(t.text, "?")
}

// isGreeting holds the greetings that nobody is called; Salama and Baraka are names as well.
func isGreeting(w string) bool {
	switch w {
	case "habari", "hello", "hi", "hey", "mambo", "hujambo", "jambo", "shikamoo", "hallo", "vipi", "niaje", "thanks", "asanteni", "kwaheri", "bye":
		return true
	}
	return false
}

// placeFrom gives what stands behind a name: where the customer is. What joins the two is left out.
func (t *turn) placeFrom(i int) string {
	for i < len(t.tokens) {
		switch t.words[i].Exact {
		case "nipo", "niko", "natoka", "naishi", "kutoka", "from", "at", "in", "wa", "na", "and", "i", "am", "live", "to", "mahali", "deliver", "delivery",
			"nipelekee", "niletee", "niletewe", "peleka", "leta", "kwa", "ni":
			i++
			continue
		}
		break
	}
	if i >= len(t.tokens) {
		return ""
	}
	return clip(strings.TrimRight(t.text[t.tokens[i].From:], " .,;"), maxAnswer)
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
