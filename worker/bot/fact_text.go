package bot

import (
	"strconv"
	"strings"
	"time"

	"flowhq"
	"flowhq/worker/bot/when"
)

// momentText writes a day and an hour; of today, the word for it.
func (a *asker) momentText(at time.Time) string {
	return a.dayText(at) + a.separator() + hourText(at.Hour()*60+at.Minute(), a.flow.Language)
}

func (a *asker) dayText(day time.Time) string {
	english := a.flow.Language == flowhq.English
	switch {
	case when.SameDay(day, a.now) && english:
		return "today"
	case when.SameDay(day, a.now):
		return "leo"
	}
	return dateText(day, a.flow.Language)
}

// joint stands between a day and an hour.
func (a *asker) separator() string {
	if a.flow.Language == flowhq.English {
		return " at "
	}
	return ", "
}

// factText writes a fact as a text shows it.
func (a *asker) factText(name string) string {
	f := &a.state.Facts
	switch name {
	case "service":
		return f.Service
	case "date":
		if day, ok := a.parseDay(f.Date); ok {
			return dateText(day, a.flow.Language)
		}
	case "time":
		if m := when.ParseClock(f.Time); m >= 0 {
			return hourText(m, a.flow.Language)
		}
	case "name":
		return f.Name
	case "delivery":
		return f.Delivery
	case "detail":
		return f.Detail
	case "items":
		return a.orderText()
	case "total":
		if total := f.total(); total > 0 {
			return money(total, a.business.Settings.Currency)
		}
	case "price":
		return a.servicePrice()
	case "open_hours":
		return a.openHours(f.Date)
	default:
		return f.More[name]
	}
	return ""
}

func (a *asker) orderText() string {
	var b strings.Builder
	for _, i := range a.state.Facts.Items {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("• " + strconv.Itoa(i.Quantity) + " × " + i.Product)
		if i.Price > 0 {
			b.WriteString(" = " + money(i.Price*int64(i.Quantity), a.business.Settings.Currency))
		}
	}
	return b.String()
}

// servicePrice adds up the prices of the services chosen; "" when one of them has none.
func (a *asker) servicePrice() string {
	var total int64
	for name := range strings.SplitSeq(a.state.Facts.Service, ", ") {
		price := int64(0)
		for _, i := range a.business.Settings.Services {
			if i.Name == name {
				price = i.Price
			}
		}
		if price <= 0 || price > flowhq.MaxPrice {
			return ""
		}
		total += price
	}
	return money(total, a.business.Settings.Currency)
}

// openHours says when the business is open on a day; "" when that is not known.
func (a *asker) openHours(date string) string {
	day, ok := a.parseDay(date)
	if !ok || a.business.Settings.Hours == nil {
		return ""
	}
	spans := when.SpansOn(a.business.Settings.Hours, day)
	if len(spans) == 0 {
		return ""
	}
	return a.render("open_hours", func(name string) string {
		switch name {
		case "open":
			return spansText(spans, a.flow.Language)
		case "date":
			return dateText(day, a.flow.Language)
		}
		return ""
	})
}

func (a *asker) offerText(offer Offer, day time.Time) string {
	text := dateText(day, a.flow.Language)
	if offer.Time != "" {
		text += a.separator() + hourText(when.ParseClock(offer.Time), a.flow.Language)
	}
	return text
}
