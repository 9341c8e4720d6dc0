package api

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/worker/bot"
)

// flowCalls makes each call about a tenant's flow once; TestEveryCall counts on it.
func (w *world) flowCalls(id string) {
	at := "/admin/tenants/" + id + "/flow"
	flow := w.ask("GET", at, nil).want(200)
	flow.is(false, "published", "own")
	if yaml, _ := flow.at("published", "flow_yaml").(string); !strings.Contains(yaml, "flow: 1") ||
		flow.at("default_yaml") != yaml {
		w.t.Errorf("the flow in force is %.60q", yaml)
	}
	w.ask("POST", at+"/check", map[string]string{"flow_yaml": flow.at("default_yaml").(string)}).want(200).is(true,
		"ok")
	w.ask("POST", at+"/try", map[string]string{"text": "habari"}).want(200).act("reply", 0)
	w.ask("POST", at+"/replay", map[string]string{"transcript": "habari"}).want(200).is(float64(0), "changed")
}

// act gives the only act of a kind in a turn of a try-out.
func (a answer) act(kind string, turn int) map[string]any {
	a.t.Helper()
	var found map[string]any
	acts, _ := a.at("turns", turn, "acts").([]any)
	for _, one := range acts {
		if object(one)["kind"] == kind {
			found = object(one)
		}
	}
	if found == nil {
		a.t.Errorf("turn %d of %s has no %s", turn, a.body, kind)
	}
	return found
}

func (w *world) salon() string {
	w.t.Helper()
	n := newTenant("+255700000301")
	n["template_type"], n["business_name"] = "BOOKING", "Neema Salon"
	id := w.ask("POST", "/admin/tenants", n).want(201).at("id").(string)
	w.ask("PUT", "/admin/tenants/"+id+"/settings",
		`{"services":[{"name":"Facial","price":30000}],"contact":"Masaki"}`).want(200)
	w.ask("POST", "/admin/tenants/"+id+"/settings/publish", nil).want(200)
	return id
}

func TestCheckingAFlowNamesLineAndColumn(t *testing.T) {
	w := newWorld(t)
	at := "/admin/tenants/" + w.salon() + "/flow/check"
	cases := []struct {
		yaml         string
		line, column float64
		word         string
	}{
		{"flow: 1\ntemplate: BARBER\nlanguage: SW\n", 2, 11, "template"},
		{"flow: 1\ntemplate: BOOKING\nlanguage: SW\ntasks: [\n", 4, 8, ""},
		{"- a list", 1, 1, "names"},
		{strings.Repeat("#", 256<<10+1), 1, 1, "longer"},
	}
	for _, c := range cases {
		got := w.ask("POST", at, map[string]string{"flow_yaml": c.yaml}).want(200)
		got.is(false, "ok")
		got.is(c.line, "problems", 0, "line")
		if c.column > 0 {
			got.is(c.column, "problems", 0, "column")
		}
		if text, _ := got.at("problems", 0, "message").(string); text == "" || !strings.Contains(text, c.word) {
			t.Errorf("%.30q: %q", c.yaml, text)
		}
	}
	w.ask("POST", at, nil).want(200).is(true, "ok")
	w.ask("POST", "/admin/tenants/nobody/flow/check", nil).wantError(404, "Tenant not found")
}

// A person talks to a draft on the page: the state goes back and forth, the clock is theirs.
func TestTryingOutADraft(t *testing.T) {
	w := newWorld(t)
	id := w.salon()
	at := "/admin/tenants/" + id + "/flow/try"
	first := w.ask("POST", at,
		`{"now":"2026-03-10T09:00","messages":["facial kesho saa nne asubuhi",{"wait":"1h"},"Asha"]}`).want(200)
	first.is("2026-03-10T10:00", "local_time")
	if got := first.act("reply", 1)["asks"]; got != "confirmation" {
		t.Errorf("the bot asks for %v", got)
	}
	state, err := json.Marshal(first.at("state"))
	if err != nil {
		t.Fatal(err)
	}
	second := w.ask("POST", at, url.Values{"state": {string(state)}, "text": {"ndiyo"},
		"now": {"2026-03-10T10:01"}}.Encode(), form).want(200)
	if got := object(object(second.act("record", 0)["request"])["fields"]); got["date"] != "2026-03-11" ||
		got["service"] != "Facial" {
		t.Errorf("recorded %v", got)
	}
	second.is("3", "turns", 0, "id")

	// The draft's settings and a flow that nobody saved are what is talked to, unless the published is asked for.
	w.ask("PUT", "/admin/tenants/"+id+"/settings", `{"services":[{"name":"Pedicure","price":1000}]}`).want(200)
	yaml := strings.Replace(bot.DefaultYAML(flowhq.TemplateBooking, flowhq.Swahili), "Tuandike kwa jina gani?",
		"Jina lako tafadhali?", 1)
	draft := w.ask("POST", at, map[string]any{"flow_yaml": yaml,
		"messages": []string{"bei", "pedicure kesho saa nne asubuhi"}}).want(200)
	if text, _ := draft.act("reply", 0)["text"].(string); !strings.Contains(text, "Pedicure") {
		t.Errorf("the draft answers %q", text)
	}
	if text, _ := draft.act("reply", 1)["text"].(string); !strings.Contains(text, "Jina lako") {
		t.Errorf("the flow that was sent answers %q", text)
	}
	published := w.ask("POST", at, `{"use":"published","text":"bei"}`).want(200)
	if text, _ := published.act("reply", 0)["text"].(string); !strings.Contains(text, "Facial") {
		t.Errorf("what is in force answers %q", text)
	}
	human := w.ask("POST", at, `{"messages":["nataka kuongea na mtu","habari"]}`).want(200)
	human.is(true, "handed_over")
	human.is("trace", "turns", 1, "acts", 0, "kind")
	w.ask("POST", at, map[string]any{"state": human.at("state"), "release": true,
		"text": "habari"}).want(200).is(false, "handed_over")
}

func TestTryingOutNonsense(t *testing.T) {
	w := newWorld(t)
	at := "/admin/tenants/" + w.salon() + "/flow/try"
	w.ask("POST", at, `{"use":"both"}`).wantFields("use")
	w.ask("POST", at, `{"now":"noon","text":"x"}`).wantFields("now")
	w.ask("POST", at, `{"state":"x","text":"x"}`).wantFields("state")
	w.ask("POST", at, `{"messages":[1,{"wait":"long"},{"kind":2}]}`).wantFields("messages[0]", "messages[1].wait",
		"messages[2].Kind")
	w.ask("POST", at, `{"flow_yaml":"flow: 2"}`).want(400)
	many, err := json.Marshal(map[string]any{"messages": make([]string, 201)})
	if err != nil {
		t.Fatal(err)
	}
	w.ask("POST", at, string(many)).wantFields("messages")
	// A state that nobody gave: whatever stands in it, the answer is a sensible one.
	odd := `{"state":{"task":"booking","ask":"time","turns":-9,` +
		`"facts":{"date":"9999-99-99","readings":[-5,99999],"part":77}},"sent":-3}`
	w.ask("POST", at, `{"text":"saa nne","state":`+odd+`}`).want(200).act("reply", 0)
}

func TestReplayingTheLog(t *testing.T) {
	w := newWorld(t)
	id := w.salon()
	message := func(n, text string) flowhq.WorkerEvent {
		return flowhq.WorkerEvent{Kind: flowhq.EventMessage, At: time.Date(2026, 3, 1, 9, len(n), 0, 0, time.UTC),
			Message: &flowhq.MessageEvent{
				WAMessageID: n, Chat: "+255700000009", Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer,
				Kind: flowhq.KindText, Text: text,
			}}
	}
	w.journal(id, message("a", "habari"), message("aa", "bei"))
	at := "/admin/tenants/" + id + "/flow/replay"
	w.ask("POST", at, nil).want(200).is(float64(0), "changed")
	w.ask("PUT", "/admin/tenants/"+id+"/settings",
		`{"services":[{"name":"Facial","price":45000}],"contact":"Masaki"}`).want(200)
	got := w.ask("POST", at, nil).want(200)
	got.is(float64(2), "messages")
	got.is(float64(1), "changed")
	got.is("bei", "changes", 0, "text")
	if text, _ := got.at("changes", 0, "draft").(string); !strings.Contains(text, "45,000") {
		t.Errorf("the draft answers %q", text)
	}
	w.ask("POST", at, `{"transcript":"customer: bei\n\nmteja: habari"}`).want(200).is(float64(2), "chats")
	w.ask("POST", at, `{"limit":1}`).want(200).is(float64(1), "messages")
	w.ask("POST", at, `{"limit":20001}`).wantFields("limit")
}
