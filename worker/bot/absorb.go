package bot

import (
	"slices"
	"strings"
	"time"

	"flowhq"
)

// outcome is what a message did to the facts: which it set, or why something cannot be.
type outcome struct {
	changed []string
	refusal *refusal
	unknown bool // a thing was named that is not on the list, beside others that are
}

// refusal says what cannot be, and what is asked for instead.
type refusal struct {
	key      string // of the text
	ask      string // the fact that is asked for
	kind     string // how Action.Asks calls it
	says     string
	values   func(string) string
	complete bool // the text asks the question itself
	day      time.Time
	minute   int // the hour to look for the next possible one at; -1: any
	wanted   int // the hour that was wanted; -1: none
	offer    bool
}

func (o *outcome) set(fact string) {
	if !slices.Contains(o.changed, fact) {
		o.changed = append(o.changed, fact)
	}
}

// absorb takes every fact of the message that the task wants. Expect is the fact that was asked for: bare numbers and
// words of any kind answer that. Topic stands in for a service or product that is not named.
func (t *turn) absorb(task *task, expect, topic string) outcome {
	var out outcome
	for _, q := range task.asks {
		switch q.kind {
		case askChoice:
			t.absorbChoice(q, expect == q.fact, topic, &out)
		case askItems:
			t.absorbItems(q, expect == q.fact, topic, &out)
		}
	}
	if task.asksWhen() {
		t.absorbWhen(task, expect, &out)
	}
	for _, q := range task.asks {
		switch q.kind {
		case askName:
			t.absorbName(q, expect == q.fact, &out)
		case askText, askNumber, askPhone:
			if expect == q.fact && out.refusal == nil {
				t.absorbAnswer(q, &out)
			} else if q.kind == askText {
				t.absorbStated(q, &out)
			}
		}
	}
	for _, fact := range out.changed {
		t.source(fact)
	}
	return out
}

// absorbChoice takes the services that are named, or the number of one.
func (t *turn) absorbChoice(q *question, expected bool, topic string, out *outcome) {
	list := t.listing(q.source, q)
	found, unclear := list.named(t)
	all := found
	found = slices.DeleteFunc(slices.Clone(found), func(h itemHit) bool { return t.turnedDownItem(h, list, q, all) })
	switch {
	case len(found) > 0:
		t.choose(q, list, found, out)
	case len(unclear) > 0:
		out.refuse(&refusal{key: "which_item", ask: q.fact, kind: t.kindOf(q), complete: true, minute: -1, values: func(string) string {
			return t.options(list, unclear)
		}})
	case expected && t.chooseNumber(q, list, out):
	case topic != "":
		for _, i := range list.items {
			if i.Name == topic {
				t.setFact(q.fact, topic, out)
			}
		}
	case expected && t.choices(q) == "" && t.contentWords(0, 0) > 0 && !t.isQuestion():
		t.setFact(q.fact, clip(t.text, flowhq.MaxNameLength), out)
	}
}

// turnedDownItem tells that an item is named only to be replaced by another: "badala ya facial", "change facial to kusuka".
func (t *turn) turnedDownItem(h itemHit, list *listing, q *question, all []itemHit) bool {
	if len(all) < 2 {
		return false
	}
	return t.reader.turnedDown(h.at) || t.hasChange() && h.index == all[0].index && list.items[h.index].Name == t.factText(q.fact)
}

func (t *turn) choose(q *question, list *listing, found []itemHit, out *outcome) {
	var names []string
	if before := t.factText(q.fact); before != "" && t.has(t.flow.means.add) && q.source != fromOptions {
		names = strings.Split(before, ", ")
	}
	for _, h := range found {
		item := list.items[h.index]
		if !item.Available {
			out.refuse(&refusal{key: "unavailable_item", ask: q.fact, kind: t.kindOf(q), minute: -1, values: func(string) string { return item.Name }})
			return
		}
		if !slices.Contains(names, item.Name) && len(names) < 10 {
			names = append(names, item.Name)
		}
		t.reader.use(h.at, h.end)
	}
	if q.source == fromOptions && len(names) > 1 {
		names = names[:1]
	}
	t.setFact(q.fact, strings.Join(names, ", "), out)
}

func (o *outcome) refuse(r *refusal) {
	if o.refusal == nil {
		o.refusal = r
	}
}

// chooseNumber takes "2" as the second of the list that was shown.
func (t *turn) chooseNumber(q *question, list *listing, out *outcome) bool {
	item, ok := t.numbered(list)
	if !ok {
		return false
	}
	t.setFact(q.fact, item.Name, out)
	return true
}

func (t *turn) numbered(list *listing) (flowhq.Item, bool) {
	n, ok := t.chosenNumber()
	if !ok || n < 1 || n > maxListed {
		return flowhq.Item{}, false
	}
	for _, i := range list.items {
		if i.Available {
			if n--; n == 0 {
				return i, true
			}
		}
	}
	return flowhq.Item{}, false
}

// setFact keeps a fact, and notes whether it is another one than before.
func (t *turn) setFact(fact, value string, out *outcome) {
	f := &t.st.Facts
	var place *string
	switch fact {
	case "service":
		place = &f.Service
	case "date":
		place = &f.Date
	case "time":
		place = &f.Time
	case "name":
		place = &f.Name
	case "delivery":
		place = &f.Delivery
	case "detail":
		place = &f.Detail
	default:
		if f.More[fact] != value {
			if f.More == nil {
				f.More = map[string]string{}
			}
			f.More[fact] = value
			out.set(fact)
		}
		return
	}
	if *place != value {
		*place = value
		out.set(fact)
	}
}
