package bot

import "strings"

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

// phoneNumber takes a phone number out of a text: 9 to 15 digits, whatever stands between them.
func phoneNumber(text string) (string, bool) {
	var b strings.Builder
	for _, r := range head(text, 200) {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			if b.Len() > 0 && b.Len() < 9 {
				b.Reset()
			}
		}
	}
	digits := strings.TrimPrefix(b.String(), "+")
	return b.String(), len(digits) >= 9 && len(digits) <= 15
}

// absorbAnswer takes the answer to a question that wants words or a number.
func (s *textSlots) fillAnswer(q *question, out *outcome) {
	switch q.kind {
	case askText:
		s.fillText(q, out)
	case askNumber:
		if a, ok := s.quantities.sole(); ok && !a.bad && a.value >= q.min && a.value <= q.max {
			s.setFact(q.fact, strings.ReplaceAll(grouped(a.value), ",", ""), out)
		}
	case askPhone:
		if number, ok := phoneNumber(s.text); ok {
			s.setFact(q.fact, number, out)
		}
	}
}

func (s *textSlots) fillText(q *question, out *outcome) {
	size := maxAnswer
	if q.fact == "detail" {
		size = maxDetail
	}
	answer := clip(s.text, size)
	if q.opening && s.state.Facts.Opening != "" && s.addsNothing() {
		s.setFact(q.fact, s.state.Facts.Opening, out)
		return
	}
	if answer == "" || s.contentWords(0, 0) == 0 && q.fact == "detail" && len(s.tokens) < 3 && s.state.Facts.Opening == "" {
		return
	}
	if q.opening && s.state.Facts.Opening != "" {
		answer = clip(s.state.Facts.Opening+"\n"+answer, size)
	}
	s.setFact(q.fact, answer, out)
}

// absorbStated takes a text that the message calls by its name: "mahali ni Sinza", "address: Karen", "deliver to Karen".
func (s *textSlots) fillStated(q *question, out *outcome) {
	named := s.flow.meaningOfFact(q.fact)
	for _, h := range s.matches {
		switch {
		case h.End >= len(s.tokens) || h.Typos > 0:
			continue
		case h.Meaning == named && named >= 0 && (strings.HasPrefix(s.tokens[h.End].Sep, ":") || isCopula(s.text[s.tokens[h.End].From:s.tokens[h.End].To])):
		case q.fact == "delivery" && h.Meaning == s.flow.means.deliverTo && h.Words > 1:
		default:
			continue
		}
		if value := s.statedFrom(h.End); value != "" {
			s.setFact(q.fact, value, out)
			return
		}
	}
}

// statedFrom gives the text from a token up to the next comma, line or name.
func (s *textSlots) statedFrom(i int) string {
	for i < len(s.tokens) && isCopula(s.tokens[i].Text) {
		i++
	}
	end := i
	for end < len(s.tokens) && (end == i || !s.tokens[end].Line && s.tokens[end].Sep != ",") && !s.covered(end, s.flow.means.myName) {
		end++
	}
	if end == i {
		return ""
	}
	return clip(strings.Trim(s.text[s.tokens[i].From:s.tokens[end-1].To], " .,;"), maxAnswer)
}

// nothingToAdd tells that the answer is a mere yes, no or "that is all".
func (s *textSlots) addsNothing() bool {
	m := s.flow.means
	for i := range s.tokens {
		if !s.around[i] && !s.covered(i, m.yes, m.no, m.noProblem, m.skip, m.thanks) && !isFiller(s.words[i].Exact) {
			return false
		}
	}
	return len(s.tokens) > 0
}
