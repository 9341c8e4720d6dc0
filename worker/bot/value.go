package bot

import (
	"strconv"
	"strings"
	"time"

	"flowhq"
)

// render writes one of the flow's texts. Wordings take turns; extra gives what the common placeholders do not.
func (t *turn) render(key string, extra func(string) string) string {
	return t.renderText(t.flow.texts[key], t.st.Turns, extra)
}

func (t *turn) renderText(x text, turn int, extra func(string) string) string {
	out, _ := t.renderFilled(x, turn, extra)
	return out
}

// renderFilled also tells whether any line with a placeholder was left.
func (t *turn) renderFilled(x text, turn int, extra func(string) string) (string, bool) {
	if len(x) == 0 {
		return "", false
	}
	return x[turn%len(x)].render(func(name string) string {
		if extra != nil {
			if v := extra(name); v != "" {
				return v
			}
		}
		return t.value(name)
	})
}

// value gives what a common placeholder stands for; "" when the settings do not say.
func (t *turn) value(name string) string {
	s := &t.biz.Settings
	switch name {
	case "business":
		if name := clip(t.biz.Name, flowhq.MaxNameLength); name != "" {
			return name
		}
		return t.plain("our_business")
	case "greeting":
		return t.greeting()
	case "menu":
		return t.menuText()
	case "contact":
		return s.Contact
	case "address":
		return s.Address
	case "delivery_info":
		return s.Delivery
	case "hours":
		return hoursText(s.Hours, t.flow.Language)
	case "services":
		return t.priceList(s.Services, false)
	case "products":
		return t.priceList(s.Products, false)
	case "prices":
		return t.prices()
	case "currency":
		return s.Currency
	case "customer":
		return t.customer()
	case "example":
		return t.example()
	}
	return ""
}

func (t *turn) greeting() string {
	switch hour := t.now.Hour(); {
	case hour >= 4 && hour < 12:
		return t.plain("greet_morning")
	case hour >= 12 && hour < 16:
		return t.plain("greet_afternoon")
	case hour >= 16 && hour < 20:
		return t.plain("greet_evening")
	}
	return t.plain("greet_night")
}

// plain gives a text that is a word or two; its placeholders stay empty.
func (t *turn) plain(key string) string {
	x := t.flow.texts[key]
	if len(x) == 0 {
		return ""
	}
	s, _ := x[0].render(func(string) string { return "" })
	return s
}

func (t *turn) customer() string {
	for _, name := range []string{t.st.Facts.Name, t.st.Name, t.msg.Name} {
		if name = clip(strings.ReplaceAll(name, "\n", " "), 60); name != "" {
			return name
		}
	}
	return t.plain("somebody")
}

func (t *turn) menuText() string {
	var b strings.Builder
	for n, m := range t.flow.menu {
		if n > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strconv.Itoa(n + 1))
		b.WriteString(". ")
		b.WriteString(m.label)
	}
	return b.String()
}

// prices lists what the flow sells, or all there is when it sells nothing of its own.
func (t *turn) prices() string {
	s := &t.biz.Settings
	first, second := s.Services, s.Products
	if t.flow.source == fromProducts {
		first, second = second, first
	}
	list := t.priceList(first, false)
	if list == "" || t.flow.source == noItems {
		list = strings.Trim(list+"\n"+t.priceList(second, false), "\n")
	}
	return list
}

// priceList lists the available items with their prices, numbered when a number chooses.
func (t *turn) priceList(items []flowhq.Item, numbered bool) string {
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
		if price := t.priceText(items[i]); price != "" {
			b.WriteString(" – " + price)
		}
	}
	if n > maxListed {
		b.WriteString("\n" + t.render("more_items", func(string) string { return strconv.Itoa(n - maxListed) }))
	}
	return b.String()
}

func (t *turn) priceText(i flowhq.Item) string {
	if i.Price <= 0 {
		return t.plain("on_request")
	}
	price := money(i.Price, t.biz.Settings.Currency)
	if i.Unit != "" {
		price += " / " + i.Unit
	}
	return price
}

// example is the name of the first thing that can be had: it stands in questions.
func (t *turn) example() string {
	s := &t.biz.Settings
	items := s.Services
	if t.flow.source == fromProducts {
		items = s.Products
	}
	for i := range items {
		if items[i].Available {
			return items[i].Name
		}
	}
	return ""
}

// momentText writes a day and an hour; of today, the word for it.
func (t *turn) momentText(at time.Time) string {
	return t.dayText(at) + t.joint() + hourText(at.Hour()*60+at.Minute(), t.flow.Language)
}

func (t *turn) dayText(day time.Time) string {
	english := t.flow.Language == flowhq.English
	switch {
	case sameDay(day, t.now) && english:
		return "today"
	case sameDay(day, t.now):
		return "leo"
	}
	return dateText(day, t.flow.Language)
}

// joint stands between a day and an hour.
func (t *turn) joint() string {
	if t.flow.Language == flowhq.English {
		return " at "
	}
	return ", "
}

// factText writes a fact as a text shows it.
func (t *turn) factText(name string) string {
	f := &t.st.Facts
	switch name {
	case "service":
		return f.Service
	case "date":
		if day, ok := t.parseDay(f.Date); ok {
			return dateText(day, t.flow.Language)
		}
	case "time":
		if m := minuteOf(f.Time); m >= 0 {
			return hourText(m, t.flow.Language)
		}
	case "name":
		return f.Name
	case "delivery":
		return f.Delivery
	case "detail":
		return f.Detail
	case "items":
		return t.orderText()
	case "total":
		if total := f.total(); total > 0 {
			return money(total, t.biz.Settings.Currency)
		}
	case "price":
		return t.servicePrice()
	case "open_hours":
		return t.openHours(f.Date)
	default:
		return f.More[name]
	}
	return ""
}

func (t *turn) parseDay(date string) (time.Time, bool) {
	day, err := time.ParseInLocation(time.DateOnly, date, t.now.Location())
	return day, err == nil
}

func (f *Facts) total() int64 {
	var total int64
	for _, i := range f.Items {
		total += i.Price * int64(i.Quantity)
	}
	return total
}

func (t *turn) orderText() string {
	var b strings.Builder
	for _, i := range t.st.Facts.Items {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("• " + strconv.Itoa(i.Quantity) + " × " + i.Product)
		if i.Price > 0 {
			b.WriteString(" = " + money(i.Price*int64(i.Quantity), t.biz.Settings.Currency))
		}
	}
	return b.String()
}

// servicePrice adds up the prices of the services chosen; "" when one of them has none.
func (t *turn) servicePrice() string {
	var total int64
	for name := range strings.SplitSeq(t.st.Facts.Service, ", ") {
		price := int64(0)
		for _, i := range t.biz.Settings.Services {
			if i.Name == name {
				price = i.Price
			}
		}
		if price <= 0 || price > flowhq.MaxPrice {
			return ""
		}
		total += price
	}
	return money(total, t.biz.Settings.Currency)
}

// openHours says when the business is open on a day; "" when that is not known.
func (t *turn) openHours(date string) string {
	day, ok := t.parseDay(date)
	if !ok || t.biz.Settings.Hours == nil {
		return ""
	}
	spans := spansOn(t.biz.Settings.Hours, day)
	if len(spans) == 0 {
		return ""
	}
	return t.render("open_hours", func(name string) string {
		switch name {
		case "open":
			return spansText(spans, t.flow.Language)
		case "date":
			return dateText(day, t.flow.Language)
		}
		return ""
	})
}
