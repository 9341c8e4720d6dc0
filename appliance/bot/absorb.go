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
	found, unclear := list.find(t.flow.words, t.tokens, t.heard)
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

// absorbItems takes products with their quantities.
func (t *turn) absorbItems(q *question, expected bool, topic string, out *outcome) {
	list := t.listing(q.source, q)
	found, unclear := list.find(t.flow.words, t.tokens, t.heard)
	lines := t.reader.lines(list, found, t.text, q.max)
	switch {
	case len(lines) > 0:
		if expected {
			t.takeLeadingQuantity(q, found)
		}
		t.takeLines(q, lines, found, out)
		out.unknown = t.namesMore(found)
	case len(unclear) > 0:
		out.refuse(&refusal{key: "which_item", ask: q.fact, kind: "product", complete: true, minute: -1, values: func(string) string {
			return t.options(list, unclear)
		}})
	case expected && t.pendingItem() >= 0:
		t.takeQuantity(q, out)
	case expected && len(t.st.Facts.Items) == 0 && t.chooseItemNumber(list, out):
	case topic != "":
		t.takeTopic(q, list, topic, out)
	case expected && t.choices(q) == "" && t.contentWords(0, 0) > 0 && !t.isQuestion():
		t.takeFreeOrder(q, out)
	case !expected && len(t.st.Facts.Items) == 0 && t.namesProduct(q):
		out.refuse(&refusal{key: "no_such_item", ask: q.fact, kind: "product", minute: -1})
	}
}

// namesMore tells that beside the products found there is another with its quantity, "kanga 2 na simu 1", that is none.
func (t *turn) namesMore(found []itemHit) bool {
	for _, a := range t.reader.amounts(found, t.text) {
		if a.at == 0 || hitEnding(found, a.at) || hitAt(found, a.end) != nil {
			continue
		}
		if i := a.at - 1; t.tokens[i].kind == tokenWord && len(t.tokens[i].text) > 2 && !isFiller(t.heard[i].exact) && !t.bare[i] &&
			t.tokens[a.at].sep == "" && i > 0 && (t.joinsOn(i) || t.ordering(i-1) || t.covered(i-1, t.flow.means.want)) && !t.ordering(i) && !t.covered(i, t.flow.means.want, t.flow.means.add, t.flow.means.no) {
			return true
		}
	}
	return false
}

func hitEnding(found []itemHit, at int) bool {
	return slices.ContainsFunc(found, func(h itemHit) bool { return h.end == at })
}

// takeLeadingQuantity takes the number that answers "how many?" before more products are named: "3, na viatu 1".
func (t *turn) takeLeadingQuantity(q *question, found []itemHit) {
	n := t.pendingItem()
	amounts := t.reader.amounts(found, t.text)
	if n < 0 || quantitiesLead(found, amounts) {
		return
	}
	if a := amountIn(amounts, 0, found[0].at, false); a != nil && !a.bad && a.value >= q.min && a.value <= q.max {
		t.st.Facts.Items[n].Quantity = int(a.value)
	}
}

// namesProduct tells that the message orders something that is not on the list.
func (t *turn) namesProduct(q *question) bool {
	if t.choices(q) == "" {
		return false
	}
	for i, k := range t.tokens {
		if k.kind == tokenWord && len(k.text) > 2 && !t.bare[i] && !isFiller(t.heard[i].exact) && !t.reader.used[i] &&
			!t.covered(i, t.flow.means.want, t.flow.means.asks, t.flow.means.add) && !t.ordering(i) && t.reader.kind(i) == wordNone {
			return true
		}
	}
	return false
}

// ordering tells whether a token belongs to a phrase that starts a task.
func (t *turn) ordering(i int) bool {
	return slices.ContainsFunc(t.flow.tasks, func(k *task) bool { return t.triggers(i, k) })
}

// takeLines puts products into the order, changes their quantities, or takes them out.
func (t *turn) takeLines(q *question, lines []line, found []itemHit, out *outcome) {
	for _, h := range found {
		t.reader.use(h.at, h.end)
	}
	removing := t.has(t.flow.means.remove) && !t.has(t.flow.means.add)
	for n, l := range lines {
		switch {
		case removing, len(lines) > 1 && t.replaced(l, n, found):
			t.dropItem(l.item.Name, out)
		case !l.item.Available:
			name := l.item.Name
			out.refuse(&refusal{key: "unavailable_item", ask: q.fact, kind: "product", minute: -1, values: func(string) string { return name }})
		default:
			t.putItem(l, out)
			if l.bad {
				out.refuse(&refusal{key: "quantity_bad", ask: q.fact, kind: "quantity", minute: -1, values: boundsOf(q.min, q.max)})
			}
		}
	}
}

// replaced tells that a product is named only to give way to another: "badala ya kanga, kitenge 1", "change kanga to kitenge".
func (t *turn) replaced(l line, n int, found []itemHit) bool {
	if n < len(found) && t.reader.turnedDown(found[n].at) {
		return true
	}
	return n == 0 && t.hasChange() && l.quantity == 0 && slices.ContainsFunc(t.st.Facts.Items, func(i flowhq.OrderItem) bool { return i.Product == l.item.Name })
}

func (t *turn) putItem(l line, out *outcome) {
	f := &t.st.Facts
	for i := range f.Items {
		if f.Items[i].Product == l.item.Name {
			if f.Items[i].Quantity != l.quantity && (l.quantity > 0 || l.bad) {
				f.Items[i].Quantity = l.quantity
				out.set("items")
			}
			return
		}
	}
	if len(f.Items) < MaxLines {
		f.Items = append(f.Items, flowhq.OrderItem{Product: l.item.Name, Quantity: l.quantity, Price: boundedPrice(l.item.Price)})
		out.set("items")
	}
}

// boundedPrice keeps a total within what can be counted, whatever the settings say.
func boundedPrice(p int64) int64 { return max(0, min(p, flowhq.MaxPrice)) }

func (t *turn) dropItem(name string, out *outcome) {
	f := &t.st.Facts
	before := len(f.Items)
	f.Items = slices.DeleteFunc(f.Items, func(i flowhq.OrderItem) bool { return i.Product == name })
	if len(f.Items) != before {
		out.set("items")
	}
}

// takeQuantity takes the answer to "how many?".
func (t *turn) takeQuantity(q *question, out *outcome) {
	a, ok := t.reader.soleAmount(t.text)
	if !ok {
		return
	}
	if a.bad || a.value < q.min || a.value > q.max {
		out.refuse(&refusal{key: "quantity_bad", ask: q.fact, kind: "quantity", minute: -1, values: boundsOf(q.min, q.max)})
		return
	}
	t.st.Facts.Items[t.pendingItem()].Quantity = int(a.value)
	out.set("items")
}

func (t *turn) chooseItemNumber(list *listing, out *outcome) bool {
	item, ok := t.numbered(list)
	if ok {
		t.putItem(line{item: item}, out)
	}
	return ok
}

// takeTopic orders what was talked about before, with the quantity that the message says.
func (t *turn) takeTopic(q *question, list *listing, topic string, out *outcome) {
	for _, i := range list.items {
		if i.Name != topic || !i.Available {
			continue
		}
		one := line{item: i}
		if a, ok := t.reader.soleAmount(t.text); ok {
			one.set(a, q.max)
		}
		t.putItem(one, out)
		if one.bad {
			out.refuse(&refusal{key: "quantity_bad", ask: q.fact, kind: "quantity", minute: -1, values: boundsOf(q.min, q.max)})
		}
	}
}

// takeFreeOrder keeps an order in the customer's words where the business lists no products.
func (t *turn) takeFreeOrder(q *question, out *outcome) {
	one := flowhq.OrderItem{Product: clip(t.text, flowhq.MaxNameLength), Quantity: 1}
	if a, ok := t.reader.soleAmount(t.text); ok && !a.bad && a.value >= 1 && a.value <= q.max {
		before, after := t.text[:t.tokens[a.at].from], t.text[t.tokens[a.end-1].to:]
		if name := clip(strings.Join(strings.Fields(before+" "+after), " "), flowhq.MaxNameLength); hasLetter(name) {
			one = flowhq.OrderItem{Product: name, Quantity: int(a.value)}
		}
	}
	t.st.Facts.Items = []flowhq.OrderItem{one}
	out.set("items")
}

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
		case h.end >= len(t.tokens) || h.slips > 0:
			continue
		case h.meaning == named && named >= 0 && (strings.HasPrefix(t.tokens[h.end].sep, ":") || isCopula(t.text[t.tokens[h.end].from:t.tokens[h.end].to])):
		case q.fact == "delivery" && h.meaning == t.flow.means.deliverTo && h.words > 1:
		default:
			continue
		}
		if value := t.statedFrom(h.end); value != "" {
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
	for i < len(t.tokens) && isCopula(t.tokens[i].text) {
		i++
	}
	end := i
	for end < len(t.tokens) && (end == i || !t.tokens[end].line && t.tokens[end].sep != ",") && !t.covered(end, t.flow.means.myName) {
		end++
	}
	if end == i {
		return ""
	}
	return clip(strings.Trim(t.text[t.tokens[i].from:t.tokens[end-1].to], " .,;"), maxAnswer)
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
		if !t.bare[i] && !t.covered(i, m.yes, m.no, m.noProblem, m.skip, m.thanks) && !isFiller(t.heard[i].exact) {
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
