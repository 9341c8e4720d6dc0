package bot

import "flowhq"

// answers gives the answers to what a customer asks of the business.
type answers struct {
	*utterance
	say *asker
}

func indexesOf(found []itemMatch) []int {
	out := make([]int, len(found))
	for i, h := range found {
		out[i] = h.index
	}
	return out
}

func kindOfSource(s itemSource) string {
	if s == fromProducts {
		return "product"
	}
	return "service"
}

// info gives an intent's answer and what it asks for.
func (a *answers) answer(i *intent) (text, asks string) {
	if len(i.item) > 0 {
		if text, asks, ok := a.itemInfo(i); ok {
			return text, asks
		}
	}
	text, ok := a.say.renderFilled(i.reply, a.state.Turns, nil)
	if !ok {
		if other := a.say.renderText(i.other, a.state.Turns, nil); other != "" {
			text = other
		}
	}
	asks = i.asks
	if i.menu {
		text, asks = paragraphs(text, a.say.render("menu", nil)), "menu"
	}
	if len(i.item) > 0 && ok && a.namesUnknown() {
		text = paragraphs(a.say.render("no_such_item", nil), text)
	}
	return text, asks
}

// itemInfo answers about the services or products that the message names.
func (a *answers) itemInfo(i *intent) (text, asks string, ok bool) {
	for _, source := range a.sources() {
		list := a.listing(source, nil)
		found, unclear := a.named(list)
		if len(unclear) > 0 {
			return a.say.render("which_item", func(string) string {
				return a.say.options(list, unclear)
			}), kindOfSource(source), true
		}
		if len(found) > 1 {
			return a.say.options(list, indexesOf(found)), i.asks, true
		}
		if len(found) == 1 {
			one := list.items[found[0].index]
			if one.Available {
				a.state.Topic, a.state.TopicAsks = one.Name, i.itemAsks
				a.reader.Use(found[0].at, found[0].end)
				if a.leftOver() {
					a.state.TopicSaid = clip(a.text, maxAnswer)
				}
				asks = i.itemAsks
			}
			return a.oneItem(i, one), asks, true
		}
	}
	return "", "", false
}

func (a *answers) oneItem(i *intent, item flowhq.Item) string {
	values := func(name string) string {
		switch name {
		case "item":
			return item.Name
		case "price":
			return a.say.priceText(item)
		}
		return ""
	}
	if !item.Available {
		return a.say.render("unavailable_item", values)
	}
	return a.say.renderText(i.item, a.state.Turns, values)
}

// sources are where the flow's items come from; a flow that sells nothing of its own knows both lists.
func (a *answers) sources() []itemSource {
	if a.flow.source == noItems {
		return []itemSource{fromServices, fromProducts}
	}
	return []itemSource{a.flow.source}
}
