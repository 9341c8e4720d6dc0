package tryout

import "flowhq"

// Sample is a business to try a template's own flow out with, where no real one is at hand.
func Sample(t flowhq.TemplateType, l flowhq.Language) flowhq.Business {
	weekday := []flowhq.Span{{Open: "08:00", Close: "18:00"}}
	hours := &flowhq.Hours{Days: [7][]flowhq.Span{nil, weekday, weekday, weekday, weekday, weekday, weekday}}
	b := flowhq.Business{Template: t, Language: l, Settings: flowhq.Settings{
		Contact: "+255 700 000 100", Address: "Kariakoo, Dar es Salaam", Delivery: "Dar es Salaam 5,000 TZS",
		Hours: hours,
	}}
	item := func(name string, price int64, unit string) flowhq.Item {
		return flowhq.Item{Name: name, Price: price, Unit: unit, Available: true}
	}
	switch t {
	case flowhq.TemplateEcommerce:
		b.Name = "Duka la Asha"
		b.Settings.Products = []flowhq.Item{item("Kanga", 12_000, ""), item("Kitenge", 18_000, ""),
			item("Viatu", 35_000, ""), item("Mchele", 3_200, "kg")}
	case flowhq.TemplateSupport:
		b.Name = "FastNet"
	default:
		b.Name = "Neema Salon"
		b.Settings.Services = []flowhq.Item{item("Facial", 30_000, ""), item("Kusuka", 25_000, ""),
			item("Manicure", 15_000, "")}
	}
	b.Settings = b.Settings.Normalize()
	return b
}
