package flowhq_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"flowhq"
)

func TestNextStatusFollowsTheContract(t *testing.T) {
	const (
		n, q, a, p, e = flowhq.TenantNew, flowhq.TenantQRPending, flowhq.TenantActive, flowhq.TenantPaused,
			flowhq.TenantError
	)
	tests := []struct {
		from   flowhq.TenantStatus
		o      flowhq.StatusTrigger
		linked bool
		want   flowhq.TenantStatus
	}{
		{n, flowhq.TriggerStartedUnlinked, false, q},
		{e, flowhq.TriggerStartedUnlinked, false, q},
		{a, flowhq.TriggerUnlinked, false, q},
		{q, flowhq.TriggerConnected, true, a},
		{e, flowhq.TriggerConnected, true, a},
		{n, flowhq.TriggerStartedLinked, true, a},
		{a, flowhq.TriggerFailed, true, e},
		{q, flowhq.TriggerStopped, false, n},
		{e, flowhq.TriggerStopped, false, n},
		{a, flowhq.TriggerStopped, true, a},
		{e, flowhq.TriggerStopped, true, e},
		{a, flowhq.TriggerPaused, true, p},
		{n, flowhq.TriggerPaused, false, p},
		{p, flowhq.TriggerConnected, true, p},
		{p, flowhq.TriggerFailed, true, p},
		{p, flowhq.TriggerStartedUnlinked, false, p},
		{p, flowhq.TriggerResumed, true, a},
		{p, flowhq.TriggerResumed, false, n},
		{a, flowhq.TriggerResumed, true, a},
	}
	for _, tt := range tests {
		if got := flowhq.NextStatus(tt.from, tt.o, tt.linked); got != tt.want {
			t.Errorf("NextStatus(%s, %s, linked=%t) = %s, want %s", tt.from, tt.o, tt.linked, got, tt.want)
		}
	}
}

func TestEveryFailingPhaseHasARemedy(t *testing.T) {
	failing := []flowhq.Phase{
		flowhq.PhaseLoggedOut, flowhq.PhaseReplaced, flowhq.PhaseBanned, flowhq.PhaseRestricted, flowhq.PhaseOutdated,
		flowhq.PhaseJournalFault,
	}
	for _, p := range failing {
		if !p.Failing() {
			t.Errorf("%s has no remedy", p)
		}
		if p.State() != flowhq.SessionDisconnected {
			t.Errorf("%s maps to %s", p, p.State())
		}
	}
	for _, p := range []flowhq.Phase{flowhq.PhaseConnected, flowhq.PhaseReconnecting, flowhq.PhaseQR,
		flowhq.PhaseNobody} {
		if p.Failing() {
			t.Errorf("%s needs nobody", p)
		}
	}
	long := flowhq.FailureText(strings.Repeat("é", 2000), flowhq.PhaseBanned)
	if n := len([]rune(long)); n != 1000 {
		t.Errorf("the failure text has %d characters", n)
	}
}

func TestHoursReadBothForms(t *testing.T) {
	for _, in := range []string{
		`{"mon":[{"open":"08:00","close":"12:00"},{"open":"13:00","close":"17:00"}],"holidays":["2026-12-25"]}`,
		`{"mon":{"open":"08:00","close":"17:00"},"sun":{}}`,
	} {
		var h flowhq.Hours
		if err := json.Unmarshal([]byte(in), &h); err != nil {
			t.Fatalf("%s: %v", in, err)
		}
		out, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		var again flowhq.Hours
		if err := json.Unmarshal(out, &again); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if fmt.Sprint(h) != fmt.Sprint(again) {
			t.Errorf("%s became %s", in, out)
		}
		if !strings.HasPrefix(string(out), `{"mon":[{"open":"08:00"`) || !strings.Contains(string(out), `"sun":[]`) {
			t.Errorf("not the canonical form: %s", out)
		}
	}
}

func TestHoursRefuseNonsense(t *testing.T) {
	for in, want := range map[string]string{
		`{"monday":[]}`: "hours.day_name(name=monday)",
		`{"mon":[{"open":"17:00","close":"08:00"}]}`:                                  "hours.order",
		`{"mon":[{"open":"8","close":"17:00"}]}`:                                      "hours.clock",
		`{"mon":[{"open":"08:00","close":"12:00"},{"open":"11:00","close":"13:00"}]}`: "hours.overlap",
		`{"holidays":["Christmas"]}`:                                                  "hours.holiday_date",
		`{"mon":"all day"}`:                                                           "hours.list",
		`[]`:                                                                          "hours.object",
		`{"tue":[{"open":"08:00","close":"12:00"},{"open":"13:00","close":"25:00"}],"mon":[]}`: "hours.clock",
	} {
		var h flowhq.Hours
		if err := json.Unmarshal([]byte(in), &h); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}

func TestOpenAtAndNextOpen(t *testing.T) {
	zone := flowhq.Settings{}.Location()
	if zone.String() != flowhq.DefaultTimezone {
		t.Fatalf("the default zone is %s", zone)
	}
	var h flowhq.Hours
	in := `{"mon":[{"open":"08:00","close":"17:00"}],"tue":[{"open":"08:00","close":"17:00"}],` +
		`"holidays":["2026-03-10"]}`
	if err := json.Unmarshal([]byte(in), &h); err != nil {
		t.Fatal(err)
	}
	monday := time.Date(2026, 3, 9, 8, 0, 0, 0, zone)
	if !h.OpenAt(monday) || h.OpenAt(monday.Add(-time.Minute)) || h.OpenAt(monday.Add(9*time.Hour)) {
		t.Error("Monday's hours are wrong at their edges")
	}
	if h.OpenAt(monday.Add(24 * time.Hour)) {
		t.Error("open on a holiday")
	}
	next, ok := h.NextOpen(monday.Add(9 * time.Hour))
	if want := monday.AddDate(0, 0, 7); !ok || !next.Equal(want) {
		t.Errorf("next open %s, %t; want %s", next, ok, want)
	}
	if _, ok := (&flowhq.Hours{}).NextOpen(monday); ok {
		t.Error("a business without hours opens some day")
	}
}

func TestSettingsNameEveryWrongField(t *testing.T) {
	s := flowhq.Settings{
		Timezone: "Mars/Olympus", Currency: "SHILINGI", Contact: strings.Repeat("x", flowhq.MaxTextLength+1),
		Services: []flowhq.Item{{Name: "Facial", Price: -1}, {Name: "facial"}, {Name: " "}},
	}.Normalize()
	got := map[string]bool{}
	for _, f := range s.Check() {
		got[f.Field] = true
	}
	for _, want := range []string{"timezone", "currency", "contact", "services[0].price", "services[1].name",
		"services[2].name"} {
		if !got[want] {
			t.Errorf("%s is not named; got %v", want, got)
		}
	}
	if wrong := (flowhq.Settings{}).Normalize().Check(); wrong != nil {
		t.Errorf("empty settings: %v", wrong)
	}
}

func TestItemIsAvailableUnlessSaidOtherwise(t *testing.T) {
	var items []flowhq.Item
	if err := json.Unmarshal([]byte(`[{"name":"a","price":1},{"name":"b","available":false}]`), &items); err != nil {
		t.Fatal(err)
	}
	if !items[0].Available || items[1].Available {
		t.Errorf("%+v", items)
	}
}

func TestErrorsKeepCodeAndCause(t *testing.T) {
	cause := errors.New("connection refused")
	err := fmt.Errorf("create: %w", &flowhq.Error{Code: flowhq.CodeUnavailable, Message: "The database is away.",
		Cause: cause})
	if flowhq.CodeOf(err) != flowhq.CodeUnavailable || !errors.Is(err, cause) {
		t.Errorf("%v lost its code or its cause", err)
	}
	if flowhq.CodeOf(cause) != flowhq.CodeInternal || flowhq.CodeOf(nil) != "" {
		t.Error("codes of other errors")
	}
	if flowhq.Invalid(nil) != nil {
		t.Error("no wrong field is no error")
	}
	if msg := flowhq.NotFound("Setup request").Text.Key; msg != "missing.setup_request" {
		t.Error(msg)
	}
}

func TestSettings_Check_Hours(t *testing.T) {
	s := flowhq.Settings{Hours: &flowhq.Hours{Holidays: []string{"Christmas"}}}.Normalize()
	if wrong := s.Check(); len(wrong) != 1 || wrong[0].Field != "hours" || wrong[0].Text.Key != "hours.holiday_date" {
		t.Errorf("%v", wrong)
	}
}
