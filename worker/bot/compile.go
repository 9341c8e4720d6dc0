package bot

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"flowhq"
	"flowhq/locale/key"
	"flowhq/worker/bot/lexicon"
)

// compile makes a flow of a definition and says what in it means nothing.
func (f *findings) compile(d definition) *Flow {
	flow := &Flow{
		Template: flowhq.TemplateType(d.template.text), Language: flowhq.Language(d.language.text),
		texts: map[string]text{}, fallbackWords: d.fallbackWords, humanAfter: d.humanAfter,
		forgetAfter: hours(d.forgetAfter), zones: &zones{}, catalogs: &catalogs{}, words: baseVocabulary().Clone(),
	}
	f.compileTexts(flow, d)
	f.compileTasks(flow, d)
	f.compileIntents(flow, d)
	f.compileMenu(flow, d)
	flow.means = meaningsOf(flow.words)
	m := flow.means
	flow.words.SetCourtesies([]int{m.polite, m.greeting},
		[]int{m.polite, m.want, m.asks, m.myName, m.deliverTo, m.add, m.remove, m.skip, m.anyTime})
	if d.fallback.text != "" {
		if flow.fallback = flow.task(d.fallback.text); flow.fallback == nil {
			f.add(d.fallback.at, key.FlowTaskUnknown, "task", d.fallback.text)
		}
	}
	return flow
}

func (f *findings) compileTexts(flow *Flow, d definition) {
	wanted := textPlaceholders()
	keys := make([]string, 0, len(wanted))
	for name := range wanted {
		keys = append(keys, name)
	}
	slices.Sort(keys)
	for _, t := range d.texts {
		extra, ok := wanted[t.key.text]
		if !ok {
			f.unknownKey(t.key, keys...)
			continue
		}
		if len(t.variants) == 0 {
			f.add(t.key.at, key.FlowTextEmpty, "text", t.key.text)
			continue
		}
		flow.texts[t.key.text] = f.parseTexts(t.key.text, t.variants, commonPlaceholders(), extra)
	}
	for _, name := range keys {
		if len(flow.texts[name]) == 0 && len(f.list) == 0 {
			f.add(position{1, 1}, key.FlowTextMissing, "text", name)
		}
	}
}

func (f *findings) compileTasks(flow *Flow, d definition) {
	for _, t := range d.tasks {
		out := &task{name: t.name.text, handoff: t.handoff}
		switch r := flowhq.RequestType(t.record.text); r {
		case flowhq.RequestBooking, flowhq.RequestOrder, flowhq.RequestTicket:
			out.record = r
		default:
			f.add(orAt(t.record, t.name.at), key.FlowRecord, "task", t.name.text)
		}
		if len(t.asks) == 0 {
			f.add(t.name.at, key.FlowAsksNothing, "task", t.name.text)
		}
		if len(t.done) == 0 {
			f.add(t.name.at, key.FlowDoneMissing, "task", t.name.text)
		}
		facts := factPlaceholders()
		for _, a := range t.asks {
			facts = append(facts, a.fact.text)
		}
		for _, a := range t.asks {
			if q := f.compileQuestion(flow, out, a, facts); q != nil {
				out.asks = append(out.asks, q)
			}
		}
		f.checkWith(out, t)
		out.confirm = f.parseTexts("confirm", t.confirm, commonPlaceholders(), facts)
		out.done = f.parseTexts("done", t.done, commonPlaceholders(), facts)
		out.notify = f.parseTexts("notify", t.notify, commonPlaceholders(), facts)
		flow.tasks = append(flow.tasks, out)
	}
}

func orAt(s scalar, at position) position {
	if s.text == "" {
		return at
	}
	return s.at
}

var factName = regexp.MustCompile(`^[a-z][a-z_]*$`)

const maxFactName = 40

func (f *findings) compileQuestion(flow *Flow, t *task, a askDefinition, facts []string) *question {
	q := &question{
		fact: a.fact.text, kind: a.kind.text, with: a.with.text, min: int64(a.min), max: int64(a.max),
		optional: a.optional, opening: a.opening, answers: a.answers,
	}
	if !f.checkQuestion(t, a, q) {
		return nil
	}
	f.checkSource(a, q)
	q.ask = f.parseTexts("question", a.question, commonPlaceholders(), facts)
	q.other = f.parseTexts("otherwise", a.other, commonPlaceholders(), facts)
	q.quantity = f.parseTexts("quantity", a.quantity, commonPlaceholders(), facts)
	q.label = flow.texts["label_"+q.fact]
	if a.label.text != "" {
		q.label = f.parseTexts("label", []scalar{a.label})
	}
	if q.kind == askItems && len(q.quantity) == 0 {
		f.add(a.at, key.FlowQuantityMissing)
	}
	flow.notice(q)
	return q
}

// notice remembers what a question says of the whole flow: whether days are asked for, and what it sells.
func (f *Flow) notice(q *question) {
	f.readsDays = f.readsDays || q.kind == askDate || q.kind == askTime
	if f.source == noItems && (q.source == fromServices || q.source == fromProducts) {
		f.source = q.source
	}
}

// checkQuestion tells whether a question can be asked at all.
func (f *findings) checkQuestion(t *task, a askDefinition, q *question) bool {
	switch {
	case len(q.fact) > maxFactName || !factName.MatchString(q.fact):
		f.add(orAt(a.fact, a.at), key.FlowFactName)
		return false
	case t.question(q.fact) != nil:
		f.add(a.fact.at, key.FlowAskedTwice, "fact", q.fact)
		return false
	case !slices.Contains(questionKinds(), q.kind):
		f.add(orAt(a.kind, a.at), key.FlowQuestionType, "type", q.kind, "known", strings.Join(questionKinds(), ", "))
		return false
	case len(a.question) == 0 && !q.optional:
		f.add(a.at, key.FlowQuestionEmpty, "fact", q.fact)
		return false
	case a.min > a.max:
		f.add(a.at, key.FlowMinMax)
	}
	if kind, ok := fixedKinds()[q.fact]; ok && kind != q.kind {
		f.add(a.kind.at, key.FlowFixedType, "fact", q.fact, "type", kind)
		return false
	}
	return true
}

func questionKinds() []string {
	return []string{askChoice, askItems, askText, askName, askNumber, askDate, askTime, askPhone}
}

// fixedKinds are the facts that a record has a place of its own for and that can be asked in one way alone.
func fixedKinds() map[string]string {
	return map[string]string{"items": askItems, "date": askDate, "time": askTime, "name": askName}
}

func (f *findings) checkSource(a askDefinition, q *question) {
	switch {
	case q.kind != askChoice && q.kind != askItems:
		if a.from.text != "" || len(a.options) > 0 {
			f.add(a.at, key.FlowNoChoice)
		}
	case a.from.text == "services":
		q.source = fromServices
	case a.from.text == "products":
		q.source = fromProducts
	case a.from.text != "":
		f.add(a.from.at, key.FlowFrom)
	case len(a.options) == 0:
		f.add(a.at, key.FlowOptions, "type", q.kind)
	default:
		q.source = fromOptions
		for _, o := range a.options {
			q.options = append(q.options, flowhq.Item{Name: o.text, Available: true})
		}
	}
}

func (f *findings) checkWith(t *task, d taskDefinition) {
	for _, a := range d.asks {
		if a.with.text != "" && t.question(a.with.text) == nil {
			f.add(a.with.at, key.FlowWith, "fact", a.with.text, "task", t.name)
		}
	}
}

func (f *findings) compileIntents(flow *Flow, d definition) {
	language := lexicon.LanguageNumber(strings.ToLower(d.language.text))
	for _, i := range d.intents {
		out := &intent{name: i.name.text, asks: i.asks.text, itemAsks: i.itemAsks.text, menu: i.menu,
			handoff: i.handoff}
		out.strong = f.meaningsOf(flow, i.means)
		out.weak = f.meaningsOf(flow, i.hints)
		if len(i.words) > 0 {
			own := flow.words.Meaning("intent " + i.name.text)
			out.strong = append([]int{own}, out.strong...)
			for _, w := range i.words {
				if err := flow.words.Add(own, language, w.text); err != nil {
					f.add(w.at, key.FlowWords, "problem", phraseText(err))
				}
			}
		}
		f.forget(flow, out, i.without)
		if i.start.text != "" {
			if out.start = flow.task(i.start.text); out.start == nil {
				f.add(i.start.at, key.FlowTaskUnknown, "task", i.start.text)
			}
		}
		out.reply = f.parseTexts("reply", i.reply, commonPlaceholders())
		out.item = f.parseTexts("item", i.item, commonPlaceholders(), []string{"item", "price"})
		out.other = f.parseTexts("otherwise", i.other, commonPlaceholders())
		if out.start == nil && !out.handoff && len(out.reply) == 0 {
			f.add(i.name.at, key.FlowIntentIdle, "intent", i.name.text)
		}
		flow.intents = append(flow.intents, out)
	}
}

func (f *findings) meaningsOf(flow *Flow, names []scalar) []int {
	var out []int
	for _, n := range names {
		m := flow.words.Lookup(n.text)
		if m < 0 || strings.Contains(n.text, " ") {
			f.add(n.at, key.FlowMeaningUnknown, "name", n.text, "known", strings.Join(publicMeanings(), ", "))
			continue
		}
		out = append(out, m)
	}
	return out
}

// forget takes words from an intent that its meanings have and this business does not want.
func (f *findings) forget(flow *Flow, i *intent, without []scalar) {
	for _, w := range without {
		if !flow.words.Remove(w.text, append(slices.Clone(i.strong), i.weak...)) {
			f.add(w.at, key.FlowWithout, "words", w.text, "intent", i.name)
		}
	}
}

func (f *findings) compileMenu(flow *Flow, d definition) {
	if len(d.menu) == 0 && len(f.list) == 0 {
		f.add(d.menuAt, key.FlowMenuEmpty)
	}
	for _, m := range d.menu {
		i := flow.intent(m.intent.text)
		if i == nil {
			f.add(m.intent.at, key.FlowIntentUnknown, "intent", m.intent.text)
			continue
		}
		own := flow.words.Meaning("label " + i.name)
		if err := flow.words.Add(own, 0, "="+strings.ReplaceAll(m.label.text, "/", " ")); err != nil {
			f.add(m.label.at, key.FlowLabel, "problem", phraseText(err))
			continue
		}
		i.strong = append(i.strong, own)
		flow.menu = append(flow.menu, menuItem{label: m.label.text, intent: i})
	}
	if len(flow.menu) > 20 {
		f.add(d.menuAt, key.FlowMenuLong)
	}
}

// phraseText says what is wrong with a phrase.
func phraseText(err error) flowhq.Text {
	wrong, ok := errors.AsType[*lexicon.PhraseError](err)
	switch {
	case !ok:
		return flowhq.Plain(err.Error())
	case wrong.Slashes:
		return flowhq.Say(key.FlowPhraseSlashes, "words", wrong.Text)
	}
	return flowhq.Say(key.FlowPhraseEmpty, "words", wrong.Text)
}
