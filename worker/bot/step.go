package bot

import (
	"slices"
	"strings"
	"time"

	"flowhq"
	"flowhq/worker/bot/lexicon"
)

// Step takes one message in and gives the next state and what is to be done, in order. It is pure: the same input gives
// the same output, and nothing that it was given is changed. Whatever arrives, it looks at MaxHeard characters at most,
// and says at most MaxReply.
//
// A chat stands in one of these places:
//
//	      ┌──────────── nothing asked ◄───────────────┐
//	      │ "naomba miadi"        │ "bei?" → answer    │ recorded, cancelled,
//	      ▼                       └──── stays          │ or silent for too long
//	a fact is asked ──► next fact … ──► confirmation ──┤
//	      ▲    └─ a question in between is answered,   │ no → what to change?
//	      │       then the fact is asked again         │
//	      └────────────────────────────────────────────┘
//
// From everywhere, STOP leads to silence (opted out) and a call for a human hands the chat over.
func Step(flow *Flow, biz flowhq.Business, state State, msg Message, now time.Time) (State, []Action) {
	t := &turn{flow: flow, biz: &biz, msg: msg, now: now.In(flow.zones.of(biz.Settings)), st: state.clone()}
	if msg.Kind == flowhq.KindReaction {
		t.trace(flowhq.TraceStep, "reactions are not answered")
		return t.st, t.acts
	}
	t.forget()
	switch {
	case msg.Kind == flowhq.KindEdit:
		t.reword()
	case msg.Kind == flowhq.KindDelete:
		t.unsay()
	case strings.TrimSpace(msg.Text) == "" && msg.Kind != flowhq.KindText && msg.Kind != "":
		t.askForWords()
	default:
		t.hear(msg.Text)
	}
	t.st.LastAt = t.now.UTC()
	t.st.tidy()
	return t.st, t.acts
}

// turn is one step while it is made.
type turn struct {
	flow *Flow
	biz  *flowhq.Business
	msg  Message
	now  time.Time // in the tenant's zone
	st   State
	acts []Action

	text     string
	tokens   []lexicon.Token
	words    []lexicon.Word
	hits     []lexicon.Match
	around   []bool
	reader   *reader
	listings [4]*listing
	says     []string

	topicSaid string // State.TopicSaid as it was before the message
}

// forget drops a task that was left lying for too long.
func (t *turn) forget() {
	if t.st.LastAt.IsZero() || t.now.Sub(t.st.LastAt) < t.flow.forgetAfter {
		return
	}
	if t.st.InStep() {
		t.trace(flowhq.TraceStep, "what was asked before is forgotten: the customer was silent for too long")
	}
	t.st.leaveTask()
	t.st.Misses, t.st.Before, t.st.Recorded = 0, nil, nil
}

// listen takes the words of a text in.
func (t *turn) listen(text string) {
	t.text = text
	t.tokens = lexicon.Tokenize(text)
	t.words = t.flow.words.Words(t.tokens)
	t.hits, t.around = t.flow.words.Find(t.tokens, t.words)
	t.reader = newReader(t.tokens, t.words)
	t.reader.now, t.reader.hours, t.reader.language = t.said(), t.biz.Settings.Hours, t.flow.Language
	t.listings = [4]*listing{}
	t.noteLanguage()
}

// said is the moment from which days are counted: when the message was written, if that is known and close.
func (t *turn) said() time.Time {
	at := t.msg.At
	if at.IsZero() || at.After(t.now) || t.now.Sub(at) > 24*time.Hour {
		return t.now
	}
	return at.In(t.now.Location())
}

// noteLanguage remembers the language that the customer writes in, by the words that are of one language alone.
func (t *turn) noteLanguage() {
	swahili, english := 0, 0
	for _, h := range t.hits {
		switch h.Language {
		case 1:
			swahili += h.Words
		case 2:
			english += h.Words
		}
	}
	switch {
	case swahili > english:
		t.st.Language = flowhq.Swahili
	case english > swahili:
		t.st.Language = flowhq.English
	}
}

// hear answers a text.
func (t *turn) hear(text string) {
	before := t.st.clone()
	before.Before = nil
	t.listen(text)
	switch {
	case t.st.OptedOut:
		t.hearOptedOut()
		return
	case t.has(t.flow.means.stop) && !(t.st.InStep() && (t.has(t.flow.means.cancel) || t.has(t.flow.means.remove))):
		t.optOut()
		return
	case t.has(t.flow.means.human) && !t.callsHimself():
		t.handOff()
		return
	}
	t.st.Before = &Earlier{ID: t.msg.ID, State: before}
	if t.st.InStep() && t.task() == nil {
		t.st.leaveTask() // the flow has no such task any more
	}
	if t.st.InStep() {
		t.proceed()
		return
	}
	t.begin()
}

// callsHimself tells that "call me …" answers the question about a name and is no call for a telephone.
func (t *turn) callsHimself() bool {
	task := t.task()
	if task == nil {
		return false
	}
	if q := task.question(t.st.Ask); q == nil || q.kind != askName {
		return false
	}
	for _, h := range t.hits {
		if h.Meaning == t.flow.means.human && t.words[h.End-1].Exact == "me" {
			return h.End < len(t.tokens) && !t.flow.words.InPhrase(t.words[h.End].Exact)
		}
	}
	return false
}

func (t *turn) task() *task { return t.flow.task(t.st.Task) }

func (t *turn) hearOptedOut() {
	if !t.has(t.flow.means.start) {
		t.trace(flowhq.TraceOptedOut, "the customer wants no messages; only START brings the bot back")
		return
	}
	t.st.OptedOut = false
	t.acts = append(t.acts, Action{Kind: ActionOptIn, Cause: "the customer wrote " + clip(t.text, 40)})
	t.reply(t.render("opted_in", nil), "menu")
}

func (t *turn) optOut() {
	t.st.leaveTask()
	t.st.OptedOut, t.st.Before = true, nil
	t.st.ClosedUntil = ""
	t.acts = append(t.acts, Action{Kind: ActionOptOut, Cause: "the customer wrote " + clip(t.text, 40)})
	t.says = append(t.says, "opted_out")
	t.send(t.render("opted_out", nil), "")
}

func (t *turn) messageValue() func(string) string {
	return func(name string) string {
		if name == "message" {
			return clip(t.text, 300)
		}
		return ""
	}
}

// askForWords answers a picture, a voice note or a sticker that came without words.
func (t *turn) askForWords() {
	if t.st.OptedOut {
		t.trace(flowhq.TraceOptedOut, "the customer wants no messages")
		return
	}
	t.trace(flowhq.TraceStep, "a message without words: "+string(t.msg.Kind))
	t.reply(t.render("words_please", nil), "text_please")
}

// has tells whether a meaning was found.
func (t *turn) has(meaning int) bool {
	return slices.ContainsFunc(t.hits, func(h lexicon.Match) bool { return h.Meaning == meaning })
}

func (t *turn) trace(step, cause string) {
	t.acts = append(t.acts, Action{Kind: ActionTrace, Step: step, Cause: cause})
}

func (t *turn) notify(text string) {
	if text != "" {
		t.acts = append(t.acts, Action{Kind: ActionNotifyOwner, Text: shortenAtLine(text, MaxReply)})
	}
}

// reply sends a text, with what must be said of closed hours before it.
func (t *turn) reply(text, asks string) {
	if notice := t.closedNotice(); notice != "" {
		text = paragraphs(notice, text)
	}
	t.send(text, asks)
}

func (t *turn) send(text, asks string) {
	if strings.TrimSpace(text) == "" {
		text = t.menuText() // a flow whose every line was left out must not answer with nothing
	}
	text = strings.ToValidUTF8(text, "")
	step := t.st.Task
	if t.st.Ask != "" {
		step += "/" + t.st.Ask
	}
	t.acts = append(t.acts, Action{Kind: ActionReply, Text: shortenAtLine(text, MaxReply), Asks: asks, Says: strings.Join(t.says, ","), Step: step})
	t.st.Turns = (t.st.Turns + 1) % 1000
}

// closedNotice says, once in every closed period, that the business is closed now.
func (t *turn) closedNotice() string {
	hours := t.biz.Settings.Hours
	if hours == nil || hours.OpenAt(t.now) {
		t.st.ClosedUntil = ""
		return ""
	}
	opens, ok := hours.NextOpen(t.now)
	until := "unknown"
	if ok {
		until = opens.UTC().Format(time.RFC3339)
	}
	if t.st.ClosedUntil == until {
		return ""
	}
	t.st.ClosedUntil = until
	t.says = append(t.says, "closed_now")
	t.trace(flowhq.TraceClosed, "the business is closed; said once until it opens")
	if !ok {
		return t.render("closed_now_unknown", nil)
	}
	return t.render("closed_now", func(name string) string {
		if name == "opens" {
			return t.momentText(opens)
		}
		return ""
	})
}

func paragraphs(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, "\n\n")
}
