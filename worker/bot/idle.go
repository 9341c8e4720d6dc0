package bot

import (
	"slices"

	"flowhq"
)

// idle answers where nothing was asked.
type idle struct {
	*utterance
	out      *outbox
	ranker   *ranker
	answers  *answers
	tasks    *tasks
	handover *handover

	topicSaid string // State.TopicSaid as it was before the message
}

// topicKept is what TopicAsks says of a topic that one message in between did not speak of.
const topicKept = "kept"

// begin answers where nothing was asked.
func (d *idle) begin() {
	topic, topicAsks := d.st.Topic, d.st.TopicAsks
	d.topicSaid = d.st.TopicSaid
	d.st.Topic, d.st.TopicAsks, d.st.TopicSaid = "", "", ""
	defer d.keepTopic(topic, topicAsks)
	if topicAsks == "quantity" && d.topicQuantity(topic) {
		return
	}
	if (topic != "" || d.namesUnit()) && d.wantsSome(nil) {
		d.tasks.start(d.selling(), topic, "")
		return
	}
	if d.menuNumber() {
		return
	}
	starts, infos, handoffs := d.ranker.picks(false)
	if len(starts)+len(infos)+len(handoffs) == 0 && !d.hasFacts() && !d.hasSentence() {
		starts, infos, handoffs = d.ranker.picks(true)
	}
	switch {
	case d.has(d.flow.means.menu):
		d.out.answer("menu", "menu")
	case topic != "" && d.takesTopic(starts, handoffs):
		d.startWithTopic(topic)
	case len(handoffs) > 0 && leads(handoffs[0], starts) && leads(handoffs[0], infos):
		d.handover.callHuman(HandoverIntent, "the flow hands over: "+handoffs[0].intent.name)
	case len(starts)+len(handoffs) == 0 && d.wantsSome(infos):
		d.tasks.start(d.selling(), topic, "")
	case len(starts) == 0 && len(infos) > 0 && d.wantsItems(infos):
		d.serveWithFacts(infos, topic)
	case len(starts)+len(infos) > 0:
		d.serve(starts, infos, topic)
	case d.beginWithFacts(topic, ""):
	case d.has(d.flow.means.greeting) && !d.hasSentence():
		d.greet()
	case (d.has(d.flow.means.cancel) || d.has(d.flow.means.start) || d.has(d.flow.means.back)) && !d.hasSentence():
		d.out.answer("menu", "menu")
	case d.flow.fallback != nil && d.hasSentence():
		d.tasks.start(d.flow.fallback, "", "")
	case d.has(d.flow.means.greeting):
		d.greet()
	case d.wantsUnknown():
		d.tasks.start(d.selling(), "", "")
	default:
		d.notUnderstood()
	}
}

// keepTopic remembers what was talked about over one message that speaks of something else: "bei ya mchele?", "mnaleta?",
// "nipe kilo 5".
func (d *idle) keepTopic(topic, asks string) {
	if topic != "" && asks != topicKept && !d.st.InStep() && d.st.Topic == "" && !d.has(d.flow.means.greeting) {
		d.st.Topic, d.st.TopicAsks, d.st.TopicSaid = topic, topicKept, d.topicSaid
	}
}

// takesTopic tells that a message is a plain yes to the service or product whose price was just told: "ndiyo", "nataka".
// A mere "sawa" acknowledges it.
func (d *idle) takesTopic(starts, handoffs []pick) bool {
	if len(starts)+len(handoffs) > 0 || d.hasFacts() || d.has(d.flow.means.no) || d.isQuestion() {
		return false
	}
	agrees := d.has(d.flow.means.want)
	for i := range d.tokens {
		switch d.words[i].Exact {
		case "ndiyo", "ndio", "naam", "yes", "yeah", "yep":
			agrees = true
		}
	}
	return agrees && d.contentWords(0, 0) == 0
}

// startWithTopic begins the task that books or orders what was talked about.
func (d *idle) startWithTopic(topic string) {
	if task := d.selling(); task != nil {
		d.tasks.start(task, topic, "")
		return
	}
	d.out.answer("menu", "menu")
}

func (d *idle) greet() {
	d.out.trace(flowhq.TraceStep, "a greeting")
	d.st.Misses = 0
	if own := d.biz.Settings.Greeting; own != "" {
		d.out.reply(paragraphs(clip(own, flowhq.MaxTextLength), d.out.render("menu", nil)), "menu")
		return
	}
	d.out.reply(d.out.render("hello", nil), "menu")
}

func (d *idle) notUnderstood() {
	d.out.trace(flowhq.TraceStep, "not understood")
	if d.handover.missed() {
		return
	}
	if d.st.LastAt.IsZero() && d.wordCount() == 0 {
		d.out.reply(d.out.render("hello", nil), "menu")
		return
	}
	d.out.reply(d.out.renderText(d.flow.texts["not_understood"], d.st.Misses-1, nil), "menu")
}

// topicQuantity takes a bare number after "how many?" was asked beside a price.
func (d *idle) topicQuantity(topic string) bool {
	a, ok := d.quantities.sole()
	if !ok || d.contentWords(a.at, a.end) > 0 {
		return false
	}
	for _, task := range d.flow.tasks {
		if q := task.itemsQuestion(); q != nil {
			d.tasks.start(task, topic, "")
			return true
		}
	}
	return false
}

// menuNumber leads to the menu's entry when the message is its number.
func (d *idle) menuNumber() bool {
	n, ok := d.chosenNumber()
	if !ok {
		return false
	}
	if n < 1 || n > int64(len(d.flow.menu)) {
		d.notUnderstood()
		return true
	}
	i := d.flow.menu[n-1].intent
	d.out.trace(flowhq.TraceStep, "chose from the menu: "+i.name)
	if i.start != nil {
		d.tokens, d.hits = nil, nil // the number is a choice, not a fact
		d.listenNothing()
		d.tasks.start(i.start, "", "")
		return true
	}
	d.serve(nil, []pick{{intent: i}}, "")
	return true
}

// wantsSome tells that so many of something are wanted that the message does not name: "sawa, nipe kilo 5".
func (d *idle) wantsSome(infos []pick) bool {
	task := d.selling()
	if task == nil || task.itemsQuestion() == nil || !d.has(d.flow.means.want) || d.isQuestion() || d.hasFacts() {
		return false
	}
	if slices.ContainsFunc(infos, func(p pick) bool { return !courteous(p.intent, d.flow) }) {
		return false
	}
	a, ok := d.quantities.sole()
	return ok && d.contentWords(a.at, a.end) == 0
}

// wantsItems tells that a message which also asks something names what is wanted: "nataka facial kesho, mko wapi?".
func (d *idle) wantsItems(infos []pick) bool {
	if d.flow.source == noItems || slices.ContainsFunc(infos, func(p pick) bool { return len(p.intent.item) > 0 }) {
		return false
	}
	found, _ := d.named(d.listing(d.flow.source, nil))
	return len(found) > 0 && (d.has(d.flow.means.want) || d.saysWhen() || !d.flow.readsDays && len(d.quantities.all(found)) > 0)
}

// serve answers what is asked and starts what is to be started.
func (d *idle) serve(starts, infos []pick, topic string) {
	d.st.Misses = 0
	if len(starts) > 0 && len(infos) > 0 && starts[0].hit.Words < 2 && starts[0].hit.Typos == 0 && !d.has(d.flow.means.want) && d.isQuestion() && infos[0].hit.Words > 1 {
		starts = nil
	}
	lead, asks := "", ""
	for _, p := range infos {
		text, a := d.answers.info(p.intent)
		lead = paragraphs(lead, text)
		if a != "" {
			asks = a
		}
		d.out.trace(flowhq.TraceStep, "understood: "+p.intent.name)
	}
	if len(starts) == 0 {
		d.out.reply(lead, asks)
		return
	}
	d.out.trace(flowhq.TraceStep, "understood: "+starts[0].intent.name)
	d.tasks.start(starts[0].intent.start, topic, lead)
}

// serveWithFacts answers what is asked, single words apart, and starts the task that the facts belong to.
func (d *idle) serveWithFacts(infos []pick, topic string) {
	lead := ""
	for _, p := range infos {
		if p.hit.Words > 1 || d.isQuestion() {
			text, _ := d.answers.info(p.intent)
			lead = paragraphs(lead, text)
		}
	}
	d.beginWithFacts(topic, lead)
}

// beginWithFacts starts a task by what it would ask for: a service, a day, a product with its quantity. A product that is
// only named is answered with its price.
func (d *idle) beginWithFacts(topic, lead string) bool {
	if !d.hasFacts() {
		return false
	}
	for _, task := range d.flow.tasks {
		q := task.itemsQuestion()
		if q == nil && (task.asksWhen() || task.asksFrom(d.flow.source)) {
			d.tasks.start(task, topic, lead)
			return true
		}
		if q == nil {
			continue
		}
		if d.quantities.any() || d.has(d.flow.means.want) {
			d.tasks.start(task, "", lead)
			return true
		}
		for _, i := range d.flow.intents {
			if len(i.item) > 0 {
				d.serve(nil, []pick{{intent: i}}, "")
				return true
			}
		}
		d.tasks.start(task, "", "")
		return true
	}
	return false
}
