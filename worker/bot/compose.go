package bot

import (
	"strconv"
	"strings"

	"flowhq"
)

// composer writes the flow's texts with what the business says of itself.
type composer struct{ *chat }

// render writes one of the flow's texts. Wordings take turns; extra gives what the common placeholders do not.
func (c *composer) render(key string, extra func(string) string) string {
	return c.renderText(c.flow.texts[key], c.state.Turns, extra)
}

func (c *composer) renderText(x text, turn int, extra func(string) string) string {
	out, _ := c.renderFilled(x, turn, extra)
	return out
}

// renderFilled also tells whether any line with a placeholder was left.
func (c *composer) renderFilled(x text, turn int, extra func(string) string) (string, bool) {
	if len(x) == 0 {
		return "", false
	}
	return x[turn%len(x)].render(func(name string) string {
		if extra != nil {
			if v := extra(name); v != "" {
				return v
			}
		}
		return c.value(name)
	})
}

// value gives what a common placeholder stands for; "" when the settings do not say.
func (c *composer) value(name string) string {
	s := &c.business.Settings
	switch name {
	case "business":
		if name := clip(c.business.Name, flowhq.MaxNameLength); name != "" {
			return name
		}
		return c.plain("our_business")
	case "greeting":
		return c.greeting()
	case "menu":
		return c.menuText()
	case "contact":
		return s.Contact
	case "address":
		return s.Address
	case "delivery_info":
		return s.Delivery
	case "hours":
		return hoursText(s.Hours, c.flow.Language)
	case "services":
		return c.priceList(s.Services, false)
	case "products":
		return c.priceList(s.Products, false)
	case "prices":
		return c.prices()
	case "currency":
		return s.Currency
	case "customer":
		return c.customer()
	case "example":
		return c.example()
	}
	return ""
}

func (c *composer) greeting() string {
	switch hour := c.now.Hour(); {
	case hour >= 4 && hour < 12:
		return c.plain("greet_morning")
	case hour >= 12 && hour < 16:
		return c.plain("greet_afternoon")
	case hour >= 16 && hour < 20:
		return c.plain("greet_evening")
	}
	return c.plain("greet_night")
}

// plain gives a text that is a word or two; its placeholders stay empty.
func (c *composer) plain(key string) string {
	x := c.flow.texts[key]
	if len(x) == 0 {
		return ""
	}
	s, _ := x[0].render(func(string) string { return "" })
	return s
}

func (c *composer) plainGreeting() string { return c.greeting() + "!" }

func (c *composer) customer() string {
	for _, name := range []string{c.state.Facts.Name, c.state.Name, c.msg.Name} {
		if name = clip(strings.ReplaceAll(name, "\n", " "), 60); name != "" {
			return name
		}
	}
	return c.plain("somebody")
}

func (c *composer) menuText() string {
	var b strings.Builder
	for n, m := range c.flow.menu {
		if n > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strconv.Itoa(n + 1))
		b.WriteString(". ")
		b.WriteString(m.label)
	}
	return b.String()
}
