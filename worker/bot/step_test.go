package bot

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"flowhq"
	"flowhq/worker/bot/when"
)

// talk says lines to a flow in turn, ten seconds apart, and gives the state and the actions of the last.
func talk(t *testing.T, flow *Flow, biz flowhq.Business, state State, lines ...string) (State, []Action) {
	t.Helper()
	var acts []Action
	now := fuzzNow()
	for i, line := range lines {
		now = now.Add(10 * time.Second)
		state, acts = Step(flow, biz, state, Message{ID: "m" + string(rune('a'+i)), Kind: flowhq.KindText, Text: line,
			Name: "Push Name", At: now}, now)
	}
	return state, acts
}

func kinds(acts []Action) (out []ActionKind) {
	for _, a := range acts {
		if a.Kind != ActionTrace {
			out = append(out, a.Kind)
		}
	}
	return out
}

func salonFlow() (*Flow, flowhq.Business) {
	return Default(flowhq.TemplateBooking, flowhq.Swahili), benchTenants()[0]
}

func TestActionsComeInTheirOrder(t *testing.T) {
	flow, biz := salonFlow()
	cases := []struct {
		name  string
		lines []string
		want  []ActionKind
	}{
		{"a reply", []string{"habari"}, []ActionKind{ActionReply}},
		{"a record is kept before it is talked about", []string{"facial kesho saa nne asubuhi", "Asha", "ndiyo"},
			[]ActionKind{ActionRecord, ActionReply, ActionNotifyOwner}},
		{"a human", []string{"nataka kuongea na mtu"}, []ActionKind{ActionHandoff, ActionReply, ActionNotifyOwner}},
		{"opting out", []string{"STOP"}, []ActionKind{ActionOptOut, ActionReply}},
		{"silence after it", []string{"STOP", "bei"}, nil},
		{"opting in", []string{"STOP", "ANZA"}, []ActionKind{ActionOptIn, ActionReply}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, acts := talk(t, flow, biz, State{}, c.lines...)
			if got := kinds(acts); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestARequestHasNoIdentityOfItsOwn(t *testing.T) {
	flow, biz := salonFlow()
	_, acts := talk(t, flow, biz, State{}, "facial kesho saa nne asubuhi", "Asha", "ndiyo")
	r := requestOf(acts)
	if r == nil || r.ID != "" || r.Chat != "" || r.Status != flowhq.RequestNew || r.Type != flowhq.RequestBooking {
		t.Errorf("got %+v", r)
	}
}

func TestTheVersionIsHeldWhileInAStep(t *testing.T) {
	flow, biz := salonFlow()
	flow = flow.WithVersion(7)
	state, _ := talk(t, flow, biz, State{}, "1")
	if !state.InStep() || state.FlowVersion != 7 {
		t.Errorf("in the middle of a step the version is %d, in a step: %t", state.FlowVersion, state.InStep())
	}
	if got := flow.RecordOf(state); got != flowhq.RequestBooking {
		t.Errorf("the request in the making is %q", got)
	}
	state, _ = talk(t, flow.WithVersion(8), biz, state, "ghairi")
	if state.InStep() || state.FlowVersion != 0 {
		t.Errorf("after the step the version is %d, in a step: %t", state.FlowVersion, state.InStep())
	}
}

func TestAStepOfATaskThatIsGoneIsForgotten(t *testing.T) {
	flow, biz := salonFlow()
	_, acts := talk(t, flow, biz, State{Task: "gone", Ask: "nothing", LastAt: fuzzNow()}, "habari")
	if !strings.Contains(replyOf(acts), "Weka miadi") {
		t.Errorf("answered %q", replyOf(acts))
	}
}

func TestStepChangesNothingThatItWasGiven(t *testing.T) {
	flow, biz := salonFlow()
	state, _ := talk(t, flow, biz, State{}, "facial kesho saa nne")
	before, err := json.Marshal([]any{state, biz})
	if err != nil {
		t.Fatal(err)
	}
	talk(t, flow, biz, state, "asubuhi", "Asha", "ndiyo")
	after, err := json.Marshal([]any{state, biz})
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Errorf("was %s, is %s", before, after)
	}
}

func TestOneFlowServesManyChatsAtOnce(t *testing.T) {
	flow, biz := salonFlow()
	_, want := talk(t, flow, biz, State{}, "facial kesho saa nne asubuhi", "Asha", "ndiyo")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				if _, got := talk(t, flow, biz, State{}, "facial kesho saa nne asubuhi", "Asha",
					"ndiyo"); !reflect.DeepEqual(got, want) {
					t.Errorf("got %v", got)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestTheStateOfALongChatStaysSmall(t *testing.T) {
	flow, biz := salonFlow()
	state := State{}
	for range 50 {
		state, _ = talk(t, flow, biz, state, strings.Repeat("naomba kitu cha ajabu ", 500), "facial",
			strings.Repeat("z", 5000), "1", "qqq www")
	}
	text, err := json.Marshal(state)
	if err != nil || len(text) > 4000 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestTheReplyIsInTheBusinessLanguageAndTheCustomersIsNoted(t *testing.T) {
	flow, biz := salonFlow()
	state, acts := talk(t, flow, biz, State{}, "how much do you charge?")
	if state.Language != flowhq.English || !strings.Contains(replyOf(acts), "Bei zetu") {
		t.Errorf("language %q, answered %q", state.Language, replyOf(acts))
	}
	state, _ = talk(t, flow, biz, state, "asante sana")
	if state.Language != flowhq.Swahili {
		t.Errorf("language %q", state.Language)
	}
}

func TestTheOwnGreetingTakesThePlaceOfTheTemplates(t *testing.T) {
	flow, biz := salonFlow()
	biz.Settings.Greeting = "Karibu sana kwa Neema!"
	_, acts := talk(t, flow, biz, State{}, "habari")
	if got := replyOf(acts); !strings.HasPrefix(got, "Karibu sana kwa Neema!") ||
		!strings.Contains(got, "1. Weka miadi") {
		t.Errorf("answered %q", got)
	}
}

func TestTheNoticeOfAHumanNamesTheCustomer(t *testing.T) {
	flow, biz := salonFlow()
	_, acts := talk(t, flow, biz, State{}, "nataka kuongea na mtu")
	for _, a := range acts {
		if a.Kind == ActionNotifyOwner && strings.Contains(a.Text, "Push Name") &&
			strings.Contains(a.Text, "nataka kuongea na mtu") {
			return
		}
	}
	t.Errorf("got %+v", acts)
}

func TestAReactionChangesNothing(t *testing.T) {
	flow, biz := salonFlow()
	state, _ := talk(t, flow, biz, State{}, "1")
	next, acts := Step(flow, biz, state, Message{ID: "r", Kind: flowhq.KindReaction, Text: "👍", Target: "ma"},
		fuzzNow().Add(time.Hour))
	if !reflect.DeepEqual(next, state) || len(kinds(acts)) != 0 {
		t.Errorf("state %+v, actions %+v", next, acts)
	}
}

// customFlow asks in every way there is.
const customFlow = `flow: 1
template: BOOKING
language: EN
human_after: 3
forget_after_hours: 2
menu:
  - {label: Table, intent: table}
intents:
  table:
    words: [table, dinner]
    start: table
  parking:
    words: [parking]
    reply: "Park behind {business}."
tasks:
  table:
    record: BOOKING
    ask:
      - {fact: area, type: choice, options: [Garden, Main hall, Roof], question: "Where?\n{list}"}
      - {fact: guests, type: number, min: 1, max: 12, label: Guests, question: How many?}
      - {fact: phone, type: phone, question: Your number?}
      - {fact: wishes, type: text, question: Any wishes?}
    confirm: "{area}, {guests}, {phone}, {wishes}?"
    done: Thanks.
    handoff: true
`

func customBiz() flowhq.Business {
	return flowhq.Business{Name: "Roof Bar", Language: flowhq.English, Settings: flowhq.Settings{}.Normalize()}
}

func loadCustom(t *testing.T) *Flow {
	t.Helper()
	flow, err := Load([]byte(customFlow))
	if err != nil {
		t.Fatal(err)
	}
	return flow
}

func TestEveryTypeOfQuestion(t *testing.T) {
	_, acts := talk(t, loadCustom(t), customBiz(), State{}, "a table please", "the main hall", "four",
		"+255 712 345 678", "near the window", "yes")
	r := requestOf(acts)
	want := "area: Main hall\nGuests: 4\nphone: +255712345678\nwishes: near the window"
	if r == nil || r.Fields.Detail != want {
		t.Fatalf("recorded %+v after %q", r, replyOf(acts))
	}
	if got := kinds(acts); got[len(got)-1] != ActionHandoff {
		t.Errorf("the flow's hand-over is missing: %v", got)
	}
}

func TestAnswersThatCannotBe(t *testing.T) {
	cases := []struct {
		name  string
		lines []string
		asks  string
	}{
		{"no such option", []string{"table", "the cellar"}, "area"},
		{"option by number", []string{"table", "3"}, "guests"},
		{"too many", []string{"table", "roof", "13"}, "guests"},
		{"none", []string{"table", "roof", "0"}, "guests"},
		{"no number", []string{"table", "roof", "many"}, "guests"},
		{"no telephone number", []string{"table", "roof", "4", "12"}, "phone"},
		{"a telephone number with words", []string{"table", "roof", "4", "call 0712 345 678 please"}, "wishes"},
		{"a question in between", []string{"table", "roof", "parking?"}, "guests"},
	}
	flow := loadCustom(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			state, acts := talk(t, flow, customBiz(), State{}, c.lines...)
			if state.Ask != c.asks {
				t.Errorf("asks %q, want %q, said %q", state.Ask, c.asks, replyOf(acts))
			}
		})
	}
}

func TestSomeMissesCallAHuman(t *testing.T) {
	_, acts := talk(t, loadCustom(t), customBiz(), State{}, "qwe", "rty", "uio")
	if got := kinds(acts); len(got) == 0 || got[0] != ActionHandoff {
		t.Errorf("got %v", got)
	}
	if _, acts = talk(t, loadCustom(t), customBiz(), State{}, "qwe", "rty", "table",
		"uio"); kinds(acts)[0] == ActionHandoff {
		t.Error("what was understood in between does not count")
	}
}

func TestTheFlowSaysWhenATaskIsForgotten(t *testing.T) {
	flow := loadCustom(t)
	state, _ := talk(t, flow, customBiz(), State{}, "table")
	state, _ = Step(flow, customBiz(), state, Message{Text: "roof"}, state.LastAt.Add(2*time.Hour))
	if state.InStep() {
		t.Error("the task is still there")
	}
}

func TestStep_signals(t *testing.T) {
	flow, biz := salonFlow()
	for text, want := range map[string]ActionKind{
		"STOP": ActionOptOut, "acha!": ActionOptOut, "where is the bus stop": "", "Start": "", "anza": "",
		"nataka kuongea na mtu": ActionHandoff, "agent": ActionHandoff, "bei": "", "": "",
	} {
		_, actions := Step(flow, biz, State{}, Message{ID: "A", Kind: flowhq.KindText, Text: text}, fuzzNow())
		got := ActionKind("")
		for _, a := range actions {
			if a.Kind == ActionOptOut || a.Kind == ActionHandoff {
				got = a.Kind
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]bool{"Start": true, "anza": true, "bei": false} {
		if next, _ := Step(flow, biz, State{OptedOut: true}, Message{ID: "A", Kind: flowhq.KindText, Text: text},
			fuzzNow()); next.OptedOut == want {
			t.Errorf("%q of one who opted out: opted out is %v", text, next.OptedOut)
		}
	}
}

func TestWhatIsWrittenInFullIsWrittenWell(t *testing.T) {
	for minute, want := range map[int]string{
		7 * 60: "saa moja asubuhi (07:00)", 10*60 + 30: "saa nne na nusu asubuhi (10:30)",
		12 * 60: "saa sita mchana (12:00)", 8*60 + 45: "saa tatu kasorobo asubuhi (08:45)",
		15*60 + 15: "saa tisa na robo alasiri (15:15)", 18 * 60: "saa kumi na mbili jioni (18:00)",
		19 * 60: "saa moja usiku (19:00)", 0: "saa sita usiku (00:00)",
		5 * 60: "saa kumi na moja alfajiri (05:00)", 14*60 + 20: "saa nane na dakika 20 mchana (14:20)",
		11*60 + 45: "saa sita kasorobo asubuhi (11:45)",
	} {
		if got := hourText(minute, flowhq.Swahili); got != want {
			t.Errorf("%d: got %q, want %q", minute, got, want)
		}
		if w := ParseWhen("kesho "+swahiliHour(minute), fuzzNow(), nil,
			flowhq.Swahili); w.Time != when.ClockText(minute) {
			t.Errorf("%q is read as %q", swahiliHour(minute), w.Time)
		}
	}
	for amount, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 30000: "30,000", 1234567: "1,234,567",
		-4500: "-4,500"} {
		if got := grouped(amount); got != want {
			t.Errorf("%d: got %q, want %q", amount, got, want)
		}
	}
}

// What the bot says of an hour must be read back as that hour, whatever the hour.
func TestEverySwahiliHourIsReadBack(t *testing.T) {
	for minute := 0; minute < 24*60; minute += 5 {
		text := "kesho " + swahiliHour(minute)
		w := ParseWhen(text, fuzzNow(), everyDay("00:00", "24:00"), flowhq.Swahili)
		if w.Time != when.ClockText(minute) {
			t.Errorf("%q is read as %q (%+v), want %q", text, w.Time, w, when.ClockText(minute))
		}
	}
}
