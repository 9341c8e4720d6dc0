package bot

import (
	"slices"

	"github.com/goccy/go-yaml/ast"

	"flowhq"
	"flowhq/locale/key"
)

// FlowFormat is the version of the YAML's form that this program reads.
const FlowFormat = 1

// definition is a flow as it stands in the YAML: its shape is right, its meaning not yet checked.
type definition struct {
	format, template, language scalar
	menu                       []menuDefinition
	menuAt                     position
	intents                    []intentDefinition
	tasks                      []taskDefinition
	texts                      []textDefinition
	fallback                   scalar // the task that a sentence starts which matches nothing
	fallbackWords              int
	forgetAfter                int // hours
	humanAfter                 int // times not understood in a row
}

type menuDefinition struct {
	label, intent scalar
}

type intentDefinition struct {
	name               scalar
	means, hints       []scalar
	words              []scalar
	without            []scalar
	start              scalar
	reply, item, other []scalar
	asks, itemAsks     scalar
	menu, handoff      bool
}

type taskDefinition struct {
	name                  scalar
	record                scalar
	asks                  []askDefinition
	confirm, done, notify []scalar
	handoff               bool
}

type askDefinition struct {
	at                        position
	fact, kind, from, with    scalar
	label                     scalar
	options                   []scalar
	question, other, quantity []scalar
	min, max                  int
	optional, opening         bool
	answers                   bool
}

type textDefinition struct {
	key      scalar
	variants []scalar
}

// The keys of each part of a flow, as docs/flow.schema.json has them.

func flowKeys() []string {
	return []string{"flow", "template", "language", "menu", "intents", "tasks", "fallback", "forget_after_hours",
		"human_after", "texts"}
}

func menuKeys() []string {
	return []string{"label", "intent"}
}

func intentKeys() []string {
	return []string{"means", "hints", "words", "without", "start", "reply", "item", "item_asks", "otherwise", "asks",
		"menu", "handoff"}
}

func taskKeys() []string {
	return []string{"record", "ask", "confirm", "done", "notify", "handoff"}
}

func askKeys() []string {
	return []string{"fact", "type", "from", "options", "with", "label", "question", "quantity", "otherwise", "min",
		"max", "optional", "opening", "answers"}
}

func fallbackKeys() []string {
	return []string{"start", "words"}
}

func (f *findings) define(root ast.Node) definition {
	d := definition{forgetAfter: 24, fallbackWords: 2, menuAt: position{1, 1}}
	for _, e := range f.entriesOf(root, flowhq.Say(key.FlowThisFlow)) {
		switch e.key.text {
		case "flow":
			d.format, _ = f.textOf(e.value, "flow")
		case "template":
			d.template, _ = f.textOf(e.value, "template")
		case "language":
			d.language, _ = f.textOf(e.value, "language")
		case "menu":
			d.menuAt = e.key.at
			d.menu = f.defineMenu(e.value)
		case "intents":
			for _, i := range f.entriesOf(e.value, "intents") {
				d.intents = append(d.intents, f.defineIntent(i))
			}
		case "tasks":
			for _, t := range f.entriesOf(e.value, "tasks") {
				d.tasks = append(d.tasks, f.defineTask(t))
			}
		case "fallback":
			f.defineFallback(e.value, &d)
		case "forget_after_hours":
			d.forgetAfter = f.intOf(e.value, "forget_after_hours", 1, 24*30)
		case "human_after":
			d.humanAfter = f.intOf(e.value, "human_after", 0, 20)
		case "texts":
			for _, t := range f.entriesOf(e.value, "texts") {
				d.texts = append(d.texts, textDefinition{t.key, f.textsOf(t.value, t.key.text)})
			}
		default:
			f.unknownKey(e.key, flowKeys()...)
		}
	}
	return d
}

func (f *findings) defineMenu(n ast.Node) []menuDefinition {
	var out []menuDefinition
	for _, item := range f.itemsOf(n, "menu") {
		var m menuDefinition
		at := nodePosition(item)
		for _, e := range f.entriesOf(item, flowhq.Say(key.FlowThisEntry)) {
			switch e.key.text {
			case "label":
				m.label, _ = f.textOf(e.value, "label")
			case "intent":
				m.intent, _ = f.textOf(e.value, "intent")
			default:
				f.unknownKey(e.key, menuKeys()...)
			}
		}
		if m.label.text == "" || m.intent.text == "" {
			f.add(at, key.FlowMenuEntry)
			continue
		}
		out = append(out, m)
	}
	return out
}

func (f *findings) defineIntent(of entry) intentDefinition {
	d := intentDefinition{name: of.key}
	for _, e := range f.entriesOf(of.value, of.key.text) {
		switch e.key.text {
		case "means":
			d.means = f.textsOf(e.value, "means")
		case "hints":
			d.hints = f.textsOf(e.value, "hints")
		case "words":
			d.words = f.textsOf(e.value, "words")
		case "without":
			d.without = f.textsOf(e.value, "without")
		case "start":
			d.start, _ = f.textOf(e.value, "start")
		case "reply":
			d.reply = f.textsOf(e.value, "reply")
		case "item":
			d.item = f.textsOf(e.value, "item")
		case "item_asks":
			d.itemAsks, _ = f.textOf(e.value, "item_asks")
		case "otherwise":
			d.other = f.textsOf(e.value, "otherwise")
		case "asks":
			d.asks, _ = f.textOf(e.value, "asks")
		case "menu":
			d.menu = f.boolOf(e.value, "menu")
		case "handoff":
			d.handoff = f.boolOf(e.value, "handoff")
		default:
			f.unknownKey(e.key, intentKeys()...)
		}
	}
	return d
}

func (f *findings) defineTask(of entry) taskDefinition {
	d := taskDefinition{name: of.key}
	for _, e := range f.entriesOf(of.value, of.key.text) {
		switch e.key.text {
		case "record":
			d.record, _ = f.textOf(e.value, "record")
		case "ask":
			for _, item := range f.itemsOf(e.value, "ask") {
				d.asks = append(d.asks, f.defineAsk(item))
			}
		case "confirm":
			d.confirm = f.textsOf(e.value, "confirm")
		case "done":
			d.done = f.textsOf(e.value, "done")
		case "notify":
			d.notify = f.textsOf(e.value, "notify")
		case "handoff":
			d.handoff = f.boolOf(e.value, "handoff")
		default:
			f.unknownKey(e.key, taskKeys()...)
		}
	}
	return d
}

func (f *findings) defineAsk(n ast.Node) askDefinition {
	d := askDefinition{at: nodePosition(n), min: 1, max: 10_000}
	texts := map[string]*scalar{"fact": &d.fact, "type": &d.kind, "from": &d.from, "with": &d.with, "label": &d.label}
	lists := map[string]*[]scalar{"options": &d.options, "question": &d.question, "otherwise": &d.other,
		"quantity": &d.quantity}
	flags := map[string]*bool{"optional": &d.optional, "opening": &d.opening, "answers": &d.answers}
	for _, e := range f.entriesOf(n, flowhq.Say(key.FlowThisQuestion)) {
		key := e.key.text
		switch {
		case texts[key] != nil:
			*texts[key], _ = f.textOf(e.value, key)
		case lists[key] != nil:
			*lists[key] = f.textsOf(e.value, key)
		case flags[key] != nil:
			*flags[key] = f.boolOf(e.value, key)
		case key == "min":
			d.min = f.intOf(e.value, key, 0, 1_000_000)
		case key == "max":
			d.max = f.intOf(e.value, key, 1, 1_000_000)
		default:
			f.unknownKey(e.key, askKeys()...)
		}
	}
	return d
}

func (f *findings) defineFallback(n ast.Node, d *definition) {
	for _, e := range f.entriesOf(n, "fallback") {
		switch e.key.text {
		case "start":
			d.fallback, _ = f.textOf(e.value, "start")
		case "words":
			d.fallbackWords = f.intOf(e.value, "words", 1, 20)
		default:
			f.unknownKey(e.key, fallbackKeys()...)
		}
	}
}

// over lays d over the common definition of its language: what d says counts, the rest is taken from the common one.
func (d definition) over(common definition) definition {
	for _, i := range common.intents {
		if !slices.ContainsFunc(d.intents, func(o intentDefinition) bool { return o.name.text == i.name.text }) {
			d.intents = append(d.intents, i)
		}
	}
	own := d.texts
	d.texts = slices.Clone(common.texts)
	for _, t := range own {
		n := slices.IndexFunc(d.texts, func(o textDefinition) bool { return o.key.text == t.key.text })
		if n >= 0 {
			d.texts[n] = t
			continue
		}
		d.texts = append(d.texts, t)
	}
	return d
}
