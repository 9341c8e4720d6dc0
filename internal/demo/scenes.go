package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"flowhq"
	"flowhq/internal/harness"
)

// tenantShots lists the pages of one business, after enough has happened on them to be looked at.
func (d *demo) tenantShots(ctx context.Context, tenants []harness.Tenant, waiting string) ([]shotPage, error) {
	byName := map[string]harness.Tenant{}
	for _, t := range tenants {
		byName[t.Name] = t
	}
	salon := byName["Neema Salon"]
	if err := d.busyDay(ctx, salon); err != nil {
		return nil, err
	}
	request, err := d.firstRequest(ctx, salon.ID)
	if err != nil {
		return nil, err
	}
	var link struct {
		URL string `json:"url"`
	}
	if err := d.appliance.Admin(ctx, http.MethodPost, "/admin/tenants/"+waiting+"/links", nil, &link); err != nil {
		return nil, err
	}
	invite, err := url.Parse(link.URL)
	if err != nil {
		return nil, err
	}
	of := "/admin/tenants/" + salon.ID
	return []shotPage{
		{"tenant-overview", of},
		{"tenant-linking", "/admin/tenants/" + waiting + "/linking"},
		{"tenant-chats", of + "/chats"},
		{"tenant-chat", of + "/chats/" + url.PathEscape("+255710000001")},
		{"tenant-chat-opted-out", of + "/chats/" + url.PathEscape("+255710000012")},
		{"tenant-search", of + "/chats?q=facial"},
		{"tenant-requests", of + "/requests"},
		{"tenant-request", of + "/requests/" + request},
		{"tenant-customers", of + "/customers"},
		{"tenant-settings", of + "/settings"},
		{"tenant-flow", of + "/flow"},
		{"tenant-process", of + "/process"},
		{"tenant-log", of + "/worker/log"},
		{"tenant-events", of + "/events"},
		{"tenant-manage", of + "/manage"},
		{"link", invite.Path},
	}, nil
}

// busyDay lets customers book, ask for a person and want no more messages, and changes a price without publishing it.
func (d *demo) busyDay(ctx context.Context, salon harness.Tenant) error {
	type visit struct {
		number, name string
		says         []string
	}
	visits := []visit{
		{"+255710000011", "Rehema", []string{"Habari", "Naomba miadi ya facial kesho saa nne asubuhi", "Rehema",
			"ndiyo"}},
		{"+255710000013", "Zawadi", []string{"Naomba miadi ya kusuka keshokutwa saa nane mchana", "Zawadi", "ndiyo"}},
		{"+255710000012", "Baraka", []string{"Habari", "STOP"}},
	}
	for _, v := range visits {
		if err := d.simulator.AddCustomer(ctx, v.number, v.name, "pn"); err != nil {
			return err
		}
		for _, text := range v.says {
			if _, err := d.simulator.Ask(ctx, v.number, salon.PhoneNumber, text, 20*time.Second); err != nil {
				return fmt.Errorf("%s says %q: %w", v.name, text, err)
			}
		}
	}
	of := "/admin/tenants/" + salon.ID
	asha := of + "/chats/" + url.PathEscape("+255710000001")
	if err := d.appliance.Admin(ctx, http.MethodPut, asha+"/labels", map[string][]string{"labels": {"VIP", "Masaki"}},
		nil); err != nil {
		return err
	}
	if err := d.appliance.Admin(ctx, http.MethodPost, asha+"/take-over", nil, nil); err != nil {
		return err
	}
	if _, err := d.simulator.SendText(ctx, "+255710000001", salon.PhoneNumber,
		"Naweza kuja na rafiki yangu?"); err != nil {
		return err
	}
	if err := d.appliance.Admin(ctx, http.MethodPost, asha+"/send",
		map[string]string{"text": "Karibuni nyote wawili, Asha."}, nil); err != nil {
		return err
	}
	draft := flowhq.Settings{Contact: "+255 700 000 101", Address: "Masaki, Dar es Salaam", Services: []flowhq.Item{
		{Name: "Facial", Price: 35000, Available: true}, {Name: "Kusuka", Price: 25000, Available: true},
		{Name: "Pedicure", Price: 20000, Available: true},
	}}
	weekday := []flowhq.Span{{Open: "08:00", Close: "12:30"}, {Open: "14:00", Close: "18:00"}}
	draft.Hours = &flowhq.Hours{Days: [7][]flowhq.Span{nil, weekday, weekday, weekday, weekday, weekday,
		{{Open: "09:00", Close: "14:00"}}}, Holidays: []string{"2026-12-25"}}
	return d.appliance.Admin(ctx, http.MethodPut, of+"/settings", draft, nil)
}

// firstRequest waits until the bookings have arrived and gives one of them.
func (d *demo) firstRequest(ctx context.Context, id string) (string, error) {
	var rows []struct{ ID string }
	err := harness.Until(ctx, 100*time.Millisecond, func() error {
		if err := d.appliance.Admin(ctx, http.MethodGet, "/admin/tenants/"+id+"/requests", nil, &rows); err != nil {
			return err
		}
		if len(rows) < 2 {
			return fmt.Errorf("%d requests have arrived", len(rows))
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	of := "/admin/tenants/" + id + "/requests/" + rows[0].ID
	return rows[0].ID, d.appliance.Admin(ctx, http.MethodPatch, of,
		map[string]string{"status": "CONFIRMED", "notes": "Amepigiwa simu"}, nil)
}
