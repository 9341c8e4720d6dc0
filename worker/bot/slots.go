package bot

import (
	"slices"
	"strings"

	"flowhq"
)

// slots fills the facts of a task with what a message says.
type slots struct {
	*utterance
	say    *asker
	orders *orderSlots
	dates  *dateSlots
	names  *nameSlots
	texts  *textSlots
}

// fill takes every fact of the message that the task wants. Expect is the fact that was asked for: bare numbers and
// words of any kind answer that. Topic stands in for a service or product that is not named.
func (s *slots) fill(task *task, expect, topic string) outcome {
	var out outcome
	for _, q := range task.asks {
		switch q.kind {
		case askChoice:
			s.fillChoice(q, expect == q.fact, topic, &out)
		case askItems:
			s.orders.fill(q, expect == q.fact, topic, &out)
		}
	}
	if task.asksWhen() {
		s.dates.fill(expect, &out)
	}
	for _, q := range task.asks {
		switch q.kind {
		case askName:
			s.names.fill(q, expect == q.fact, &out)
		case askText, askNumber, askPhone:
			s.texts.fill(q, expect == q.fact, &out)
		}
	}
	for _, fact := range out.changed {
		s.noteSource(fact)
	}
	return out
}

// fillChoice takes the services that are named, or the number of one.
func (s *slots) fillChoice(q *question, expected bool, topic string, out *outcome) {
	list := s.listing(q.source, q)
	all, unclear := s.named(list)
	found := slices.DeleteFunc(slices.Clone(all), func(h itemMatch) bool { return s.turnedDownItem(h, list, q, all) })
	switch {
	case len(found) > 0:
		s.choose(q, list, found, out)
	case len(unclear) > 0:
		out.refuse(whichItem(q, s.say.kindOf(q), func(string) string { return s.say.options(list, unclear) }))
	case expected && s.chooseNumber(q, list, out):
	case topic != "":
		if slices.ContainsFunc(list.items, func(i flowhq.Item) bool { return i.Name == topic }) {
			s.setFact(q.fact, topic, out)
		}
	case expected && s.isFreeChoice(q):
		s.setFact(q.fact, clip(s.text, flowhq.MaxNameLength), out)
	}
}

// isFreeChoice tells whether the customer's own words are the choice, where there is no list.
func (s *slots) isFreeChoice(q *question) bool {
	return s.say.choices(q) == "" && s.contentWords(0, 0) > 0 && !s.isQuestion()
}

// turnedDownItem tells whether an item is named only to be replaced by another: "badala ya facial", "change facial to
// kusuka".
func (s *slots) turnedDownItem(h itemMatch, list *listing, q *question, all []itemMatch) bool {
	if len(all) < 2 {
		return false
	}
	if s.reader.Refused(h.at) {
		return true
	}
	return s.hasChange() && h.index == all[0].index && list.items[h.index].Name == s.say.factText(q.fact)
}

func (s *slots) choose(q *question, list *listing, found []itemMatch, out *outcome) {
	var names []string
	if before := s.say.factText(q.fact); before != "" && s.has(s.flow.means.add) && q.source != fromOptions {
		names = strings.Split(before, ", ")
	}
	for _, h := range found {
		item := list.items[h.index]
		if !item.Available {
			out.refuse(unavailable(q, s.say.kindOf(q), item.Name))
			return
		}
		if !slices.Contains(names, item.Name) && len(names) < 10 {
			names = append(names, item.Name)
		}
		s.reader.Use(h.at, h.end)
	}
	if q.source == fromOptions && len(names) > 1 {
		names = names[:1]
	}
	s.setFact(q.fact, strings.Join(names, ", "), out)
}

// chooseNumber takes "2" as the second of the list that was shown.
func (s *slots) chooseNumber(q *question, list *listing, out *outcome) bool {
	item, ok := s.numbered(list)
	if !ok {
		return false
	}
	s.setFact(q.fact, item.Name, out)
	return true
}
