package bot

import (
	"strings"

	"flowhq"
	"flowhq/worker/bot/lexicon"
)

// info gives an intent's answer and what it asks for.
func (t *turn) info(i *intent) (text, asks string) {
	if len(i.item) > 0 {
		if text, asks, ok := t.itemInfo(i); ok {
			return text, asks
		}
	}
	text, ok := t.renderFilled(i.reply, t.st.Turns, nil)
	if !ok {
		if other := t.renderText(i.other, t.st.Turns, nil); other != "" {
			text = other
		}
	}
	asks = i.asks
	if i.menu {
		text, asks = paragraphs(text, t.render("menu", nil)), "menu"
	}
	if len(i.item) > 0 && ok && t.namesUnknown() {
		text = paragraphs(t.render("no_such_item", nil), text)
	}
	return text, asks
}

// itemInfo answers about the services or products that the message names.
func (t *turn) itemInfo(i *intent) (text, asks string, ok bool) {
	for _, source := range t.sources() {
		list := t.listing(source, nil)
		found, unclear := list.named(t)
		if len(unclear) > 0 {
			return t.render("which_item", func(string) string { return t.options(list, unclear) }), kindOfSource(source), true
		}
		if len(found) > 1 {
			return t.options(list, indexesOf(found)), i.asks, true
		}
		if len(found) == 1 {
			one := list.items[found[0].index]
			if one.Available {
				t.st.Topic, t.st.TopicAsks = one.Name, i.itemAsks
				t.reader.use(found[0].at, found[0].end)
				if t.leftOver() {
					t.st.TopicSaid = clip(t.text, maxAnswer)
				}
				asks = i.itemAsks
			}
			return t.oneItem(i, one), asks, true
		}
	}
	return "", "", false
}

func indexesOf(found []itemHit) []int {
	out := make([]int, len(found))
	for i, h := range found {
		out[i] = h.index
	}
	return out
}

func (t *turn) oneItem(i *intent, item flowhq.Item) string {
	values := func(name string) string {
		switch name {
		case "item":
			return item.Name
		case "price":
			return t.priceText(item)
		}
		return ""
	}
	if !item.Available {
		return t.render("unavailable_item", values)
	}
	return t.renderText(i.item, t.st.Turns, values)
}

// sources are where the flow's items come from; a flow that sells nothing of its own knows both lists.
func (t *turn) sources() []itemSource {
	if t.flow.source == noItems {
		return []itemSource{fromServices, fromProducts}
	}
	return []itemSource{t.flow.source}
}

func kindOfSource(s itemSource) string {
	if s == fromProducts {
		return "product"
	}
	return "service"
}

func (t *turn) listing(source itemSource, q *question) *listing {
	if t.listings[source] == nil || source == fromOptions {
		items := t.biz.Settings.Services
		switch source {
		case fromProducts:
			items = t.biz.Settings.Products
		case fromOptions:
			items = q.options
		}
		l := t.flow.catalogs.of(items)
		t.listings[source] = &l
	}
	return t.listings[source]
}

func (t *turn) options(l *listing, indexes []int) string {
	var b strings.Builder
	for n, i := range indexes {
		if n == maxListed {
			break
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("• " + l.items[i].Name)
		switch price := t.priceText(l.items[i]); {
		case !l.items[i].Available:
			b.WriteString(" – " + t.plain("not_available"))
		case price != "":
			b.WriteString(" – " + price)
		}
	}
	return b.String()
}

// namesUnknown tells that the message asks for a thing that is neither on the list nor any word that is known: the last
// word that says something, behind one that introduces a thing ("bei ya simu", "do you have tyres").
func (t *turn) namesUnknown() bool {
	for i := len(t.tokens) - 1; i > 0; i-- {
		k := t.tokens[i]
		if k.Kind != lexicon.WordToken || t.around[i] || isFiller(t.words[i].Exact) || t.covered(i, t.flow.means.asks) {
			continue
		}
		if len(k.Text) < 4 || t.flow.words.InPhrase(t.words[i].Exact) || len(t.words[i].Typos) > 0 {
			return false
		}
		switch t.words[i-1].Exact {
		case "ya", "za", "la", "of", "for", "a", "an", "any", "have", "sell", "mna", "mnauza", "kuna":
			return true
		}
		return false
	}
	return false
}
