package bot

import (
	"slices"
	"strings"

	"flowhq"
)

// orderSlots fills the products of an order.
type orderSlots struct {
	*utterance
	say *asker
}

func hitEnding(found []itemMatch, at int) bool {
	return slices.ContainsFunc(found, func(h itemMatch) bool { return h.end == at })
}

// boundedPrice keeps a total within what can be counted, whatever the settings say.
func boundedPrice(p int64) int64 { return max(0, min(p, flowhq.MaxPrice)) }

// fill takes products with their quantities. Expected tells whether they were asked for; topic is the product that was
// talked about before.
func (s *orderSlots) fill(q *question, expected bool, topic string, out *outcome) {
	list := s.listing(q.source, q)
	found, unclear := s.named(list)
	switch lines := s.quantities.lines(list, found, q.max); {
	case len(lines) > 0:
		if expected {
			s.takeLeadingQuantity(q, found)
		}
		s.takeLines(q, lines, found, out)
		out.unknown = s.namesMore(found)
	case len(unclear) > 0:
		out.refuse(whichItem(q, "product", func(string) string { return s.say.options(list, unclear) }))
	case expected && s.takeAnswer(q, list, out):
	case topic != "":
		s.takeTopic(q, list, topic, out)
	default:
		s.fillUnlisted(q, expected, out)
	}
}

// whichItem asks which of several items is meant.
func whichItem(q *question, kind string, values func(string) string) *refusal {
	return &refusal{key: "which_item", ask: q.fact, kind: kind, complete: true, minute: -1, values: values}
}

// takeAnswer takes a quantity, or the number of a product on the list.
func (s *orderSlots) takeAnswer(q *question, list *listing, out *outcome) bool {
	if s.pendingItem() >= 0 {
		s.takeQuantity(q, out)
		return true
	}
	return len(s.state.Facts.Items) == 0 && s.chooseItemNumber(list, out)
}

// fillUnlisted deals with an order of things that are on no list.
func (s *orderSlots) fillUnlisted(q *question, expected bool, out *outcome) {
	switch {
	case expected:
		if s.say.choices(q) == "" && s.contentWords(0, 0) > 0 && !s.isQuestion() {
			s.takeFreeOrder(q, out)
		}
	case len(s.state.Facts.Items) == 0 && s.namesProduct(q):
		out.refuse(&refusal{key: "no_such_item", ask: q.fact, kind: "product", minute: -1})
	}
}

// namesMore tells whether beside the products found the message names another one with its quantity that does not
// exist: "kanga 2 na simu 1".
func (s *orderSlots) namesMore(found []itemMatch) bool {
	for _, a := range s.quantities.all(found) {
		if a.at == 0 || hitEnding(found, a.at) || hitAt(found, a.end) != nil || s.tokens[a.at].Sep != "" {
			continue
		}
		if s.isThing(a.at - 1) {
			return true
		}
	}
	return false
}

// isThing tells whether the word at i is a thing that is ordered: it begins something new and is not an order itself.
func (s *orderSlots) isThing(i int) bool {
	m := s.flow.means
	if i == 0 || len(s.tokens[i].Text) < 3 || !s.isContent(i) || s.ordering(i) || s.covered(i, m.want, m.add, m.no) {
		return false
	}
	return s.joinsOn(i) || s.ordering(i-1) || s.covered(i-1, m.want)
}

// takeLeadingQuantity takes the number that answers "how many?" before more products are named: "3, na viatu 1".
func (s *orderSlots) takeLeadingQuantity(q *question, found []itemMatch) {
	n := s.pendingItem()
	quantities := s.quantities.all(found)
	if n < 0 || quantitiesLead(found, quantities) {
		return
	}
	if a := quantityIn(quantities, 0, found[0].at, false); a != nil && q.takes(*a) {
		s.state.Facts.Items[n].Quantity = int(a.value)
	}
}

// namesProduct tells whether the message orders something that is not on the list.
func (s *orderSlots) namesProduct(q *question) bool {
	if s.say.choices(q) == "" {
		return false
	}
	m := s.flow.means
	for i, t := range s.tokens {
		if !s.isContent(i) || len(t.Text) < 3 || s.reader.Used(i) || s.reader.IsCalendarWord(i) {
			continue
		}
		if !s.covered(i, m.want, m.asks, m.add) && !s.ordering(i) {
			return true
		}
	}
	return false
}

// takeLines puts products into the order, changes their quantities, or takes them out.
func (s *orderSlots) takeLines(q *question, lines []line, found []itemMatch, out *outcome) {
	for _, h := range found {
		s.reader.Use(h.at, h.end)
	}
	if s.has(s.flow.means.remove) && !s.has(s.flow.means.add) {
		s.takeOut(lines, out)
		return
	}
	gave := 0 // quantity of what gives way, for what takes its place
	for n, l := range lines {
		switch {
		case len(lines) > 1 && s.replaced(l, n, found):
			gave = s.dropItem(l.item.Name, out)
		case !l.item.Available:
			out.refuse(unavailable(q, "product", l.item.Name))
		default:
			if l.quantity == 0 && !l.bad {
				l.quantity, gave = gave, 0
			}
			s.putItem(l, out)
			if l.bad {
				out.refuse(badQuantity(q, q.fact))
			}
		}
	}
}

// takeOut takes products out of the order, or some of them.
func (s *orderSlots) takeOut(lines []line, out *outcome) {
	for _, l := range lines {
		if !s.takeSome(l, out) {
			s.dropItem(l.item.Name, out)
		}
	}
}

// unavailable says that an item is not to be had now.
func unavailable(q *question, kind, name string) *refusal {
	return &refusal{
		key: "unavailable_item", ask: q.fact, kind: kind, minute: -1, values: func(string) string { return name },
	}
}

// badQuantity says how many may be ordered, and asks for the given fact again.
func badQuantity(q *question, ask string) *refusal {
	return &refusal{key: "quantity_bad", ask: ask, kind: "quantity", minute: -1, values: boundsOf(q.min, q.max)}
}

// replaced tells that a product is named only to give way to another: "badala ya kanga, kitenge 1", "change kanga to
// kitenge".
func (s *orderSlots) replaced(l line, n int, found []itemMatch) bool {
	if n < len(found) && s.reader.Refused(found[n].at) {
		return true
	}
	return n == 0 && s.hasChange() && l.quantity == 0 &&
		slices.ContainsFunc(s.state.Facts.Items, func(i flowhq.OrderItem) bool {
			return i.Product == l.item.Name
		})
}

func (s *orderSlots) putItem(l line, out *outcome) {
	f := &s.state.Facts
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
		f.Items = append(f.Items, flowhq.OrderItem{Product: l.item.Name, Quantity: l.quantity,
			Price: boundedPrice(l.item.Price)})
		out.set("items")
	}
}

// takeSome takes some of a product out of the order, when fewer were named than there are: "punguza kanga moja".
func (s *orderSlots) takeSome(l line, out *outcome) bool {
	items := s.state.Facts.Items
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
func (s *orderSlots) dropItem(name string, out *outcome) int {
	f := &s.state.Facts
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
func (s *orderSlots) takeQuantity(q *question, out *outcome) {
	a, ok := s.quantities.sole()
	if !ok {
		return
	}
	if !q.takes(a) {
		out.refuse(badQuantity(q, q.fact))
		return
	}
	s.state.Facts.Items[s.pendingItem()].Quantity = int(a.value)
	out.set("items")
	s.reader.Use(a.at, a.end)
	if s.leftOver() { // nyekundu 3
		s.state.Facts.Opening = clip(strings.TrimLeft(s.state.Facts.Opening+"\n"+s.text, "\n"), maxDetail)
	}
}

func (s *orderSlots) chooseItemNumber(list *listing, out *outcome) bool {
	item, ok := s.numbered(list)
	if ok {
		s.putItem(line{item: item}, out)
	}
	return ok
}

// takeTopic orders what was talked about before, with the quantity that the message says.
func (s *orderSlots) takeTopic(q *question, list *listing, topic string, out *outcome) {
	for _, i := range list.items {
		if i.Name != topic || !i.Available {
			continue
		}
		one := line{item: i}
		if a, ok := s.quantities.sole(); ok {
			one.set(a, q.max)
		}
		s.putItem(one, out)
		if one.bad {
			out.refuse(badQuantity(q, q.fact))
		}
	}
}

// takeFreeOrder keeps an order in the customer's words where the business lists no products.
func (s *orderSlots) takeFreeOrder(q *question, out *outcome) {
	one := flowhq.OrderItem{Product: clip(s.text, flowhq.MaxNameLength), Quantity: 1}
	if a, ok := s.quantities.sole(); ok && !a.bad && a.value >= 1 && a.value <= q.max {
		before, after := s.text[:s.tokens[a.at].From], s.text[s.tokens[a.end-1].To:]
		if name := clip(strings.Join(strings.Fields(before+" "+after), " "), flowhq.MaxNameLength); hasLetter(name) {
			one = flowhq.OrderItem{Product: name, Quantity: int(a.value)}
		}
	}
	s.state.Facts.Items = []flowhq.OrderItem{one}
	out.set("items")
}

// changeQuantity takes a bare number as the quantity of the only product: "hapana, 5", "iwe 5".
func (s *orderSlots) changeQuantity(task *task, no bool, out *outcome) {
	q, items := task.itemsQuestion(), s.state.Facts.Items
	if q == nil || len(out.changed) > 0 || out.refusal != nil || len(items) != 1 {
		return
	}
	switch a, ok := s.quantities.sole(); {
	case !ok || !no && s.contentWords(a.at, a.end) > 0:
	case !q.takes(a):
		out.refuse(badQuantity(q, askConfirmation))
	case items[0].Quantity != int(a.value):
		items[0].Quantity = int(a.value)
		out.set("items")
	}
}
