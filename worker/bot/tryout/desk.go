package tryout

import (
	"errors"
	"strings"
	"time"

	"flowhq"
	"flowhq/locale/key"
	"flowhq/worker/bot"
)

// Desk answers for programs what Talk and Print show to a person. It keeps nothing: the state of a conversation goes in
// and comes out. Its zero value is ready.
type Desk struct{}

// Check tells all that is wrong with a flow, in the order of the text; none: it can be used.
func (Desk) Check(flowYAML string) []flowhq.FlowProblem {
	_, err := bot.Load([]byte(flowYAML))
	return problems(err)
}

// problems gives what Load found; an error of any other kind is told at the beginning of the text.
func problems(err error) []flowhq.FlowProblem {
	if err == nil {
		return nil
	}
	found, ok := errors.AsType[bot.Problems](err)
	if !ok {
		return []flowhq.FlowProblem{{Line: 1, Column: 1, Text: flowhq.Plain(err.Error())}}
	}
	return found
}

// Texts gives the YAML of a template's own flow, and what every flow of its language says.
func (Desk) Texts(t flowhq.TemplateType, l flowhq.Language) (own, common string) {
	return bot.DefaultYAML(t, l), bot.CommonYAML(l)
}

// Try goes on with a conversation. A flow that does not load is flowhq.CodeInvalid on flow_yaml, a state that no answer
// gave on state.
func (Desk) Try(t flowhq.Tryout) (flowhq.TryAnswer, error) {
	with, err := use(t.With)
	if err != nil {
		return flowhq.TryAnswer{}, err
	}
	chat, err := Resume(with, t.State)
	if err != nil {
		return flowhq.TryAnswer{}, flowhq.Invalid([]flowhq.FieldError{flowhq.Wrong("state", key.FlowState)})
	}
	if t.Release {
		chat.Release()
	}
	a := flowhq.TryAnswer{Turns: []flowhq.TryTurn{}, Now: t.Now}
	for _, m := range t.Messages {
		a.Now = a.Now.Add(m.Wait)
		if m.Kind == "" && m.Text == "" && m.Wait > 0 {
			continue
		}
		a.Turns = append(a.Turns, turn(chat, m, a.Now))
		a.Now = a.Now.Add(time.Second)
	}
	a.Human = chat.HasHuman(a.Now)
	a.State, err = chat.Save()
	return a, err
}

func turn(chat *Chat, m flowhq.TryMessage, now time.Time) flowhq.TryTurn {
	if m.Kind == "" {
		m.Kind = flowhq.KindText
	}
	id, actions := chat.Say(bot.Message{Kind: m.Kind, Text: m.Text, Target: m.Target}, now)
	t := flowhq.TryTurn{ID: id, At: now, Kind: m.Kind, Text: m.Text, Acts: make([]flowhq.TryAct, len(actions))}
	for i, a := range actions {
		t.Acts[i] = flowhq.TryAct{
			Kind: string(a.Kind), Text: a.Text, Asks: a.Asks, Says: a.Says, Step: a.Step, Cause: a.Cause,
			Request: a.Request,
		}
	}
	return t
}

// Replay compares what a flow in force and a draft answer to a log or a transcript.
func (Desk) Replay(r flowhq.Replay) (flowhq.ReplayAnswer, error) {
	inForce, err := use(r.InForce)
	if err != nil {
		return flowhq.ReplayAnswer{}, err
	}
	draft, err := use(r.Draft)
	if err != nil {
		return flowhq.ReplayAnswer{}, err
	}
	log := r.Log
	if r.Transcript != "" {
		if log, err = ParseTranscript(strings.NewReader(r.Transcript), draft.Business, r.Now); err != nil {
			return flowhq.ReplayAnswer{}, flowhq.Invalid([]flowhq.FieldError{
				flowhq.Wrong("transcript", key.FlowTranscriptLine)})
		}
	}
	return Replay(inForce, draft, log), nil
}

// use loads the flow of a conversation; what is wrong with it is told as the fields of an input.
func use(c flowhq.Conversation) (Setting, error) {
	s, err := Use(c)
	if err == nil {
		return s, nil
	}
	return s, flowhq.Invalid([]flowhq.FieldError{{Field: "flow_yaml", Text: flowhq.FlowProblemsText(problems(err))}})
}
