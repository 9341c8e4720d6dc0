package ui

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"flowhq"
	"flowhq/locale"
	"flowhq/worker/bot/tryout"
)

// staysEnglish are sentences of the sources that no page shows, or that need no other words, and why.
func staysEnglish() map[string]string {
	const start, piece = "told at the start", "known with what stands before it"
	return map[string]string{
		"Flow HQ": "a name", "NEW, CONFIRMED, DONE, CANCELLED, NO_SHOW": "values of the API",
		"Chrome (Linux)":     "a name",
		"Invalid portal key": "the portal's", ", out of memory": piece,
		"{} is {}": "has words of its own: events.merged", "Waiting for the database": "for programs",
		"Another appliance already serves the workers on {}": start,
	}
}

func swahili(t *testing.T) *phrasebook {
	t.Helper()
	return speaking(t, flowhq.Swahili).phrases
}

func speaking(t *testing.T, lang flowhq.Language) translator {
	t.Helper()
	texts, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	l, err := newTranslator(texts, lang)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// knows tells whether a text of the sources is said wholly in the book's language, whatever its places hold.
func (b *phrasebook) knows(text string) bool {
	filled := 0
	for strings.Contains(text, "{}") {
		filled++
		text = strings.Replace(text, "{}", "‹"+strconv.Itoa(filled)+"›", 1)
	}
	for rest := sentencesIn(text); len(rest) > 0; {
		n := len(rest)
		for n > 0 && !b.knowsOne(strings.Join(rest[:n], " ")) {
			n--
		}
		if n == 0 {
			return false
		}
		rest = rest[n:]
	}
	return true
}

var letters = regexp.MustCompile(`\pL`)

func (b *phrasebook) knowsOne(text string) bool {
	if _, ok := b.exact[text]; ok || !letters.MatchString(text) {
		return true
	}
	for _, p := range b.phrases {
		if words, ok := p.match(text); ok {
			return !slices.ContainsFunc(words, func(w string) bool { return !b.knowsOne(w) })
		}
	}
	return false
}

func TestEverySentenceOfTheSourcesIsSaidInSwahili(t *testing.T) {
	book, excused := swahili(t), staysEnglish()
	all := sourceSentences(t)
	if len(all) < 150 { // they become fewer as texts get keys
		t.Fatalf("only %d sentences were found: the sources are not read as they are written", len(all))
	}
	seen := map[string]bool{}
	for _, s := range all {
		seen[s.text] = true
		if excused[s.text] == "" && !book.knows(s.text) {
			t.Errorf("%s says %q, which Swahili pages would show in English.\n\tAdd it to ui/sentences_sw.json: %q: "+
				"\"…\" ({1}, {2} … for its places). "+
				"If no page shows it, name it in staysEnglish (ui/sentences_test.go), with the reason.", s.at, s.text,
				s.text)
		}
	}
	for text := range excused {
		if !seen[text] {
			t.Errorf("staysEnglish excuses %q, which nobody says any more: take it out", text)
		}
	}
}

func TestANewSentenceIsMissed(t *testing.T) {
	book := swahili(t)
	for file, source := range map[string]string{
		"storage/new.go":              `func f() error { return flowhq.Errorf(flowhq.CodeConflict, "The moon is %s.", x) }`,
		"appliance/form/new.go":       `func f() { text := "The moon " + "is late."; s.say(text) }`,
		"worker/new.go":               `func f() error { return &flowhq.Error{Code: c, Message: "The moon is " + x} }`,
		"settings.go":                 `func f() []FieldError { return []FieldError{{Field: "x", Message: "is no moon"}} }`,
		"ui/new.go":                   `func f() error { return flowhq.NotFound("Moon") }`,
		"appliance/workers/events.go": `func causeText() string { return "by the moon" }`,
	} {
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, file, "package p\n"+source, 0)
		if err != nil {
			t.Fatal(err)
		}
		found := sentencesOf(files, f, file)
		if len(found) != 1 || book.knows(found[0].text) {
			t.Errorf("%s: %q, want one sentence that is not known", source, found)
		}
	}
}

func TestProblemsOfAFlowAreSaidInSwahili(t *testing.T) {
	l := speaking(t, flowhq.Swahili)
	for flow, want := range map[string]string{
		"":                            "mtiririko ni mtupu",
		"flow: 1\ntemplat: BOOKING\n": `"templat" haijulikani hapa; je, ulimaanisha "template"?`,
		"flow: 1\ntasks: [1]\n": "tasks: inahitajika orodha ya majina, kila moja likifuatiwa na " +
			"nukta mbili (:)",
		"flow: 1\nmenu:\n- 7\n":          "mstari wa menyu: inahitajika orodha ya majina",
		"flow: 1\nflow: 1\n":             `jina "flow" limeshaandikwa kwenye mstari 1`,
		"flow: 1\nforget_after_hours: x": "forget_after_hours: iwe namba kamili kati ya 1 na 720",
		"flow: 1\nmenu: [1, 2\n":         "hii si YAML sahihi: ']' ya kufunga haipo",
		"flow: 1\n\tmenu: 1\n":           "kuna kichupo (Tab) mwanzoni mwa mstari; tumia nafasi",
	} {
		var said []string
		for _, p := range (tryout.Desk{}).Check(flow) {
			said = append(said, l.tell(p.Text))
		}
		if !strings.Contains(strings.Join(said, "\n"), want) {
			t.Errorf("%q: %q, want %q", flow, said, want)
		}
	}
}

func TestRowsOfTheTimeLineAreSaidInSwahili(t *testing.T) {
	l := speaking(t, flowhq.Swahili)
	merged := flowhq.TenantEvent{Type: flowhq.TenantEventMerge, Detail: "lid:7 is +255712345678",
		Payload: []byte(`{"from":"lid:7","into":"+255712345678"}`)}
	if got := newEventRow(l, merged).Detail; got != "lid:7 ni mteja yuleyule wa +255712345678" {
		t.Error(got)
	}
	trace := "Answered: at menu, asks for service, says greeting."
	if got := l.say(trace); got != "Umejibiwa: kwenye menu, inauliza service, inasema greeting." {
		t.Error(got)
	}
	silent := "WhatsApp has not been heard from for 12m30s. The worker keeps trying; check the server's internet " +
		"connection."
	if got := l.say(silent); !strings.HasPrefix(got, "WhatsApp haijasikika kwa dak 12. ") {
		t.Error(got)
	}
	banned := flowhq.FailureText("WhatsApp banned the number for a time (code 101).", flowhq.PhaseBanned)
	if got := l.say(banned); got != "WhatsApp imefungia namba kwa muda (msimbo 101). "+
		l.say(flowhq.Remedy(flowhq.PhaseBanned)) || strings.Contains(got, "Wait") {
		t.Error(got)
	}
	late := "Received late: it was sent 3 min ago, while the worker was away."
	if got := l.say(late); got != "Umechelewa kupokelewa: ulitumwa dak 3 zilizopita, bot ikiwa haipo." {
		t.Error(got)
	}
	wrong := []flowhq.FieldError{{Field: "name", Message: "must not be empty"}, {Field: "x", Message: "must be 1 to 9"}}
	if got := l.faults(wrong); got != "Jina la biashara: isiachwe wazi; x: iwe kati ya 1 na 9" {
		t.Error(got)
	}
}

func TestTranslationsHaveTheSamePlaces(t *testing.T) {
	var known map[string]string
	if err := json.Unmarshal(sentencesFile, &known); err != nil {
		t.Fatal(err)
	}
	place := regexp.MustCompile(`\{([0-9]+)\}`)
	for english, text := range known {
		var want, have []string
		for n := range strings.Count(english, "{}") {
			want = append(want, strconv.Itoa(n+1))
		}
		for _, m := range place.FindAllStringSubmatch(text, -1) {
			have = append(have, m[1])
		}
		slices.Sort(have)
		if !slices.Equal(want, slices.Compact(have)) || strings.TrimSpace(text) == "" {
			t.Errorf("%q has %d places, its translation %q", english, len(want), text)
		}
	}
}
