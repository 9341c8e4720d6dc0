package bot

import (
	"slices"
	"strings"

	"flowhq"
	"flowhq/worker/bot/lexicon"
)

// absorbItems takes products with their quantities.
func (t *turn) absorbItems(q *question, expected bool, topic string, out *outcome) {
	list := t.listing(q.source, q)
	found, unclear := list.named(t)
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
		if i := a.at - 1; t.tokens[i].Kind == lexicon.WordToken && len(t.tokens[i].Text) > 2 && !isFiller(t.words[i].Exact) && !t.around[i] &&
			t.tokens[a.at].Sep == "" && i > 0 && (t.joinsOn(i) || t.ordering(i-1) || t.covered(i-1, t.flow.means.want)) && !t.ordering(i) && !t.covered(i, t.flow.means.want, t.flow.means.add, t.flow.means.no) {
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
		if k.Kind == lexicon.WordToken && len(k.Text) > 2 && !t.around[i] && !isFiller(t.words[i].Exact) && !t.reader.used[i] &&
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
	gave := 0 // quantity of what gives way, for what takes its place
	for n, l := range lines {
		switch {
		case removing:
			if !t.takeSome(l, out) {
				t.dropItem(l.item.Name, out)
			}
		case len(lines) > 1 && t.replaced(l, n, found):
			gave = t.dropItem(l.item.Name, out)
		case !l.item.Available:
			name := l.item.Name
			out.refuse(&refusal{key: "unavailable_item", ask: q.fact, kind: "product", minute: -1, values: func(string) string { return name }})
		default:
			if l.quantity == 0 && !l.bad {
				l.quantity, gave = gave, 0
			}
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

// takeSome takes some of a product out of the order, when fewer were named than there are: "punguza kanga moja".
func (t *turn) takeSome(l line, out *outcome) bool {
	items := t.st.Facts.Items
	for i := range items {
		if items[i].Product == l.item.Name && l.quantity > 0 && l.quantity < items[i].Quantity {
			items[i].Quantity -= l.quantity
			out.set("items")
			return true
		}
	}
	return false
}

// dropItem takes a product out of the order and gives how many of it there were.
func (t *turn) dropItem(name string, out *outcome) int {
	f := &t.st.Facts
	before, quantity := len(f.Items), 0
	f.Items = slices.DeleteFunc(f.Items, func(i flowhq.OrderItem) bool {
		if i.Product == name {
			quantity = i.Quantity
		}
		return i.Product == name
	})
	if len(f.Items) != before {
		out.set("items")
	}
	return quantity
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
	t.reader.use(a.at, a.end)
	if t.leftOver() { // nyekundu 3
		t.st.Facts.Opening = clip(strings.TrimLeft(t.st.Facts.Opening+"\n"+t.text, "\n"), maxDetail)
	}
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
		before, after := t.text[:t.tokens[a.at].From], t.text[t.tokens[a.end-1].To:]
		if name := clip(strings.Join(strings.Fields(before+" "+after), " "), flowhq.MaxNameLength); hasLetter(name) {
			one = flowhq.OrderItem{Product: name, Quantity: int(a.value)}
		}
	}
	t.st.Facts.Items = []flowhq.OrderItem{one}
	out.set("items")
}
