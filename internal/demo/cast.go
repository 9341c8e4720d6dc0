package main

import (
	"flowhq"
	"flowhq/internal/harness"
)

// business is one of the demo's three, with the customer who writes to it.
type business struct {
	harness.NewTenant
	id           string
	settings     flowhq.Settings
	customer     string
	customerName string
	turns        []turn
	smallTalk    []string
}

// turn is what the customer says and what the answer must contain.
type turn struct {
	says  string
	wants []string
}

func businesses() []business {
	return []business{salon(), shop(), provider()}
}

func salon() business {
	return business{
		NewTenant: harness.NewTenant{
			Name: "Neema Salon", PhoneNumber: "+255700000101", TemplateType: flowhq.TemplateBooking,
			BusinessName: "Neema Salon", Language: flowhq.Swahili,
		},
		settings: flowhq.Settings{
			Contact: "+255 700 000 101", Address: "Masaki, Dar es Salaam",
			Services: []flowhq.Item{
				{Name: "Facial", Price: 30000, Available: true}, {Name: "Kusuka", Price: 25000, Available: true},
				{Name: "Manicure", Price: 15000, Available: true},
			},
		},
		customer: "+255710000001", customerName: "Asha",
		turns: []turn{
			{"Habari", []string{"Neema Salon", "1", "2", "3", "4"}},
			{"3", []string{"Facial", "30,000", "Manicure", "15,000"}},
			{"4", []string{"+255 700 000 101"}},
		},
		smallTalk: []string{"Habari", "2", "Bei ya kusuka ni ngapi?", "Asante sana", "Mko wapi?"},
	}
}

func shop() business {
	return business{
		NewTenant: harness.NewTenant{
			Name: "Duka la Asha", PhoneNumber: "+255700000102", TemplateType: flowhq.TemplateEcommerce,
			BusinessName: "Duka la Asha", Language: flowhq.Swahili,
		},
		settings: flowhq.Settings{
			Contact: "+255 700 000 102", Delivery: "Dar es Salaam 5,000 TZS",
			Products: []flowhq.Item{
				{Name: "Kanga", Price: 12000, Available: true}, {Name: "Kitenge", Price: 18000, Available: true},
				{Name: "Viatu", Price: 35000, Available: true},
			},
		},
		customer: "+255710000002", customerName: "Juma",
		turns: []turn{
			{"Mambo", []string{"Duka la Asha"}},
			{"how much is kitenge", []string{"Kitenge", "18,000"}},
			{"4", []string{"5,000 TZS"}},
		},
		smallTalk: []string{"Mambo", "1", "bei ya viatu", "Mnaleta hadi Mbezi?", "Asante"},
	}
}

func provider() business {
	weekday := []flowhq.Span{{Open: "00:00", Close: "24:00"}}
	return business{
		NewTenant: harness.NewTenant{
			Name: "FastNet", PhoneNumber: "+254700000103", TemplateType: flowhq.TemplateSupport,
			BusinessName: "FastNet", Language: flowhq.English,
		},
		settings: flowhq.Settings{
			Timezone: "Africa/Nairobi", Currency: "KES", Contact: "support@fastnet.example",
			Hours: &flowhq.Hours{Days: [7][]flowhq.Span{weekday, weekday, weekday, weekday, weekday, weekday, weekday}},
		},
		customer: "+254710000003", customerName: "Wanjiku",
		turns: []turn{
			{"Hello", []string{"FastNet"}},
			{"3", []string{"support@fastnet.example"}},
		},
		smallTalk: []string{"Hello", "What are your working hours?", "Thanks a lot", "4", "How do I contact you?"},
	}
}
