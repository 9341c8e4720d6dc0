package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/harness"
	"flowhq/worker/bot"
	"flowhq/worker/bot/tryout"
)

const ownerNumber = "+255710000900"

// talkCase is a transcript, held over WhatsApp, with the record that must come of it.
type talkCase struct {
	name, number, customer string
	template               flowhq.TemplateType
	language               flowhq.Language
	settings               flowhq.Settings
	say                    []string
	wants                  func(tomorrow string) flowhq.RequestFields
	record                 flowhq.RequestType
	notice                 string // in what the owner is told
}

func talkCases() []talkCase {
	item := func(name string, price int64) flowhq.Item {
		return flowhq.Item{Name: name, Price: price, Available: true}
	}
	return []talkCase{
		{
			name: "Neema Salon", number: "+255700000201", customer: "+255710000201", template: flowhq.TemplateBooking,
			language: flowhq.Swahili,
			settings: flowhq.Settings{Services: []flowhq.Item{item("Facial", 30000), item("Kusuka", 25000)}},
			say: []string{"Habari", "1", "Facial", "kesho", "saa nne asubuhi", "Asha", "hapana, saa tano asubuhi",
				"ndiyo"},
			wants: func(tomorrow string) flowhq.RequestFields {
				return flowhq.RequestFields{Service: "Facial", Date: tomorrow, Time: "11:00", Name: "Asha"}
			},
			record: flowhq.RequestBooking, notice: "Miadi mpya",
		},
		{
			name: "Duka la Asha", number: "+255700000202", customer: "+255710000202",
			template: flowhq.TemplateEcommerce, language: flowhq.Swahili,
			settings: flowhq.Settings{Delivery: "Dar es Salaam 5,000 TZS",
				Products: []flowhq.Item{item("Kanga", 12000), item("Viatu", 35000)}},
			say: []string{"how much is kanga", "nataka kuagiza kanga 3 na viatu 1", "Juma, Kariakoo", "ndiyo"},
			wants: func(string) flowhq.RequestFields {
				return flowhq.RequestFields{Name: "Juma", Delivery: "Kariakoo", Total: 71000, Currency: "TZS",
					Items: []flowhq.OrderItem{
						{Product: "Kanga", Quantity: 3, Price: 12000}, {Product: "Viatu", Quantity: 1, Price: 35000},
					}}
			},
			record: flowhq.RequestOrder, notice: "71,000 TZS",
		},
		{
			name: "FastNet", number: "+255700000203", customer: "+255710000203", template: flowhq.TemplateSupport,
			language: flowhq.English,
			settings: flowhq.Settings{Contact: "support@fastnet.example"},
			say:      []string{"hello", "my internet is down since morning", "router light is red, house 12"},
			wants: func(string) flowhq.RequestFields {
				return flowhq.RequestFields{Detail: "my internet is down since morning\nrouter light is red, house 12"}
			},
			record: flowhq.RequestTicket, notice: "router light is red",
		},
	}
}

// A transcript of each template over WhatsApp: each answer is the one that the conversation gives by itself, the record
// reaches the business, the owner is told on the own phone.
func TestTranscriptsOverWhatsApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", map[string]string{"TYPING_DELAY": "off"})
	w.customer(t, ownerNumber, "Mmiliki", "pn")
	tenants := map[string]string{}
	for _, c := range talkCases() {
		tenants[c.number] = w.business(t, c.name, c.number, c.template, c.language).ID
		c.settings.OwnerNumber = ownerNumber
		if err := w.PublishSettings(limit(t, 30*time.Second), tenants[c.number], c.settings); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range talkCases() {
		t.Run(string(c.template), func(t *testing.T) { w.talk(t, c, tenants[c.number]) })
	}
	t.Run("a human takes over and gives back", func(t *testing.T) {
		w.handOver(t, talkCases()[2], tenants["+255700000203"])
	})
	t.Run("stop and start", func(t *testing.T) { w.optOut(t, talkCases()[1], tenants["+255700000202"]) })
}

func (w *world) talk(t *testing.T, c talkCase, tenant string) {
	w.customer(t, c.customer, "Mteja", "pn")
	with, err := tryout.Use(flowhq.Conversation{Business: flowhq.Business{Name: c.name, Template: c.template,
		Language: c.language, Settings: c.settings.Normalize()}})
	if err != nil {
		t.Fatal(err)
	}
	alone := tryout.NewChat(with)
	for _, text := range c.say {
		now := time.Now().In(with.Business.Settings.Location())
		_, acts := alone.Say(bot.Message{Kind: flowhq.KindText, Text: text}, now)
		want := ""
		for _, a := range acts {
			if a.Kind == bot.ActionReply {
				want = a.Text
			}
		}
		if got := w.ask(t, c.customer, c.number, text); got != want {
			t.Fatalf("over WhatsApp %q is answered with\n%s\nby itself with\n%s", text, got, want)
		}
	}
	tomorrow := time.Now().In(with.Business.Settings.Location()).AddDate(0, 0, 1).Format(time.DateOnly)
	r := w.theRequest(t, tenant)
	if want := c.wants(tomorrow); r.Type != c.record || r.Status != flowhq.RequestNew ||
		fmt.Sprint(r.Fields) != fmt.Sprint(want) || r.Chat != c.customer {
		t.Errorf("recorded %+v, want %s %+v", r, c.record, want)
	}
	err = harness.Until(limit(t, 30*time.Second), 100*time.Millisecond, func() error {
		texts, err := w.sim.InboxTexts(t.Context(), ownerNumber)
		if err != nil {
			return err
		}
		return holds(texts, c.notice)
	})
	if err != nil {
		t.Errorf("the owner: %v", err)
	}
}

type recorded struct {
	ID     string               `json:"id"`
	Chat   string               `json:"chat"`
	Type   flowhq.RequestType   `json:"type"`
	Status flowhq.RequestStatus `json:"status"`
	Fields flowhq.RequestFields `json:"fields"`
}

// theRequest waits for the tenant's one request.
func (w *world) theRequest(t *testing.T, tenant string) recorded {
	t.Helper()
	var all []recorded
	err := harness.Until(limit(t, 30*time.Second), 100*time.Millisecond, func() error {
		if err := w.Admin(t.Context(), http.MethodGet, "/admin/tenants/"+tenant+"/requests", nil, &all); err != nil {
			return err
		}
		if len(all) != 1 {
			return fmt.Errorf("%d requests", len(all))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

// handOver asks for a person: the bot is silent until the chat is released.
func (w *world) handOver(t *testing.T, c talkCase, tenant string) {
	ctx := limit(t, 60*time.Second)
	w.ask(t, c.customer, c.number, "I want to talk to a person")
	w.silent(ctx, t, c, "hello?")
	w.waitRows(ctx, t, tenant, "/customers?handed_over=1", 1)
	if err := w.Admin(ctx, http.MethodPost, "/admin/tenants/"+tenant+"/chats/"+url.PathEscape(c.customer)+"/release",
		nil, nil); err != nil {
		t.Fatal(err)
	}
	w.ask(t, c.customer, c.number, "hello", "FastNet")
}

// optOut stops all messages and starts them again; the register knows.
func (w *world) optOut(t *testing.T, c talkCase, tenant string) {
	ctx := limit(t, 60*time.Second)
	w.ask(t, c.customer, c.number, "STOP")
	w.silent(ctx, t, c, "bei")
	w.waitRows(ctx, t, tenant, "/opt-outs", 1)
	w.ask(t, c.customer, c.number, "START")
	w.ask(t, c.customer, c.number, "bei", "Kanga", "12,000")
	w.waitRows(ctx, t, tenant, "/opt-outs", 0)
}

// silent sends a text that gets no answer: it waits until the decision about it is in the log.
func (w *world) silent(ctx context.Context, t *testing.T, c talkCase, text string) {
	t.Helper()
	before, err := w.sim.InboxTexts(ctx, c.customer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.sim.SendText(ctx, c.customer, c.number, text); err != nil {
		t.Fatal(err)
	}
	tenant, err := w.tenantOf(ctx, c.number)
	if err != nil {
		t.Fatal(err)
	}
	err = harness.Until(ctx, 100*time.Millisecond, func() error {
		var log []struct {
			Text  string `json:"message_text"`
			Trace []struct {
				Step string `json:"step"`
			} `json:"trace"`
		}
		if err := w.Admin(ctx, http.MethodGet, "/admin/tenants/"+tenant+"/logs?trace=1&limit=5", nil,
			&log); err != nil {
			return err
		}
		for _, m := range log {
			for _, e := range m.Trace {
				if m.Text == text && (e.Step == flowhq.TraceHandedOver || e.Step == flowhq.TraceOptedOut) {
					return nil
				}
			}
		}
		return fmt.Errorf("no decision about %q in the log yet", text)
	})
	if err != nil {
		t.Fatal(err)
	}
	after, err := w.sim.InboxTexts(ctx, c.customer)
	if err != nil || len(after) != len(before) {
		t.Errorf("%q was answered: %q %v", text, after[len(before):], err)
	}
}

func (w *world) tenantOf(ctx context.Context, number string) (string, error) {
	var all []harness.Tenant
	err := w.Admin(ctx, http.MethodGet, "/admin/tenants?q="+url.QueryEscape(number), nil, &all)
	if err != nil || len(all) != 1 {
		return "", fmt.Errorf("%d tenants have %s: %w", len(all), number, err)
	}
	return all[0].ID, nil
}

// waitRows waits until a list of the tenant's has so many rows: the worker's news take a moment.
func (w *world) waitRows(ctx context.Context, t *testing.T, tenant, list string, n int) {
	t.Helper()
	err := harness.Until(ctx, 100*time.Millisecond, func() error {
		var rows []map[string]any
		if err := w.Admin(ctx, http.MethodGet, "/admin/tenants/"+tenant+list, nil, &rows); err != nil {
			return err
		}
		if len(rows) != n {
			return fmt.Errorf("%s has %d rows, want %d", list, len(rows), n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// holds tells that one of the texts has a word in it.
func holds(texts []string, word string) error {
	for _, text := range texts {
		if strings.Contains(text, word) {
			return nil
		}
	}
	return fmt.Errorf("%q is not in %q", word, texts)
}
