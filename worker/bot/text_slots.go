package bot

import (
	"strings"

	"flowhq/worker/bot/lexicon"
)

// textSlots fills answers in words, numbers and telephone numbers.
type textSlots struct {
	*utterance
	say *asker
}

// isCopula holds the words between the name of a fact and its value.
func isCopula(w string) bool {
	switch strings.ToLower(w) {
	case "ni", "is", "iwe", "pawe", "liwe", "be", "to", "should", "kuwa":
		return true
	}
	return false
}

// phoneNumber takes a phone number out of a text: 9 to 15 digits, whatever stands between them. Too few digits before a
// word do not count.
func phoneNumber(text string) (string, bool) {
	var number []rune
	for _, r := range head(text, 200) {
		switch {
		case isDigit(r) || r == '+' && len(number) == 0:
			number = append(number, r)
		case isLetter(r) && len(number) < minPhone:
			number = number[:0]
		}
	}
	digits := len(strings.TrimPrefix(string(number), "+"))
	return string(number), digits >= minPhone && digits <= 15
}

// minPhone is how many digits a telephone number has at least.
const minPhone = 9

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// fill takes the answer to a question that wants words or a number, or a text that the message calls by its name.
func (s *textSlots) fill(q *question, expected bool, out *outcome) {
	switch {
	case expected && out.refusal == nil:
		s.fillAnswer(q, out)
	case q.kind == askText:
		s.fillStated(q, out)
	}
}

func (s *textSlots) fillAnswer(q *question, out *outcome) {
	switch q.kind {
	case askText:
		s.fillText(q, out)
	case askNumber:
		if a, ok := s.quantities.sole(); ok && q.takes(a) {
			s.setFact(q.fact, strings.ReplaceAll(grouped(a.value), ",", ""), out)
		}
	case askPhone:
		if number, ok := phoneNumber(s.text); ok {
			s.setFact(q.fact, number, out)
		}
	}
}

// fillText takes the customer's words, together with those that a task began with where the question wants them.
func (s *textSlots) fillText(q *question, out *outcome) {
	size := maxAnswer
	if q.fact == "detail" {
		size = maxDetail
	}
	answer, opening := clip(s.text, size), ""
	if q.opening {
		opening = s.state.Facts.Opening
	}
	switch {
	case opening != "" && s.addsNothing():
		answer = opening
	case answer == "" || q.fact == "detail" && s.saysNothing():
		return
	case opening != "":
		answer = clip(opening+"\n"+answer, size)
	}
	s.setFact(q.fact, answer, out)
}

// saysNothing tells whether a message is one or two words without content, and nothing was said before.
func (s *textSlots) saysNothing() bool {
	return s.contentWords(0, 0) == 0 && len(s.tokens) < 3 && s.state.Facts.Opening == ""
}

// fillStated takes a text that the message calls by its name: "mahali ni Sinza", "address: Karen", "deliver to Karen".
func (s *textSlots) fillStated(q *question, out *outcome) {
	for _, m := range s.matches {
		if m.End >= len(s.tokens) || m.Typos > 0 || !s.states(q, m) {
			continue
		}
		if value := s.statedFrom(m.End); value != "" {
			s.setFact(q.fact, value, out)
			return
		}
	}
}

// states tells whether a phrase says that the fact of a question follows.
func (s *textSlots) states(q *question, m lexicon.Match) bool {
	if q.fact == "delivery" && m.Meaning == s.flow.means.deliverTo && m.Words > 1 {
		return true
	}
	named := s.flow.meaningOfFact(q.fact)
	if named < 0 || m.Meaning != named {
		return false
	}
	next := s.tokens[m.End]
	return strings.HasPrefix(next.Sep, ":") || isCopula(s.text[next.From:next.To])
}

// statedFrom gives the text from a token up to the next comma, line or name.
func (s *textSlots) statedFrom(i int) string {
	for i < len(s.tokens) && isCopula(s.tokens[i].Text) {
		i++
	}
	end := i
	for end < len(s.tokens) && !s.covered(end, s.flow.means.myName) {
		if end > i && (s.tokens[end].Line || s.tokens[end].Sep == ",") {
			break
		}
		end++
	}
	if end == i {
		return ""
	}
	return clip(strings.Trim(s.text[s.tokens[i].From:s.tokens[end-1].To], " .,;"), maxAnswer)
}

// addsNothing tells whether the answer is a mere yes, no or "that is all".
func (s *textSlots) addsNothing() bool {
	m := s.flow.means
	for i := range s.tokens {
		if !s.around[i] && !s.covered(i, m.yes, m.no, m.noProblem, m.skip, m.thanks) && !isFiller(s.words[i].Exact) {
			return false
		}
	}
	return len(s.tokens) > 0
}
