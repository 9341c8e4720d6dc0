package bot

import (
	"slices"
	"sync"
	"time"

	"flowhq"
	"flowhq/worker/bot/lexicon"
)

// Flow is a conversation, compiled: made by Load, never changed after, safe for use by many goroutines.
type Flow struct {
	// Version is the tenant's version that this flow belongs to; 0 for a template's own. It is written into the state
	// of a chat that is in the middle of a step, so that the chat can finish on the version that it began with.
	Version  int
	Template flowhq.TemplateType
	Language flowhq.Language

	menu          []menuItem
	intents       []*intent
	tasks         []*task
	texts         map[string]text
	words         *lexicon.Vocabulary
	means         meanings
	fallback      *task
	fallbackWords int
	forgetAfter   time.Duration
	humanAfter    int
	readsDays     bool // some task asks for a day or an hour
	source        itemSource
	zones         *zones
	catalogs      *catalogs
}

// WithVersion gives the same flow under another version number.
func (f *Flow) WithVersion(n int) *Flow {
	other := *f
	other.Version = n
	return &other
}

type menuItem struct {
	label  string
	intent *intent
}

// intent is something that a customer may want, and what the bot does about it.
type intent struct {
	name     string
	strong   []int // meanings that make it, in the order of the flow
	weak     []int // meanings that make it when nothing else is understood
	start    *task
	reply    text
	item     text // when the message names a service or a product
	other    text // when the settings hold nothing to say in reply
	asks     string
	itemAsks string
	menu     bool
	handoff  bool
}

// task asks for facts and records them.
type task struct {
	name    string
	record  flowhq.RequestType
	asks    []*question
	confirm text
	done    text
	notify  text
	handoff bool
}

// The types of questions.
const (
	askChoice = "choice"
	askItems  = "items"
	askText   = "text"
	askName   = "name"
	askNumber = "number"
	askDate   = "date"
	askTime   = "time"
	askPhone  = "phone"
)

// question is one fact that a task asks for.
type question struct {
	fact     string
	kind     string
	source   itemSource
	options  []flowhq.Item
	with     string // fact that is taken from what stands behind the first comma of the answer
	label    text
	ask      text
	other    text // the question when there is nothing to choose from
	quantity text
	min, max int64
	optional bool
	opening  bool // what the customer said at the start is part of the answer
	answers  bool // a question that the bot can answer itself is answered instead
}

// itemSource says where the items of a choice come from.
type itemSource uint8

const (
	noItems itemSource = iota
	fromServices
	fromProducts
	fromOptions
)

func (t *task) question(fact string) *question {
	for _, q := range t.asks {
		if q.fact == fact {
			return q
		}
	}
	return nil
}

// takes tells whether a quantity lies within the question's bounds.
func (q *question) takes(a quantity) bool { return !a.bad && a.value >= q.min && a.value <= q.max }

// itemsQuestion gives the question about products; nil when the task has none.
func (t *task) itemsQuestion() *question {
	for _, q := range t.asks {
		if q.kind == askItems {
			return q
		}
	}
	return nil
}

func (t *task) asksWhen() bool {
	return slices.ContainsFunc(t.asks, func(q *question) bool { return q.kind == askDate || q.kind == askTime })
}

func (t *task) asksFrom(s itemSource) bool {
	return s != noItems && slices.ContainsFunc(t.asks, func(q *question) bool { return q.source == s })
}

func (f *Flow) task(name string) *task {
	for _, t := range f.tasks {
		if t.name == name {
			return t
		}
	}
	return nil
}

func (f *Flow) intent(name string) *intent {
	for _, i := range f.intents {
		if i.name == name {
			return i
		}
	}
	return nil
}

// zones remembers time zones by their names: reading one from the disk takes longer than a whole step.
type zones struct{ byName sync.Map }

func (z *zones) of(s flowhq.Settings) *time.Location {
	if loc, ok := z.byName.Load(s.Timezone); ok {
		if loc, ok := loc.(*time.Location); ok {
			return loc
		}
	}
	loc := s.Location()
	z.byName.Store(s.Timezone, loc)
	return loc
}

// meanings are the numbers of the meanings that the engine itself acts on.
type meanings struct {
	polite, greeting, thanks, yes, no, noProblem, notYet, change, cancel, menu, back, human, stop, start,
	want, add, remove, skip, anyTime, myName, deliverTo, asks int
}

func meaningsOf(v *lexicon.Vocabulary) meanings {
	return meanings{
		polite: v.Meaning("polite"), greeting: v.Meaning("greeting"), thanks: v.Meaning("thanks"),
		yes: v.Meaning("yes"),
		no:  v.Meaning("no"), noProblem: v.Meaning("no_problem"), notYet: v.Meaning("not_yet"),
		change: v.Meaning("change"),
		cancel: v.Meaning("cancel"), menu: v.Meaning("menu"), back: v.Meaning("back"), human: v.Meaning("human"),
		stop: v.Meaning("stop"), start: v.Meaning("start"), want: v.Meaning("want"), add: v.Meaning("add"),
		remove: v.Meaning("remove"), skip: v.Meaning("skip"), anyTime: v.Meaning("any_time"),
		myName:    v.Meaning("my_name"),
		deliverTo: v.Meaning("deliver_to"), asks: v.Meaning("asks"),
	}
}

// meaningOfFact is the meaning by which a customer names a fact: "change the time".
func (f *Flow) meaningOfFact(fact string) int { return f.words.Lookup("fact_" + fact) }
