package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestCompletion is what a shell asks for after the tab key; an appliance that does not run offers nothing and says
// nothing.
func TestCompletion(t *testing.T) {
	b := newBox(t)
	web := newWebClient(b.url, "a long enough password", "")
	ids := make(map[string]string)
	for number, name := range map[string]string{"+255712345678": "Salon Amina", "+255712345679": "Duka la Juma",
		"+255712345680": "duka la juma"} {
		var made tenantView
		if err := web.admin(t.Context(), http.MethodPost, "/admin/tenants", map[string]string{
			"name": name, "business_name": name, "phone_number": number, "template_type": "BOOKING", "language": "SW",
		}, &made, http.StatusCreated); err != nil {
			t.Fatal(err)
		}
		ids[number] = made.ID
	}
	for _, verb := range []string{"start", "stop", "restart", "describe", "logs", "events", "top"} {
		for typed, want := range map[string][]string{
			"": {"Salon Amina\t+255712345678", ids["+255712345679"] + "\tDuka la Juma",
				ids["+255712345680"] + "\tduka la juma"},
			"Sal":                      {"Salon Amina\t+255712345678"},
			"+25571234567":             {"+255712345678\tSalon Amina", "+255712345679\tDuka la Juma"},
			"255712345678":             {"255712345678\tSalon Amina"},
			ids["+255712345680"][:34]:  nil, // see below
			"Nobody":                   {},
			"Salon Amina, but not now": {},
		} {
			out, _, status := flowhqCmd(t.Context(), "__complete", "--env-file", b.env, verb, typed)
			got := strings.Split(strings.TrimSuffix(out, ":4\n"), "\n")
			got = slices.DeleteFunc(got, func(s string) bool { return s == "" })
			slices.Sort(got)
			slices.Sort(want)
			if want == nil {
				want = []string{ids["+255712345680"] + "\tduka la juma"}
			}
			if status != 0 || !slices.Equal(got, want) {
				t.Errorf("%s %q: %d %q, want %q", verb, typed, status, got, want)
			}
		}
	}
	if out, _, _ := flowhqCmd(t.Context(), "__complete", "--env-file", b.env, "stop", "Salon Amina",
		""); out != ":4\n" {
		t.Errorf("a second business is offered: %q", out)
	}
	write(t, b.env+".other", "RUNTIME_DIR=elsewhere\n")
	if out, _, status := flowhqCmd(t.Context(), "__complete", "--env-file", b.env+".other", "stop", ""); status != 0 ||
		out != ":4\n" {
		t.Errorf("without an appliance: %d %q", status, out)
	}
}
