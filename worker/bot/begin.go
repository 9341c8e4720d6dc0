package bot

import (
	"slices"
	"strings"

	"flowhq"
	"flowhq/worker/bot/lexicon"
)

// begin answers where nothing was asked.
func (t *turn) begin() {
	topic, topicAsks := t.st.Topic, t.st.TopicAsks
	t.topicSaid = t.st.TopicSaid
	t.st.Topic, t.st.TopicAsks, t.st.TopicSaid = "", "", ""
	defer t.keepTopic(topic, topicAsks)
	if topicAsks == "quantity" && t.topicQuantity(topic) {
		return
	}
	if (topic != "" || t.namesUnit()) && t.wantsSome(nil) {
		t.start(t.selling(), topic, "")
		return
	}
	if t.menuNumber() {
		return
	}
	starts, infos, handoffs := t.picks(false)
	if len(starts)+len(infos)+len(handoffs) == 0 && !t.hasFacts() && !t.hasSentence() {
		starts, infos, handoffs = t.picks(true)
	}
	switch {
	case t.has(t.flow.means.menu):
		t.answer("menu", "menu")
	case topic != "" && t.takesTopic(starts, handoffs):
		t.startWithTopic(topic)
	case len(handoffs) > 0 && leads(handoffs[0], starts) && leads(handoffs[0], infos):
		t.callHuman(HandoverIntent, "the flow hands over: "+handoffs[0].intent.name)
	case len(starts)+len(handoffs) == 0 && t.wantsSome(infos):
		t.start(t.selling(), topic, "")
	case len(starts) == 0 && len(infos) > 0 && t.wantsItems(infos):
		t.serveWithFacts(infos, topic)
	case len(starts)+len(infos) > 0:
		t.serve(starts, infos, topic)
	case t.beginWithFacts(topic, ""):
	case t.has(t.flow.means.greeting) && !t.hasSentence():
		t.greet()
	case (t.has(t.flow.means.cancel) || t.has(t.flow.means.start) || t.has(t.flow.means.back)) && !t.hasSentence():
		t.answer("menu", "menu")
	case t.flow.fallback != nil && t.hasSentence():
		t.start(t.flow.fallback, "", "")
	case t.has(t.flow.means.greeting):
		t.greet()
	case t.wantsUnknown():
		t.start(t.selling(), "", "")
	default:
		t.notUnderstood()
	}
}

// topicKept is what TopicAsks says of a topic that one message in between did not speak of.
const topicKept = "kept"

// keepTopic remembers what was talked about over one message that speaks of something else: "bei ya mchele?", "mnaleta?",
// "nipe kilo 5".
func (t *turn) keepTopic(topic, asks string) {
	if topic != "" && asks != topicKept && !t.st.InStep() && t.st.Topic == "" && !t.has(t.flow.means.greeting) {
		t.st.Topic, t.st.TopicAsks, t.st.TopicSaid = topic, topicKept, t.topicSaid
	}
}

// wantsSome tells that so many of something are wanted that the message does not name: "sawa, nipe kilo 5".
func (t *turn) wantsSome(infos []pick) bool {
	task := t.selling()
	if task == nil || task.itemsQuestion() == nil || !t.has(t.flow.means.want) || t.isQuestion() || t.hasFacts() {
		return false
	}
	if slices.ContainsFunc(infos, func(p pick) bool { return !courteous(p.intent, t.flow) }) {
		return false
	}
	a, ok := t.reader.soleAmount(t.text)
	return ok && t.contentWords(a.at, a.end) == 0
}

// takesTopic tells that a message is a plain yes to the service or product whose price was just told: "ndiyo", "nataka".
// A mere "sawa" acknowledges it.
func (t *turn) takesTopic(starts, handoffs []pick) bool {
	if len(starts)+len(handoffs) > 0 || t.hasFacts() || t.has(t.flow.means.no) || t.isQuestion() {
		return false
	}
	agrees := t.has(t.flow.means.want)
	for i := range t.tokens {
		switch t.words[i].Exact {
		case "ndiyo", "ndio", "naam", "yes", "yeah", "yep":
			agrees = true
		}
	}
	return agrees && t.contentWords(0, 0) == 0
}

// wantsUnknown tells that something is wanted that is not on the list: "nataka maharage kilo 2".
func (t *turn) wantsUnknown() bool {
	task := t.selling()
	if task == nil || !t.has(t.flow.means.want) || t.isQuestion() {
		return false
	}
	n := 0
	for i, k := range t.tokens {
		if k.Kind != lexicon.WordToken || len(k.Text) < 3 || t.around[i] || isFiller(t.words[i].Exact) || t.covered(i, t.flow.means.want) || t.reader.kind(i) != wordNone {
			continue
		}
		if strings.HasPrefix(k.Text, "ku") && len(k.Text) > 4 || t.flow.words.InPhrase(t.words[i].Exact) || i > 0 && t.words[i-1].Exact == "to" {
			return false // to do something is wanted, not to have it
		}
		n++
	}
	return n > 0 && n <= 3
}

// selling gives the task that books or orders what is on the list.
func (t *turn) selling() *task {
	for _, k := range t.flow.tasks {
		if k.asksFrom(t.flow.source) {
			return k
		}
	}
	return nil
}

// startWithTopic begins the task that books or orders what was talked about.
func (t *turn) startWithTopic(topic string) {
	if task := t.selling(); task != nil {
		t.start(task, topic, "")
		return
	}
	t.answer("menu", "menu")
}

// answer says one of the flow's texts and counts as understood.
func (t *turn) answer(key, asks string) {
	t.st.Misses = 0
	t.reply(t.render(key, nil), asks)
}

func (t *turn) greet() {
	t.trace(flowhq.TraceStep, "a greeting")
	t.st.Misses = 0
	if own := t.biz.Settings.Greeting; own != "" {
		t.reply(paragraphs(clip(own, flowhq.MaxTextLength), t.render("menu", nil)), "menu")
		return
	}
	t.reply(t.render("hello", nil), "menu")
}

func (t *turn) notUnderstood() {
	t.trace(flowhq.TraceStep, "not understood")
	if t.missed() {
		return
	}
	if t.st.LastAt.IsZero() && t.wordCount() == 0 {
		t.reply(t.render("hello", nil), "menu")
		return
	}
	t.reply(t.renderText(t.flow.texts["not_understood"], t.st.Misses-1, nil), "menu")
}

// missed counts a message that was not understood, and calls a human where the flow says so; then it is true.
func (t *turn) missed() bool {
	t.st.Misses = min(t.st.Misses+1, 1000)
	if t.flow.humanAfter > 0 && t.st.Misses >= t.flow.humanAfter {
		t.st.leaveTask()
		t.st.Misses = 0
		t.callHuman(HandoverMisses, "not understood several times in a row")
		return true
	}
	return false
}

// topicQuantity takes a bare number after "how many?" was asked beside a price.
func (t *turn) topicQuantity(topic string) bool {
	a, ok := t.reader.soleAmount(t.text)
	if !ok || t.contentWords(a.at, a.end) > 0 {
		return false
	}
	for _, task := range t.flow.tasks {
		if q := task.itemsQuestion(); q != nil {
			t.start(task, topic, "")
			return true
		}
	}
	return false
}

func (t *task) itemsQuestion() *question {
	for _, q := range t.asks {
		if q.kind == askItems {
			return q
		}
	}
	return nil
}

// menuNumber leads to the menu's entry when the message is its number.
func (t *turn) menuNumber() bool {
	n, ok := t.chosenNumber()
	if !ok {
		return false
	}
	if n < 1 || n > int64(len(t.flow.menu)) {
		t.notUnderstood()
		return true
	}
	i := t.flow.menu[n-1].intent
	t.trace(flowhq.TraceStep, "chose from the menu: "+i.name)
	if i.start != nil {
		t.tokens, t.hits = nil, nil // the number is a choice, not a fact
		t.listenNothing()
		t.start(i.start, "", "")
		return true
	}
	t.serve(nil, []pick{{intent: i}}, "")
	return true
}

// listenNothing leaves the message without words: what it said is used up.
func (t *turn) listenNothing() {
	t.tokens, t.words, t.hits, t.around, t.listings = nil, nil, nil, nil, [4]*listing{}
	t.reader = newReader(nil, nil)
	t.reader.now, t.reader.hours, t.reader.language = t.said(), t.biz.Settings.Hours, t.flow.Language
	t.text = ""
}

// serve answers what is asked and starts what is to be started.
func (t *turn) serve(starts, infos []pick, topic string) {
	t.st.Misses = 0
	if len(starts) > 0 && len(infos) > 0 && starts[0].hit.Words < 2 && starts[0].hit.Typos == 0 && !t.has(t.flow.means.want) && t.isQuestion() && infos[0].hit.Words > 1 {
		starts = nil
	}
	lead, asks := "", ""
	for _, p := range infos {
		text, a := t.info(p.intent)
		lead = paragraphs(lead, text)
		if a != "" {
			asks = a
		}
		t.trace(flowhq.TraceStep, "understood: "+p.intent.name)
	}
	if len(starts) == 0 {
		t.reply(lead, asks)
		return
	}
	t.trace(flowhq.TraceStep, "understood: "+starts[0].intent.name)
	t.start(starts[0].intent.start, topic, lead)
}

// wantsItems tells that a message which also asks something names what is wanted: "nataka facial kesho, mko wapi?".
func (t *turn) wantsItems(infos []pick) bool {
	if t.flow.source == noItems || slices.ContainsFunc(infos, func(p pick) bool { return len(p.intent.item) > 0 }) {
		return false
	}
	found, _ := t.listing(t.flow.source, nil).named(t)
	return len(found) > 0 && (t.has(t.flow.means.want) || t.saysWhen() || !t.flow.readsDays && len(t.reader.amounts(found, t.text)) > 0)
}

// serveWithFacts answers what is asked, single words apart, and starts the task that the facts belong to.
func (t *turn) serveWithFacts(infos []pick, topic string) {
	lead := ""
	for _, p := range infos {
		if p.hit.Words > 1 || t.isQuestion() {
			text, _ := t.info(p.intent)
			lead = paragraphs(lead, text)
		}
	}
	t.beginWithFacts(topic, lead)
}

// hasFacts tells that the message names a service, a product, a day or an hour.
func (t *turn) hasFacts() bool {
	if t.flow.source != noItems {
		found, unclear := t.listing(t.flow.source, nil).named(t)
		if len(found)+len(unclear) > 0 {
			return true
		}
	}
	return t.saysWhen()
}

func (t *turn) saysWhen() bool {
	if !t.flow.readsDays {
		return false
	}
	days, clocks, _ := t.reader.scan(expectation{})
	return len(days)+len(clocks) > 0
}

// beginWithFacts starts a task by what it would ask for: a service, a day, a product with its quantity. A product that is
// only named is answered with its price.
func (t *turn) beginWithFacts(topic, lead string) bool {
	if !t.hasFacts() {
		return false
	}
	for _, task := range t.flow.tasks {
		q := task.itemsQuestion()
		if q == nil && (task.asksWhen() || task.asksFrom(t.flow.source)) {
			t.start(task, topic, lead)
			return true
		}
		if q == nil {
			continue
		}
		if len(t.reader.amounts(nil, t.text)) > 0 || t.has(t.flow.means.want) {
			t.start(task, "", lead)
			return true
		}
		for _, i := range t.flow.intents {
			if len(i.item) > 0 {
				t.serve(nil, []pick{{intent: i}}, "")
				return true
			}
		}
		t.start(task, "", "")
		return true
	}
	return false
}

func (t *task) asksWhen() bool {
	return slices.ContainsFunc(t.asks, func(q *question) bool { return q.kind == askDate || q.kind == askTime })
}

func (t *task) asksFrom(s itemSource) bool {
	return s != noItems && slices.ContainsFunc(t.asks, func(q *question) bool { return q.source == s })
}
