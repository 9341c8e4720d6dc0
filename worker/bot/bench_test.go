package bot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/worker/bot/when"
)

// benchTenants are three businesses as they are in life: a few services, hours, a contact.
func benchTenants() []flowhq.Business {
	hours := everyDay("08:00", "19:00")
	items := []flowhq.Item{
		{Name: "Facial", Price: 30000, Available: true}, {Name: "Kusuka", Price: 25000, Available: true},
		{Name: "Manicure", Price: 15000, Available: true},
		{Name: "Gel Manicure", Price: 20000, Available: true}, {Name: "Pedicure", Price: 18000, Available: true},
		{Name: "Kukata nywele", Price: 10000, Available: true},
	}
	settings := flowhq.Settings{Contact: "+255700000101", Services: items, Products: items, Hours: hours}.Normalize()
	return []flowhq.Business{
		{Name: "Neema Salon", Template: flowhq.TemplateBooking, Language: flowhq.Swahili, Settings: settings},
		{Name: "Duka la Asha", Template: flowhq.TemplateEcommerce, Language: flowhq.Swahili, Settings: settings},
		{Name: "FastNet", Template: flowhq.TemplateSupport, Language: flowhq.English, Settings: settings},
	}
}

// BenchmarkStep runs whole conversations; the time is that of one Step, its median is reported beside the mean.
func BenchmarkStep(b *testing.B) {
	talks := [][]string{
		{"Habari", "1", "Facial", "kesho", "saa nne asubuhi", "Asha", "ndiyo", "asante"},
		{"mambo", "bei ya kanga", "nataka kuagiza facial 3 na pedicure 1", "Juma, Kariakoo", "hapana, facial 2",
			"ndiyo"},
		{"hello", "my internet is down since morning and nobody has come to look at it",
			"router light is red, house 12", "what are your working hours?"},
	}
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	tenants := benchTenants()
	flows := make([]*Flow, len(tenants))
	for i, biz := range tenants {
		flows[i] = Default(biz.Template, biz.Language)
	}
	states := make([]State, len(tenants))
	took := make([]time.Duration, 0, 1<<20)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		which := n % len(tenants)
		talk := talks[which]
		at := n / len(tenants) % len(talk)
		if at == 0 {
			states[which] = State{}
		}
		begin := time.Now()
		states[which], _ = Step(flows[which], tenants[which], states[which],
			Message{ID: "M", Kind: flowhq.KindText, Text: talk[at], At: now}, now)
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1000, "µs-median")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1000, "µs-p99")
}

// BenchmarkHuge is the worst that a customer can send.
func BenchmarkHuge(b *testing.B) {
	biz := benchTenants()[0]
	flow := Default(biz.Template, biz.Language)
	text := strings.Repeat("kesoh facal saa ", 7000)
	for b.Loop() {
		Step(flow, biz, State{}, Message{Text: text}, time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC))
	}
}

// BenchmarkLoad is what a worker pays once when it starts.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Default(flowhq.TemplateBooking, flowhq.Swahili)
	}
}

// BenchmarkLargeShop is a step with as many products as settings may have.
func BenchmarkLargeShop(b *testing.B) {
	biz := benchTenants()[1]
	biz.Settings.Products = nil
	for i := range flowhq.MaxItems {
		biz.Settings.Products = append(biz.Settings.Products,
			flowhq.Item{Name: "Bidhaa " + swahiliHour(i*2%1440) + " " + when.ClockText(i%1440), Price: int64(i),
				Available: true})
	}
	flow := Default(biz.Template, biz.Language)
	for b.Loop() {
		Step(flow, biz, State{}, Message{Text: "nataka kuagiza kanga tatu"},
			time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC))
	}
}
