package bot

import (
	"strconv"
	"strings"

	"flowhq"
)

// prices lists what the flow sells, or all there is when it sells nothing of its own.
func (c *composer) prices() string {
	s := &c.business.Settings
	first, second := s.Services, s.Products
	if c.flow.source == fromProducts {
		first, second = second, first
	}
	list := c.priceList(first, false)
	if list == "" || c.flow.source == noItems {
		list = strings.Trim(list+"\n"+c.priceList(second, false), "\n")
	}
	return list
}

// priceList lists the available items with their prices, numbered when a number chooses.
func (c *composer) priceList(items []flowhq.Item, numbered bool) string {
	var b strings.Builder
	n := 0
	for i := range items {
		if !items[i].Available {
			continue
		}
		if n++; n > maxListed {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		if numbered {
			b.WriteString(strconv.Itoa(n) + ". ")
		} else {
			b.WriteString("• ")
		}
		b.WriteString(items[i].Name)
		if price := c.priceText(items[i]); price != "" {
			b.WriteString(" – " + price)
		}
	}
	if n > maxListed {
		b.WriteString("\n" + c.render("more_items", func(string) string { return strconv.Itoa(n - maxListed) }))
	}
	return b.String()
}

func (c *composer) priceText(i flowhq.Item) string {
	if i.Price <= 0 {
		return c.plain("on_request")
	}
	price := money(i.Price, c.business.Settings.Currency)
	if i.Unit != "" {
		price += " / " + i.Unit
	}
	return price
}

// example is the name of the first thing that can be had: it stands in questions.
func (c *composer) example() string {
	s := &c.business.Settings
	items := s.Services
	if c.flow.source == fromProducts {
		items = s.Products
	}
	for i := range items {
		if items[i].Available {
			return items[i].Name
		}
	}
	return ""
}

func (c *composer) options(l *listing, indexes []int) string {
	var b strings.Builder
	for n, i := range indexes {
		if n == maxListed {
			break
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("• " + l.items[i].Name)
		switch price := c.priceText(l.items[i]); {
		case !l.items[i].Available:
			b.WriteString(" – " + c.plain("not_available"))
		case price != "":
			b.WriteString(" – " + price)
		}
	}
	return b.String()
}
