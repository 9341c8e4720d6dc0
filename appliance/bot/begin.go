package bot

import (
	"slices"
	"strings"

	"flowhq"
)

// pick is an intent found in a message, with the phrase that made it.
type pick struct {
	intent *intent
	hit    hit
}

func (p pick) score() int {
	s := p.hit.words*10 - p.hit.slips*3
	if p.hit.whole {
		s += 5
	}
	return s
}

// begin answers where nothing was asked.
func (t *turn) begin() {
	topic, topicAsks := t.st.Topic, t.st.TopicAsks
	t.st.Topic, t.st.TopicAsks = "", ""
	if topicAsks == "quantity" && t.topicQuantity(topic) {
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
	case len(handoffs) > 0 && leads(handoffs[0], starts) && leads(handoffs[0], infos):
		t.callHuman("the flow hands over: " + handoffs[0].intent.name)
	case len(starts) == 0 && len(infos) > 0 && t.wantsItems(infos):
		t.serveWithFacts(infos, topic)
	case len(starts)+len(infos) > 0:
		t.serve(starts, infos, topic)
	case t.beginWithFacts(topic, ""):
	case t.has(t.flow.means.greeting) && !t.hasSentence():
		t.greet()
	case t.has(t.flow.means.cancel), t.has(t.flow.means.start), t.has(t.flow.means.back):
		t.answer("menu", "menu")
	case t.flow.fallback != nil && t.hasSentence():
		t.start(t.flow.fallback, "", "")
	case t.has(t.flow.means.greeting):
		t.greet()
	default:
		t.notUnderstood()
	}
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
		t.callHuman("not understood several times in a row")
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

// contentWords counts the words outside some tokens that are neither polite nor of the kind that asks for something.
func (t *turn) contentWords(from, to int) int {
	n := 0
	for i := range t.tokens {
		if i >= from && i < to || t.bare[i] || t.tokens[i].kind == tokenSymbol {
			continue
		}
		if t.covered(i, t.flow.means.want, t.flow.means.thanks, t.flow.means.yes) || isFiller(t.heard[i].exact) {
			continue
		}
		n++
	}
	return n
}

// covered tells whether a token belongs to a phrase of one of the meanings.
func (t *turn) covered(i int, meanings ...int) bool {
	return slices.ContainsFunc(t.hits, func(h hit) bool {
		return h.at <= i && i < h.end && slices.Contains(meanings, h.meaning)
	})
}

// isFiller tells whether a word says nothing of its own: it may stand around a number or an answer.
func isFiller(w string) bool {
	switch w {
	case "namba", "nambari", "number", "no", "option", "chaguo", "la", "ya", "the", "a", "i", "na", "and", "is", "ni", "to", "my", "have", "nina",
		"pieces", "pcs", "pc", "piece", "vipande", "kipande", "x", "of", "for", "kwa", "one", "pick", "choose", "nachagua", "it", "me", "mimi", "we", "there", "some",
		"kuna", "iwe", "only", "tu", "hizo", "hivyo", "yake", "them", "wa", "za", "be", "am", "in", "at", "on", "with", "need", "got", "this", "that", "hii", "hiyo":
		return true
	}
	return false
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
	t.tokens, t.heard, t.hits, t.bare = nil, nil, nil, nil
	t.reader = newReader(nil, nil)
	t.reader.now, t.reader.hours, t.reader.language = t.said(), t.biz.Settings.Hours, t.flow.Language
	t.text = ""
}

// chosenNumber gives the number when the message is nothing else: "2", "namba 2", "ya pili", "the second".
func (t *turn) chosenNumber() (int64, bool) {
	for i := range t.tokens {
		if w := t.reader.word(i); w.kind == wordOrdinal && t.contentWords(i, i+1) == 0 {
			return int64(w.n), true
		}
		n, end, ok := t.reader.numberAt(i)
		if !ok {
			continue
		}
		return n, t.contentWords(i, end) == 0 && !minusBefore(t.text, t.tokens[i].from)
	}
	return 0, false
}

// picks gives the intents of the message, the best first: those that start a task, those that answer, those that hand
// over. With hints, words that alone mean little count as well.
func (t *turn) picks(hints bool) (starts, infos, handoffs []pick) {
	for _, i := range t.flow.intents {
		meanings := i.strong
		if hints {
			meanings = append(slices.Clone(i.strong), i.weak...)
		}
		best, ok := t.best(meanings)
		if !ok {
			continue
		}
		p := pick{intent: i, hit: best}
		switch {
		case i.handoff:
			handoffs = append(handoffs, p)
		case i.start != nil:
			starts = append(starts, p)
		default:
			infos = append(infos, p)
		}
	}
	for _, list := range [][]pick{starts, infos, handoffs} {
		slices.SortStableFunc(list, func(a, b pick) int { return b.score() - a.score() })
	}
	return starts, t.sift(starts, infos), handoffs
}

func (t *turn) best(meanings []int) (hit, bool) {
	var best pick
	found := false
	for _, h := range t.hits {
		if slices.Contains(meanings, h.meaning) && (!found || (pick{hit: h}).score() > best.score()) {
			best.hit, found = h, true
		}
	}
	return best.hit, found
}

// leads tells that p is at least as well founded as the best of others.
func leads(p pick, others []pick) bool { return len(others) == 0 || p.score() >= others[0].score() }

// sift drops answers that the message does not ask for: those whose words belong to a better one, mere courtesies beside
// a real one, the object of a price ("bei ya simu" asks for no telephone number) and, beside a task or in a sentence that
// opens one, those that rest on a single word in no question.
func (t *turn) sift(starts, infos []pick) []pick {
	var out []pick
	for _, p := range infos {
		others := t.contentWords(p.hit.at, p.hit.end)
		weak := p.hit.words < 2 && !p.hit.whole && !t.isQuestion() && others > 0
		switch {
		case weak && (len(starts) > 0 || t.flow.fallback != nil && others > 2):
		case p.hit.words < 2 && t.flow.fallback != nil && others > 4:
		case slices.ContainsFunc(out, func(o pick) bool { return p.hit.at < o.hit.end && o.hit.at < p.hit.end }):
		case len(starts)+len(out) > 0 && courteous(p.intent, t.flow):
		case p.hit.words < 2 && p.hit.at > 0 && !t.joinsOn(p.hit.at) && slices.ContainsFunc(out, func(o pick) bool { return len(o.intent.item) > 0 }):
		default:
			out = append(out, p)
		}
	}
	out = slices.DeleteFunc(out, func(p pick) bool {
		return courteous(p.intent, t.flow) && slices.ContainsFunc(out, func(o pick) bool { return !courteous(o.intent, t.flow) })
	})
	out = out[:min(len(out), 3)]
	slices.SortStableFunc(out, func(a, b pick) int { return a.hit.at - b.hit.at })
	return out
}

// joinsOn tells that a token begins something new: it stands behind "and", a comma or another mark.
func (t *turn) joinsOn(at int) bool {
	if t.tokens[at].sep != "" || t.tokens[at].line {
		return true
	}
	switch t.heard[at-1].exact {
	case "na", "and", "pia", "also", "plus", "your", "the":
		return true
	}
	return false
}

func (t *turn) isQuestion() bool {
	return t.has(t.flow.means.asks) || slices.ContainsFunc(t.tokens, func(k token) bool { return strings.Contains(k.sep, "?") }) ||
		strings.HasSuffix(strings.TrimSpace(headOf(t.text, 4*MaxHeard)), "?")
}

// serve answers what is asked and starts what is to be started.
func (t *turn) serve(starts, infos []pick, topic string) {
	t.st.Misses = 0
	if len(starts) > 0 && len(infos) > 0 && starts[0].hit.words < 2 && starts[0].hit.slips == 0 && !t.has(t.flow.means.want) && t.isQuestion() && infos[0].hit.words > 1 {
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
	found, _ := t.listing(t.flow.source, nil).find(t.flow.words, t.tokens, t.heard)
	return len(found) > 0 && (t.has(t.flow.means.want) || t.saysWhen() || !t.flow.readsDays && len(t.reader.amounts(found, t.text)) > 0)
}

// serveWithFacts answers what is asked, single words apart, and starts the task that the facts belong to.
func (t *turn) serveWithFacts(infos []pick, topic string) {
	lead := ""
	for _, p := range infos {
		if p.hit.words > 1 || t.isQuestion() {
			text, _ := t.info(p.intent)
			lead = paragraphs(lead, text)
		}
	}
	t.beginWithFacts(topic, lead)
}

// info gives an intent's answer and what it asks for.
func (t *turn) info(i *intent) (text, asks string) {
	if len(i.item) > 0 {
		if text, asks, ok := t.itemInfo(i); ok {
			return text, asks
		}
	}
	text, ok := t.renderFilled(i.reply, t.st.Turns, nil)
	if !ok {
		if other := t.renderText(i.other, t.st.Turns, nil); other != "" {
			text = other
		}
	}
	asks = i.asks
	if i.menu {
		text, asks = paragraphs(text, t.render("menu", nil)), "menu"
	}
	if len(i.item) > 0 && ok && t.namesUnknown() {
		text = paragraphs(t.render("no_such_item", nil), text)
	}
	return text, asks
}

// itemInfo answers about the services or products that the message names.
func (t *turn) itemInfo(i *intent) (text, asks string, ok bool) {
	for _, source := range t.sources() {
		list := t.listing(source, nil)
		found, unclear := list.find(t.flow.words, t.tokens, t.heard)
		if len(unclear) > 0 {
			return t.render("which_item", func(string) string { return t.options(list, unclear) }), kindOfSource(source), true
		}
		if len(found) > 1 {
			return t.options(list, indexesOf(found)), i.asks, true
		}
		if len(found) == 1 {
			one := list.items[found[0].index]
			if one.Available {
				t.st.Topic, t.st.TopicAsks = one.Name, i.itemAsks
				asks = i.itemAsks
			}
			return t.oneItem(i, one), asks, true
		}
	}
	return "", "", false
}

func indexesOf(found []itemHit) []int {
	out := make([]int, len(found))
	for i, h := range found {
		out[i] = h.index
	}
	return out
}

func (t *turn) oneItem(i *intent, item flowhq.Item) string {
	values := func(name string) string {
		switch name {
		case "item":
			return item.Name
		case "price":
			return t.priceText(item)
		}
		return ""
	}
	if !item.Available {
		return t.render("unavailable_item", values)
	}
	return t.renderText(i.item, t.st.Turns, values)
}

// sources are where the flow's items come from; a flow that sells nothing of its own knows both lists.
func (t *turn) sources() []itemSource {
	if t.flow.source == noItems {
		return []itemSource{fromServices, fromProducts}
	}
	return []itemSource{t.flow.source}
}

func kindOfSource(s itemSource) string {
	if s == fromProducts {
		return "product"
	}
	return "service"
}

func (t *turn) listing(source itemSource, q *question) *listing {
	if t.listings[source] == nil || source == fromOptions {
		items := t.biz.Settings.Services
		switch source {
		case fromProducts:
			items = t.biz.Settings.Products
		case fromOptions:
			items = q.options
		}
		l := newListing(items)
		t.listings[source] = &l
	}
	return t.listings[source]
}

func (t *turn) options(l *listing, indexes []int) string {
	var b strings.Builder
	for n, i := range indexes {
		if n == maxListed {
			break
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("• " + l.items[i].Name)
		switch price := t.priceText(l.items[i]); {
		case !l.items[i].Available:
			b.WriteString(" – " + t.plain("not_available"))
		case price != "":
			b.WriteString(" – " + price)
		}
	}
	return b.String()
}

// namesUnknown tells that the message asks for a thing that is neither on the list nor any word that is known: the last
// word that says something, behind one that introduces a thing ("bei ya simu", "do you have tyres").
func (t *turn) namesUnknown() bool {
	for i := len(t.tokens) - 1; i > 0; i-- {
		k := t.tokens[i]
		if k.kind != tokenWord || t.bare[i] || isFiller(t.heard[i].exact) || t.covered(i, t.flow.means.asks) {
			continue
		}
		if len(k.text) < 4 || t.flow.words.known[t.heard[i].exact] == phraseWord || len(t.heard[i].slips) > 0 {
			return false
		}
		switch t.heard[i-1].exact {
		case "ya", "za", "la", "of", "for", "a", "an", "any", "have", "sell", "mna", "mnauza", "kuna":
			return true
		}
		return false
	}
	return false
}

// hasFacts tells that the message names a service, a product, a day or an hour.
func (t *turn) hasFacts() bool {
	if t.flow.source != noItems {
		found, unclear := t.listing(t.flow.source, nil).find(t.flow.words, t.tokens, t.heard)
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

func (t *turn) wordCount() int {
	n := 0
	for i, k := range t.tokens {
		if k.kind == tokenWord && !t.bare[i] && k.text[0] < 0x80 {
			n++
		}
	}
	return n
}

// hasSentence tells that the message says more than a greeting: enough words to be worth a ticket.
func (t *turn) hasSentence() bool {
	if t.flow.fallback == nil || t.wordCount() < t.flow.fallbackWords {
		return false
	}
	n := 0
	for i, k := range t.tokens {
		if k.kind == tokenWord && !t.bare[i] && k.text[0] < 0x80 && !t.covered(i, t.flow.means.thanks, t.flow.means.yes, t.flow.means.no, t.flow.means.noProblem) {
			n++
		}
	}
	return n >= t.flow.fallbackWords
}
