package bot

import (
	"encoding/json"
	"flowhq/worker/bot/when"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"flowhq"
	"flowhq/worker/bot/lexicon"
)

// The corpus of each target is kept under testdata/fuzz: what once went wrong is run by every go test.

func FuzzLoad(f *testing.F) {
	for _, t := range flowhq.TemplateTypes() {
		for _, l := range flowhq.Languages() {
			f.Add(DefaultYAML(t, l))
		}
	}
	f.Add("flow: 1\ntemplate: BOOKING\nlanguage: SW\nmenu: []\n")
	f.Add("a: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		flow, err := Load([]byte(text))
		if (flow == nil) == (err == nil) {
			t.Fatalf("gave %v and %v", flow, err)
		}
		if err == nil {
			state, _ := Step(flow, flowhq.Business{}, State{}, Message{Text: "1"}, fuzzNow())
			Step(flow, flowhq.Business{}, state, Message{Text: "kesho"}, fuzzNow())
			return
		}
		problems, ok := err.(Problems)
		if !ok || len(problems) == 0 {
			t.Fatalf("%T is no list of problems: %v", err, err)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Text.Empty() {
				t.Fatalf("a problem without a place or words: %+v", p)
			}
		}
	})
}

func fuzzNow() time.Time { return time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC) }

// checkTokens wants the tokens in the order of the text, in small letters.
func checkTokens(t *testing.T, text string, tokens []lexicon.Token) {
	t.Helper()
	ascii := func(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f }) }
	last := 0
	for _, k := range tokens {
		if k.From < last || k.To < k.From || k.To > len(text) || k.Text == "" {
			t.Fatalf("token %+v does not lie in the text in its order", k)
		}
		last = k.From
		if k.Kind != lexicon.SymbolToken && ascii(k.Text) && strings.ToLower(k.Text) != k.Text {
			t.Fatalf("token %q is not folded", k.Text)
		}
	}
}

func FuzzMatcher(f *testing.F) {
	for _, s := range []string{"Habari", "naomba miadi", "how much is it", "\u200bhe\u200dllo", "j3 2moro", "30,000",
		"no problem", "\xff\xfe", "😀👍🏾", "مرحبا ٣", "ﬁne ＡＢＣ", "a/b-c.d:e"} {
		f.Add(s)
	}
	words := Default(flowhq.TemplateBooking, flowhq.Swahili).words
	list := newListing([]flowhq.Item{{Name: "Gel Manicure", Available: true}, {Name: "Manicure", Available: true},
		{Name: "", Available: true}, {Name: "7 Up", Available: true}})
	f.Fuzz(func(t *testing.T, text string) {
		tokens := lexicon.Tokenize(text)
		if len(tokens) > lexicon.MaxTokens {
			t.Fatalf("%d tokens", len(tokens))
		}
		checkTokens(t, text, tokens)
		heard := words.Words(tokens)
		hits, bare := words.Find(tokens, heard)
		if len(bare) != len(tokens) {
			t.Fatalf("%d tokens and %d marks", len(tokens), len(bare))
		}
		for _, h := range hits {
			if h.At < 0 || h.End <= h.At || h.End > len(tokens) {
				t.Fatalf("hit %+v does not lie in %d tokens", h, len(tokens))
			}
		}
		found, unclear := list.find(words, tokens, heard)
		for _, h := range found {
			if h.end > len(tokens) || h.index >= len(list.items) {
				t.Fatalf("item %+v", h)
			}
		}
		for _, i := range unclear {
			if i >= len(list.items) {
				t.Fatalf("item %d", i)
			}
		}
	})
}

func FuzzParseWhen(f *testing.F) {
	for _, s := range []string{
		"kesho saa nne asubuhi", "26/3 10:30", "half past three in the afternoon tomorrow", "31 february",
		"in two hours", "wiki ijayo jumatano",
		"saa kumi na mbili kasorobo jioni", "2026-04-02 15:45", "tomorrow 2-4pm", "baada ya dakika 99999",
		"99999999999999999999 am", "10:75",
	} {
		f.Add(s, int64(0), uint8(7), uint8(21))
	}
	f.Fuzz(func(t *testing.T, text string, shift int64, open, end uint8) {
		now := fuzzNow().Add(time.Duration(shift%(400*24*3600)) * time.Second)
		var hours *flowhq.Hours
		if open < end && end <= 24 {
			hours = everyDay(clockOrMidnight(int(open)*60), clockOrMidnight(int(end)*60))
		}
		w := ParseWhen(text, now, hours, flowhq.Swahili)
		if again := ParseWhen(text, now, hours, flowhq.Swahili); !reflect.DeepEqual(w, again) {
			t.Fatalf("not the same twice: %+v %+v", w, again)
		}
		day, err := time.Parse(time.DateOnly, w.Date)
		if w.Date != "" && err != nil {
			t.Fatalf("date %q", w.Date)
		}
		if w.Time != "" && when.ParseClock(w.Time) < 0 {
			t.Fatalf("time %q", w.Time)
		}
		for _, o := range w.Options {
			if when.ParseClock(o) < 0 {
				t.Fatalf("option %q", o)
			}
		}
		if w.Past && w.Time != "" {
			t.Fatalf("past and yet a time: %+v", w)
		}
		today := now.Format(time.DateOnly)
		if w.Date != "" && w.Date < today && !w.Past {
			t.Fatalf("%s is over and not said to be past: %+v", day, w)
		}
	})
}

func clockOrMidnight(minute int) string {
	if minute == 24*60 {
		return "24:00"
	}
	return when.ClockText(minute)
}

// FuzzStep plays a conversation: lines are messages; the first bytes choose the business, edits and pauses.
func FuzzStep(f *testing.F) {
	for which, talk := range []string{
		"1\nFacial\nkesho\nsaa nne asubuhi\nAsha\nndiyo",
		"agiza kanga 3 na viatu 1\nJuma, Kariakoo\nhapana, kanga 99999999999999999999\nndiyo",
		"my internet is down\nhouse 12\nthanks", "STOP\nhello\nSTART\nbei", "nataka mtu", "1\nmenu\n1\ncancel",
		"\xff\xfe\n😀\n\u200b",
	} {
		f.Add(talk, uint8(which), uint8(0))
	}
	tenants := benchTenants()
	tenants = append(tenants, flowhq.Business{Template: flowhq.TemplateBooking, Language: flowhq.English},
		flowhq.Business{Template: flowhq.TemplateEcommerce, Language: flowhq.English})
	flows := make([]*Flow, len(tenants))
	for i, biz := range tenants {
		flows[i] = Default(biz.Template, biz.Language)
	}
	f.Fuzz(func(t *testing.T, talk string, which, odd uint8) {
		n := int(which) % len(tenants)
		var state State
		now := fuzzNow()
		for i, line := range strings.Split(talk, "\n") {
			if i == 40 {
				break
			}
			now = now.Add(time.Duration(odd) * 7 * time.Minute)
			state = fuzzOne(t, flows[n], tenants[n], state, oddMessage(i, line, odd), now)
		}
	})
}

func oddMessage(i int, line string, odd uint8) Message {
	m := Message{ID: string(rune('a' + i%26)), Kind: flowhq.KindText, Text: line}
	switch {
	case odd > 0 && i > 0 && i%int(odd) == 0:
		m.Kind, m.Target = flowhq.KindEdit, string(rune('a'+(i-1)%26))
	case odd > 3 && i%int(odd) == 3:
		m.Kind, m.Target = flowhq.KindDelete, string(rune('a'+(i-2)%26))
	case odd > 5 && i%int(odd) == 5:
		m.Kind = flowhq.KindVoice
	}
	return m
}

// fuzzOne makes one step and checks what must hold of every step.
func fuzzOne(t *testing.T, flow *Flow, biz flowhq.Business, state State, m Message, now time.Time) State {
	t.Helper()
	before, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	next, actions := Step(flow, biz, state, m, now)
	if again, same := Step(flow, biz, state, m, now); !reflect.DeepEqual(next, again) ||
		!reflect.DeepEqual(actions, same) {
		t.Fatalf("not the same twice for %q", m.Text)
	}
	if after, err := json.Marshal(state); err != nil || string(after) != string(before) {
		t.Fatalf("the state that was given is changed: %s %s", before, after)
	}
	checkActions(t, actions)
	text, err := json.Marshal(next)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 64<<10 {
		t.Fatalf("the state has %d bytes", len(text))
	}
	var read State
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if back, err := json.Marshal(read); err != nil || string(back) != string(text) {
		t.Fatalf("the state does not survive being stored: %s %s", text, back)
	}
	return read
}

func checkActions(t *testing.T, actions []Action) {
	t.Helper()
	replies := 0
	for _, a := range actions {
		switch a.Kind {
		case ActionReply:
			replies++
			if strings.TrimSpace(a.Text) == "" || utf8.RuneCountInString(a.Text) > MaxReply ||
				!utf8.ValidString(a.Text) {
				t.Fatalf("a reply of %d bytes: %q", len(a.Text), a.Text)
			}
		case ActionRecord:
			checkRecord(t, a.Request)
		case ActionNotifyOwner:
			if a.Text == "" || !utf8.ValidString(a.Text) {
				t.Fatalf("a notice %q", a.Text)
			}
		}
	}
	if replies > 1 {
		t.Fatalf("%d replies to one message", replies)
	}
}

func checkRecord(t *testing.T, r *flowhq.RequestEvent) {
	t.Helper()
	total := int64(0)
	for _, i := range r.Fields.Items {
		if i.Quantity < 1 || i.Product == "" {
			t.Fatalf("item %+v", i)
		}
		total += i.Price * int64(i.Quantity)
	}
	if r.Fields.Total != total && r.Type == flowhq.RequestOrder {
		t.Fatalf("total %d of %+v", r.Fields.Total, r.Fields.Items)
	}
	if r.Type == flowhq.RequestBooking && (r.Fields.Service == "" || when.ParseClock(r.Fields.Time) < 0 ||
		r.Fields.Date == "" || r.Fields.Name == "") {
		t.Fatalf("booking %+v", r.Fields)
	}
	if len(r.Fields.Detail) > 4*maxDetail+100 {
		t.Fatalf("a detail of %d bytes", len(r.Fields.Detail))
	}
}

// FuzzForeignState steps from states that no step gave: a try-out hands in whatever its caller sends.
func FuzzForeignState(f *testing.F) {
	f.Add(`{"task":"booking","ask":"time","facts":{"date":"9999-99-99","readings":[-5,99999],"part":77},"turns":-9}`,
		"saa nne", uint8(0))
	f.Add(`{"task":"order","ask":"confirmation","facts":{"items":[{"product":"Kanga","quantity":-7,"price":-1}]},`+
		`"misses":-3}`, "ndiyo", uint8(1))
	f.Add(`{"task":"ticket","ask":"nothing","offer":{"date":"x","time":"99:99"},"before":{"id":"a",`+
		`"state":{"task":"x"}}}`, "yes", uint8(2))
	tenants := benchTenants()
	flows := make([]*Flow, len(tenants))
	for i, biz := range tenants {
		flows[i] = Default(biz.Template, biz.Language)
	}
	f.Fuzz(func(t *testing.T, raw, text string, which uint8) {
		var state State
		if json.Unmarshal([]byte(raw), &state) != nil {
			return
		}
		n := int(which) % len(tenants)
		for _, line := range strings.SplitN(text, "\n", 10) {
			var actions []Action
			state, actions = Step(flows[n], tenants[n], state, Message{ID: "A", Kind: flowhq.KindText, Text: line},
				fuzzNow())
			for _, a := range actions {
				if a.Kind == ActionReply && (strings.TrimSpace(a.Text) == "" ||
					utf8.RuneCountInString(a.Text) > MaxReply || !utf8.ValidString(a.Text)) {
					t.Fatalf("a reply of %d bytes: %q", len(a.Text), a.Text)
				}
			}
		}
	})
}
