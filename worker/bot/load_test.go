package bot

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"flowhq"
	"flowhq/locale"
)

func TestEveryEmbeddedFlowLoads(t *testing.T) {
	for _, template := range flowhq.TemplateTypes() {
		for _, l := range flowhq.Languages() {
			text := DefaultYAML(template, l)
			flow, err := Load([]byte(text))
			if err != nil {
				t.Fatalf("%s %s: %v", template, l, err)
			}
			if flow.Template != template || flow.Language != l || len(flow.menu) != 4 {
				t.Errorf("%s %s: got %s %s with a menu of %d", template, l, flow.Template, flow.Language,
					len(flow.menu))
			}
		}
	}
}

// The two languages of a template must do the same things, whatever they say.
func TestTemplatesAreAlikeInBothLanguages(t *testing.T) {
	shape := func(f *Flow) (out []string) {
		for _, m := range f.menu {
			out = append(out, "menu "+m.intent.name)
		}
		for _, i := range f.intents {
			out = append(out, "intent "+i.name+" "+i.asks+" "+i.itemAsks)
		}
		for _, k := range f.tasks {
			for _, q := range k.asks {
				out = append(out, "asks "+k.name+" "+q.fact+" "+q.kind)
			}
		}
		slices.Sort(out)
		return out
	}
	for _, template := range flowhq.TemplateTypes() {
		sw, en := shape(Default(template, flowhq.Swahili)), shape(Default(template, flowhq.English))
		if !slices.Equal(sw, en) {
			t.Errorf("%s differs:\n%q\n%q", template, sw, en)
		}
	}
}

func TestDefaultOfNothingIsBookingInSwahili(t *testing.T) {
	if f := Default("NONE", "XX"); f.Template != flowhq.TemplateBooking || f.Language != flowhq.Swahili {
		t.Errorf("got %s %s", f.Template, f.Language)
	}
	if DefaultYAML("NONE", "XX") != "" || CommonYAML("XX") != "" {
		t.Error("gave the YAML of a template that does not exist")
	}
}

const smallFlow = `flow: 1
template: BOOKING
language: EN
menu:
  - {label: Booking, intent: book}
intents:
  book:
    means: [booking]
    start: booking
tasks:
  booking:
    record: BOOKING
    ask:
      - {fact: service, type: choice, from: services, question: Which?}
    done: Thank you.
`

func TestProblemsHaveTheirPlace(t *testing.T) {
	cases := []struct {
		name, old, new string
		line, column   int
		message        string
	}{
		{"no YAML", "flow: 1", "flow: [1", 2, 1, "no YAML"},
		{"unknown key", "intents:", "intense:", 6, 1, `"intense" is not known here`},
		{"a slip in a key", "    means:", "    meens:", 8, 5, `did you mean "means"?`},
		{"unknown meaning", "[booking]", "[bokings]", 8, 13, "is no meaning that is known"},
		{"unknown task", "start: booking", "start: order", 9, 12, `there is no task "order"`},
		{"unknown intent in the menu", "intent: book}", "intent: buy}", 5, 30, `there is no intent "buy"`},
		{"unknown placeholder", "done: Thank you.", "done: Thank you, {nmae}.", 15, 11, "{nmae} is not known here"},
		{"a text that YAML takes for a mapping", "done: Thank you.", "done: {name}, thank you.", 15, 17,
			"must stand in quotes"},
		{"open brace", "done: Thank you.", "done: Thank you, {name.", 15, 11, "is no placeholder"},
		{"wrong record", "record: BOOKING", "record: BOOK", 12, 13, "must record BOOKING, ORDER or TICKET"},
		{"unknown type", "type: choice", "type: choose", 14, 31, `"choose" is no type of question`},
		{"nothing to choose from", ", from: services", "", 14, 9, "wants options"},
		{"no question", ", question: Which?", "", 14, 9, "has no text"},
		{"fact asked twice", "      - {fact: service, type: choice, from: services, question: Which?}",
			"      - {fact: name, type: name, question: Who?}\n      - {fact: name, type: name, question: Who?}", 15,
			16, "asked twice"},
		{"fixed kind", "fact: service, type: choice, from: services", "fact: date, type: text", 14, 28,
			"must be asked as that"},
		{"wrong format", "flow: 1", "flow: 2", 1, 7, "begins with \"flow: 1\""},
		{"wrong template", "template: BOOKING", "template: BARBER", 2, 11, "template must be"},
		{"wrong language", "language: EN", "language: FR", 3, 11, "language must be"},
		{"the same key twice", "language: EN", "language: EN\nlanguage: SW", 4, 1, "language"},
		{"a text where a list of names is wanted", "intents:\n  book:\n    means: [booking]\n    start: booking",
			"intents: none", 6, 10, "wants a list of names"},
		{"an intent that does nothing", "    start: booking", "    asks: service", 7, 3, "does nothing"},
		{"wrong number", "done: Thank you.", "done: Thank you.\nhuman_after: many", 16, 14, "wants a whole number"},
		{"wrong flag", "start: booking", "start: booking\n    menu: often", 10, 11, "wants true or false"},
		{"alias", "language: EN", "language: &l EN", 3, 11, "anchors and aliases"},
		{"tag", "language: EN", "language: !x EN", 3, 11, "tags"},
		{"unknown text", "done: Thank you.", "done: Thank you.\ntexts: {helo: Hi}", 16, 9, `did you mean "hello"?`},
		{"a word that is none", "means: [booking]", "words: ['?!']", 8, 13, "holds no word"},
		{"without a word that is not there", "means: [booking]", "means: [booking]\n    without: [zebra]", 9, 15,
			"is none of the words"},
		{"fallback of nothing", "done: Thank you.", "done: Thank you.\nfallback: {start: ticket}", 16, 19,
			`there is no task "ticket"`},
	}
	if _, err := Load([]byte(smallFlow)); err != nil {
		t.Fatalf("the flow that the cases change does not load: %v", err)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(smallFlow, c.old, c.new, 1)
			if text == smallFlow {
				t.Fatal("the case changes nothing")
			}
			_, err := Load([]byte(text))
			problems, ok := errors.AsType[Problems](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if !slices.ContainsFunc(problems, func(p flowhq.FlowProblem) bool {
				return p.Line == c.line && p.Column == c.column && strings.Contains(english(t, p.Text), c.message)
			}) {
				t.Errorf("want %d:%d %q, got\n%v", c.line, c.column, c.message, err)
			}
		})
	}
}

func TestAllProblemsAreToldTogetherInTheirOrder(t *testing.T) {
	text := strings.NewReplacer("[booking]", "[bokings]", "Thank you.", "Dear {nmae}", "intent: book}",
		"intent: buy}").Replace(smallFlow)
	_, err := Load([]byte(text))
	problems, _ := errors.AsType[Problems](err)
	if len(problems) != 3 || problems[0].Line != 5 || problems[1].Line != 8 || problems[2].Line != 15 {
		t.Errorf("got\n%v", err)
	}
}

func TestAFlowThatIsTooLargeIsRefused(t *testing.T) {
	if _, err := Load([]byte(strings.Repeat("# \n", MaxFlowSize))); err == nil {
		t.Error("was loaded")
	}
	if _, err := Load([]byte(strings.Repeat("[", 100000))); err == nil {
		t.Error("a deep nest was loaded")
	}
}

// The schema for editors must know exactly the keys that the loader knows.
func TestTheSchemaHasTheLoadersKeys(t *testing.T) {
	text, err := os.ReadFile("../../docs/flow.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Items      *struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"items"`
	}
	var schema struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Defs       map[string]object          `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	var menu, fallback object
	if err := json.Unmarshal(schema.Properties["menu"], &menu); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(schema.Properties["fallback"], &fallback); err != nil {
		t.Fatal(err)
	}
	check := func(name string, got map[string]json.RawMessage, want []string) {
		t.Helper()
		var keys []string
		for k := range got {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		want = slices.Sorted(slices.Values(want))
		if !slices.Equal(keys, want) {
			t.Errorf("%s: the schema has %q, the loader %q", name, keys, want)
		}
	}
	check("a flow", schema.Properties, flowKeys())
	check("a menu entry", menu.Items.Properties, menuKeys())
	check("fallback", fallback.Properties, fallbackKeys())
	check("an intent", schema.Defs["intent"].Properties, intentKeys())
	check("a task", schema.Defs["task"].Properties, taskKeys())
	check("a question", schema.Defs["question"].Properties, askKeys())
}

func TestTheFlowInTheDocumentationLoads(t *testing.T) {
	text, err := os.ReadFile("../../docs/flows.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "```yaml\n")
	if !ok {
		t.Fatal("there is no example")
	}
	example, _, _ := strings.Cut(rest, "```")
	flow, err := Load([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	biz := flowhq.Business{Name: "B", Language: flowhq.English,
		Settings: flowhq.Settings{Services: []flowhq.Item{{Name: "Dinner", Price: 100, Available: true}}}.Normalize()}
	for _, question := range []string{"where can I park?", "parking", "naegesha wapi"} {
		if _, acts := Step(flow, biz, State{}, Message{Text: question}, fuzzNow()); !strings.Contains(replyOf(acts),
			"behind the house") {
			t.Errorf("%s: %q", question, replyOf(acts))
		}
	}
	var state State
	var acts []Action
	for _, say := range []string{"dinner tomorrow 7pm", "Ann", "40", "4", "yes"} {
		state, acts = Step(flow, biz, state, Message{Text: say}, fuzzNow())
	}
	if r := requestOf(acts); r == nil || !strings.Contains(r.Fields.Detail, "guests: 4") {
		t.Errorf("recorded %+v after %q", r, replyOf(acts))
	}
}

// Every text and every meaning is explained in the documentation.
func TestTheDocumentationNamesEveryText(t *testing.T) {
	text, err := os.ReadFile("../../docs/flows.md")
	if err != nil {
		t.Fatal(err)
	}
	for key := range textPlaceholders() {
		if !strings.Contains(string(text), "`"+key+"`") {
			t.Errorf("the text %q is not in docs/flows.md", key)
		}
	}
	for _, kind := range questionKinds() {
		if !strings.Contains(string(text), "`"+kind+"`") {
			t.Errorf("the type of question %q is not in docs/flows.md", kind)
		}
	}
}

func TestWordsAreSane(t *testing.T) {
	form := regexp.MustCompile(`^[a-z_]+(\.(sw|en))?:`)
	for n, line := range strings.Split(wordsText, "\n") {
		if line == "" || line[0] == '#' || line[0] == ' ' {
			continue
		}
		if !form.MatchString(line) {
			t.Errorf("line %d: %q", n+1, line)
		}
	}
	if len(baseVocabulary().Meanings()) < 30 {
		t.Errorf("only %d meanings", len(baseVocabulary().Meanings()))
	}
}

func replyOf(acts []Action) string {
	for _, a := range acts {
		if a.Kind == ActionReply {
			return a.Text
		}
	}
	return ""
}

func requestOf(acts []Action) *flowhq.RequestEvent {
	for _, a := range acts {
		if a.Kind == ActionRecord {
			return a.Request
		}
	}
	return nil
}

// english says a text as the pages of the appliance do.
func english(t *testing.T, text flowhq.Text) string {
	t.Helper()
	texts, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	return texts.Say(flowhq.English, text)
}
