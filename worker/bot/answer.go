package bot

import (
	"strings"
)

// absorbAnswer takes the answer to a question that wants words or a number.
func (t *turn) absorbAnswer(q *question, out *outcome) {
	switch q.kind {
	case askText:
		t.absorbText(q, out)
	case askNumber:
		if a, ok := t.reader.soleAmount(t.text); ok && !a.bad && a.value >= q.min && a.value <= q.max {
			t.setFact(q.fact, strings.ReplaceAll(grouped(a.value), ",", ""), out)
		}
	case askPhone:
		if number, ok := phoneNumber(t.text); ok {
			t.setFact(q.fact, number, out)
		}
	}
}

// absorbStated takes a text that the message calls by its name: "mahali ni Sinza", "address: Karen", "deliver to Karen".
func (t *turn) absorbStated(q *question, out *outcome) {
	named := t.flow.meaningOfFact(q.fact)
	for _, h := range t.hits {
		switch {
		case h.End >= len(t.tokens) || h.Typos > 0:
			continue
		case h.Meaning == named && named >= 0 && (strings.HasPrefix(t.tokens[h.End].Sep, ":") || isCopula(t.text[t.tokens[h.End].From:t.tokens[h.End].To])):
		case q.fact == "delivery" && h.Meaning == t.flow.means.deliverTo && h.Words > 1:
		default:
			continue
		}
		if value := t.statedFrom(h.End); value != "" {
			t.setFact(q.fact, value, out)
			return
		}
	}
}

// isCopula holds the words between the name of a fact and its value.
func isCopula(w string) bool {
	switch strings.ToLower(w) {
	case "ni", "is", "iwe", "pawe", "liwe", "be", "to", "should", "kuwa":
		return true
	}
	return false
}

// statedFrom gives the text from a token up to the next comma, line or name.
func (t *turn) statedFrom(i int) string {
	for i < len(t.tokens) && isCopula(t.tokens[i].Text) {
		i++
	}
	end := i
	for end < len(t.tokens) && (end == i || !t.tokens[end].Line && t.tokens[end].Sep != ",") && !t.covered(end, t.flow.means.myName) {
		end++
	}
	if end == i {
		return ""
	}
	return clip(strings.Trim(t.text[t.tokens[i].From:t.tokens[end-1].To], " .,;"), maxAnswer)
}

func (t *turn) absorbText(q *question, out *outcome) {
	size := maxAnswer
	if q.fact == "detail" {
		size = maxDetail
	}
	answer := clip(t.text, size)
	if q.opening && t.st.Facts.Opening != "" && t.nothingToAdd() {
		t.setFact(q.fact, t.st.Facts.Opening, out)
		return
	}
	if answer == "" || t.contentWords(0, 0) == 0 && q.fact == "detail" && len(t.tokens) < 3 && t.st.Facts.Opening == "" {
		return
	}
	if q.opening && t.st.Facts.Opening != "" {
		answer = clip(t.st.Facts.Opening+"\n"+answer, size)
	}
	t.setFact(q.fact, answer, out)
}

// nothingToAdd tells that the answer is a mere yes, no or "that is all".
func (t *turn) nothingToAdd() bool {
	m := t.flow.means
	for i := range t.tokens {
		if !t.around[i] && !t.covered(i, m.yes, m.no, m.noProblem, m.skip, m.thanks) && !isFiller(t.words[i].Exact) {
			return false
		}
	}
	return len(t.tokens) > 0
}

// phoneNumber takes a phone number out of a text: 9 to 15 digits, whatever stands between them.
func phoneNumber(text string) (string, bool) {
	var b strings.Builder
	for _, r := range headOf(text, 200) {
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
