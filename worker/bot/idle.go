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

// respond answers the message. What was talked about before, the topic, is kept over one message that speaks of
// something else.
func (d *idle) respond() {
	topic, topicAsks := d.state.Topic, d.state.TopicAsks
	d.topicSaid = d.state.TopicSaid
	d.state.Topic, d.state.TopicAsks, d.state.TopicSaid = "", "", ""
	defer d.keepTopic(topic, topicAsks)
	if d.takeNumber(topic, topicAsks) {
		return
	}
	wants := d.ranker.rank(false)
	if wants.none() && !d.hasFacts() && !d.hasSentence() {
		wants = d.ranker.rank(true)
	}
	if !d.serveWanted(wants, topic) && !d.beginWithFacts(topic, "") {
		d.respondToRest()
	}
}

// takeNumber takes a message that says how many, or that is a number of the menu.
func (d *idle) takeNumber(topic, topicAsks string) bool {
	switch {
	case topicAsks == "quantity" && d.topicQuantity(topic):
	case (topic != "" || d.namesUnit()) && d.wantsSome(nil):
		d.tasks.start(d.selling(), topic, "")
	default:
		return d.menuNumber()
	}
	return true
}

// serveWanted does what the message wants; false when it wants nothing that is known.
func (d *idle) serveWanted(w wanted, topic string) bool {
	switch {
	case d.has(d.flow.means.menu):
		d.out.answer("menu")
	case topic != "" && d.takesTopic(w):
		d.startWithTopic(topic)
	case w.handsOver():
		d.handover.call(HandoverIntent, "the flow hands over: "+w.handoffs[0].intent.name)
	case !w.acts() && d.wantsSome(w.infos):
		d.tasks.start(d.selling(), topic, "")
	case len(w.starts) == 0 && d.wantsItems(w.infos):
		d.serveWithFacts(w.infos, topic)
	case len(w.starts)+len(w.infos) > 0:
		d.serve(w.starts, w.infos, topic)
	default:
		return false
	}
	return true
}

// respondToRest answers a message that wants nothing that is known and names no fact.
func (d *idle) respondToRest() {
	m := d.flow.means
	switch {
	case d.hasSentence():
		d.tasks.start(d.flow.fallback, "", "")
	case d.has(m.greeting):
		d.greet()
	case d.hasAny(m.cancel, m.start, m.back):
		d.out.answer("menu")
	case d.wantsUnknown():
		d.tasks.start(d.selling(), "", "")
	default:
		d.notUnderstood()
	}
}

// keepTopic remembers what was talked about over one message that speaks of something else: "bei ya mchele?",
// "mnaleta?", "nipe kilo 5".
func (d *idle) keepTopic(topic, asks string) {
	if topic != "" && asks != topicKept && !d.state.InStep() && d.state.Topic == "" && !d.has(d.flow.means.greeting) {
		d.state.Topic, d.state.TopicAsks, d.state.TopicSaid = topic, topicKept, d.topicSaid
	}
}

// takesTopic tells whether a message is a plain yes to the service or product whose price was just told: "ndiyo",
// "nataka". A mere "sawa" only acknowledges it.
func (d *idle) takesTopic(w wanted) bool {
	if w.acts() || d.hasFacts() || d.has(d.flow.means.no) || d.isQuestion() {
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
	d.out.answer("menu")
}

func (d *idle) greet() {
	d.out.trace(flowhq.TraceStep, "a greeting")
	d.state.Misses = 0
	if own := d.business.Settings.Greeting; own != "" {
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
	if d.state.LastAt.IsZero() && d.wordCount() == 0 {
		d.out.reply(d.out.render("hello", nil), "menu")
		return
	}
	d.out.reply(d.out.renderText(d.flow.texts["not_understood"], d.state.Misses-1, nil), "menu")
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
		d.readNothing() // the number is a choice, not a fact
		d.tasks.start(i.start, "", "")
		return true
	}
	d.serve(nil, []candidate{{intent: i}}, "")
	return true
}

// wantsSome tells that so many of something are wanted that the message does not name: "sawa, nipe kilo 5".
func (d *idle) wantsSome(infos []candidate) bool {
	task := d.selling()
	if task == nil || task.itemsQuestion() == nil || !d.has(d.flow.means.want) || d.isQuestion() || d.hasFacts() {
		return false
	}
	if slices.ContainsFunc(infos, d.isReal) {
		return false
	}
	a, ok := d.quantities.sole()
	return ok && d.contentWords(a.at, a.end) == 0
}

// wantsItems tells whether a message that also asks something names what is wanted: "nataka facial kesho, mko wapi?".
func (d *idle) wantsItems(infos []candidate) bool {
	if len(infos) == 0 || d.flow.source == noItems || slices.ContainsFunc(infos, candidate.saysItem) {
		return false
	}
	found, _ := d.named(d.listing(d.flow.source, nil))
	if len(found) == 0 {
		return false
	}
	return d.has(d.flow.means.want) || d.saysWhen() || !d.flow.readsDays && len(d.quantities.all(found)) > 0
}

// serve answers what is asked and starts what is to be started.
func (d *idle) serve(starts, infos []candidate, topic string) {
	d.state.Misses = 0
	if d.onlyAsks(starts, infos) {
		starts = nil
	}
	lead, asks := "", ""
	for _, p := range infos {
		text, a := d.answers.answer(p.intent)
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

// onlyAsks tells whether a question holds but a single word that would start a task: it is only asked about.
func (d *idle) onlyAsks(starts, infos []candidate) bool {
	if len(starts) == 0 || len(infos) == 0 || d.has(d.flow.means.want) || !d.isQuestion() {
		return false
	}
	return starts[0].match.Words < 2 && starts[0].match.Typos == 0 && infos[0].match.Words > 1
}

// serveWithFacts answers what is asked, single words apart, and starts the task that the facts belong to.
func (d *idle) serveWithFacts(infos []candidate, topic string) {
	lead := ""
	for _, p := range infos {
		if p.match.Words > 1 || d.isQuestion() {
			text, _ := d.answers.answer(p.intent)
			lead = paragraphs(lead, text)
		}
	}
	d.beginWithFacts(topic, lead)
}

// beginWithFacts starts a task by what it would ask for: a service, a day, a product with its quantity.
func (d *idle) beginWithFacts(topic, lead string) bool {
	if !d.hasFacts() {
		return false
	}
	for _, task := range d.flow.tasks {
		switch q := task.itemsQuestion(); {
		case q != nil:
			d.orderWithFacts(task, lead)
			return true
		case task.asksWhen() || task.asksFrom(d.flow.source):
			d.tasks.start(task, topic, lead)
			return true
		}
	}
	return false
}

// orderWithFacts starts an order. A product that is only named is answered with its price.
func (d *idle) orderWithFacts(task *task, lead string) {
	if d.quantities.any() || d.has(d.flow.means.want) {
		d.tasks.start(task, "", lead)
		return
	}
	for _, i := range d.flow.intents {
		if len(i.item) > 0 {
			d.serve(nil, []candidate{{intent: i}}, "")
			return
		}
	}
	d.tasks.start(task, "", "")
}
