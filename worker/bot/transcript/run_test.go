package transcript

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every case in bot/testdata must pass: the samples that came with the task, and our own.
func TestEveryTranscriptPasses(t *testing.T) {
	files, err := filepath.Glob("../testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			results, err := runFile(name)
			if err != nil {
				t.Fatal(err)
			}
			cases += len(results)
			for _, r := range results {
				if len(r.Faults) > 0 {
					t.Errorf("%s: %s", r.Name, strings.Join(r.Faults, "; "))
				}
			}
		})
	}
	if cases < 600 {
		t.Errorf("only %d cases ran", cases)
	}
}

const oneTenant = `tenants:
  salon: {template: BOOKING, language: SW, business_name: Neema Salon, services: [{name: Facial, price: 30000}]}
cases:
`

// A runner that cannot fail proves nothing: each of these cases is wrong in one way.
func TestWrongCasesFail(t *testing.T) {
	cases := []struct{ name, line, fault string }{
		{"asks", `{name: x, tenant: salon, say: [mambo], asks: date}`, "asks menu, wants date"},
		{"asks nothing", `{name: x, tenant: salon, say: [mambo], asks: none}`, "asks menu, wants none"},
		{"asks something", `{name: x, tenant: salon, say: [asante], asks: any}`, "asks none, wants any"},
		{"alternatives", `{name: x, tenant: salon, say: [mambo], asks: date_or_time}`, "wants date_or_time"},
		{"shows", `{name: x, tenant: salon, say: [bei], shows: ["40,000"]}`, "does not show"},
		{"hides", `{name: x, tenant: salon, say: [bei], hides: [Facial]}`, "shows"},
		{"says", `{name: x, tenant: salon, say: [mambo], says: closed}`, "says none, wants closed"},
		{"request", `{name: x, tenant: salon, say: [mambo], outcome: {request: BOOKING}}`, `request is "none"`},
		{"field", `{name: x, tenant: salon, say: [facial kesho saa nne asubuhi, Asha, ndiyo], outcome: {name: Juma}}`,
			`name is "Asha", wants "Juma"`},
		{"count", `{name: x, tenant: salon, say: [mambo], outcome: {requests: 1}}`, "requests"},
		{"handoff", `{name: x, tenant: salon, say: [mambo], outcome: {handoff: true}}`, "handoff"},
		{"opted out", `{name: x, tenant: salon, say: [mambo], outcome: {opted_out: true}}`, "opted_out"},
		{"started", `{name: x, tenant: salon, say: [mambo], outcome: {request_started: BOOKING}}`, "request_started"},
		{"not started", `{name: x, tenant: salon, say: ["1"], outcome: {request_started: false}}`, "request_started"},
		{"silence", `{name: x, tenant: salon, say: [mambo], then_silent: true}`, "is not silent"},
		{"items", `{name: x, tenant: salon, say: [mambo], outcome: {items: {Kanga: 1}}}`, "items"},
		{"unknown outcome", `{name: x, tenant: salon, say: [mambo], outcome: {colour: red}}`, "not known"},
		{"unknown tenant", `{name: x, tenant: barber, say: [mambo]}`, "no tenant"},
		{"unknown thing to say", `{name: x, tenant: salon, say: [{dance: yes}]}`, "nothing that can be said"},
		{"unknown key", `{name: x, tenant: salon, say: [mambo], ask: menu}`, `"ask" is not known`},
		{"wrong time", `{name: x, tenant: salon, at: noon, say: [mambo]}`, "no time like"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			results, err := Conversations([]byte(oneTenant + "  - " + c.line))
			if err != nil {
				t.Fatal(err)
			}
			if len(results) != 1 || !strings.Contains(strings.Join(results[0].Faults, "; "), c.fault) {
				t.Errorf("got %+v, want the fault %q", results, c.fault)
			}
		})
	}
}

func TestWrongTimesFail(t *testing.T) {
	results, err := TimeExpressions("lang,text,date,time\nSW,kesho,2026-03-12,\n" +
		"SW,kesho,2026-03-11,10:00\nSW,kesho,2026-03-11,\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 3 || len(results[0].Faults) != 1 || len(results[1].Faults) != 1 || len(results[2].Faults) != 0 {
		t.Errorf("got %+v", results)
	}
}

func TestRunCountsAndSaysWhatItCannotRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("a.yaml", oneTenant+"  - {name: good, tenant: salon, say: [mambo], asks: menu}\n  - {name: bad, "+
		"tenant: salon, say: [mambo], asks: date}\n")
	times := write("b.csv", "lang,text,date,time\nSW,kesho,2026-03-11,\n")
	var out strings.Builder
	passed, failed, err := Run(&out, []string{good, times})
	if passed != 2 || failed != 1 || err != nil {
		t.Errorf("got %d, %d, %v", passed, failed, err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 || lines[3] != "2 passed, 1 failed" || !strings.HasPrefix(lines[1], "FAIL  a.yaml: bad") {
		t.Errorf("printed %q", lines)
	}
	for _, name := range []string{filepath.Join(dir, "none.yaml"), write("c.txt", "x"), write("d.yaml", "tenants: [1"),
		write("e.yaml", "tenets: {}"), write("f.csv", "lang\n\"x")} {
		if _, _, err := Run(io.Discard, []string{name}); err == nil {
			t.Errorf("%s: no error", filepath.Base(name))
		}
	}
}
