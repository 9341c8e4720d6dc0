package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/tenants/settings"
	"flowhq/locale"
	"flowhq/locale/key"
)

// flowTextView is one flow of a tenant; own is false where the template's own flow is used.
type flowTextView struct {
	Version     int     `json:"version"`
	Own         bool    `json:"own"`
	FlowYAML    string  `json:"flow_yaml"`
	Author      *string `json:"author"`
	CreatedAt   stamp   `json:"created_at"`
	PublishedAt *stamp  `json:"published_at"`
}

type flowsView struct {
	TemplateType flowhq.TemplateType `json:"template_type"`
	Language     flowhq.Language     `json:"language"`
	Published    flowTextView        `json:"published"`
	Draft        *flowTextView       `json:"draft"`
	DefaultYAML  string              `json:"default_yaml"`
	CommonYAML   string              `json:"common_yaml"`
}

// showFlow shows the flow in force, the draft's, and the template's own.
func showFlow(flows *settings.Flows) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		all, err := flows.Flows(c.Request.Context(), id)
		if err != nil {
			return err
		}
		view := func(v *flowhq.SettingsVersion) flowTextView {
			t := flowTextView{
				Version: v.Version, Own: v.FlowYAML != "", FlowYAML: v.FlowYAML, Author: orNull(v.Author),
				CreatedAt: stamp(v.CreatedAt), PublishedAt: maybe(v.PublishedAt),
			}
			if !t.Own {
				t.FlowYAML = all.Default
			}
			return t
		}
		answer := flowsView{
			TemplateType: all.Template, Language: all.Language, Published: view(&all.Published),
			DefaultYAML: all.Default, CommonYAML: all.Common,
		}
		if all.Draft != nil {
			answer.Draft = new(view(all.Draft))
		}
		c.JSON(http.StatusOK, answer)
		return nil
	}
}

type flowCheckView struct {
	OK       bool              `json:"ok"`
	Problems []flowProblemView `json:"problems"`
}

type flowProblemView struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

func viewFlowProblems(texts *locale.Catalogue, problems []flowhq.FlowProblem) []flowProblemView {
	out := make([]flowProblemView, len(problems))
	for i, p := range problems {
		out[i] = flowProblemView{Line: p.Line, Column: p.Column, Message: texts.Say(flowhq.English, p.Text)}
	}
	return out
}

// checkFlow tells what is wrong with a flow and where, and keeps nothing.
func checkFlow(flows *settings.Flows, texts *locale.Catalogue) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		in, err := readInput(c)
		if err != nil {
			return err
		}
		flow := in.text("flow_yaml")
		if err := in.err(); err != nil {
			return err
		}
		problems, err := flows.CheckFlow(c.Request.Context(), id, flow)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, flowCheckView{OK: len(problems) == 0, Problems: viewFlowProblems(texts, problems)})
		return nil
	}
}

// trial reads what is tried out: "use" is draft (as long as there is one) or published; "flow_yaml" takes the place
// of its flow.
func (in *input) trial() settings.Trial {
	w := settings.Trial{FlowYAML: in.maybeText("flow_yaml")}
	switch use := in.text("use"); use {
	case "", "draft":
	case "published":
		w.InForce = true
	default:
		in.complain("use", key.InputDraftOrPublished)
	}
	return w
}

type tryView struct {
	Turns []turnView      `json:"turns"`
	State json.RawMessage `json:"state"`
	Now   stamp           `json:"now"`
	Local string          `json:"local_time"`
	Human bool            `json:"handed_over"`
}

type turnView struct {
	ID   string             `json:"id"`
	At   stamp              `json:"at"`
	Kind flowhq.MessageKind `json:"kind"`
	Text string             `json:"text"`
	Acts []flowhq.TryAct    `json:"acts"`
}

// tryFlow goes on with a conversation that no customer sees. Nothing is kept: the state goes back and forth.
func tryFlow(flows *settings.Flows) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		in, err := readInput(c)
		if err != nil {
			return err
		}
		w := in.trial()
		t := flowhq.Tryout{Messages: in.tryMessages(), Release: in.flag("release")}
		if in.has("state") {
			t.State = in.raw("state")
		}
		w.Now = in.text("now")
		if err := in.err(); err != nil {
			return err
		}
		a, err := flows.TryFlow(c.Request.Context(), id, w, t)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewTry(&a))
		return nil
	}
}

func viewTry(a *flowhq.TryAnswer) tryView {
	v := tryView{State: a.State, Now: stamp(a.Now), Local: a.Now.Format("2006-01-02T15:04"), Human: a.Human}
	v.Turns = list(a.Turns, func(t *flowhq.TryTurn) turnView {
		return turnView{ID: t.ID, At: stamp(t.At), Kind: t.Kind, Text: t.Text,
			Acts: append([]flowhq.TryAct{}, t.Acts...)}
	})
	return v
}

// raw gives a field as JSON; that of a form holds JSON as text.
func (in *input) raw(name string) json.RawMessage {
	if in.isForm {
		return json.RawMessage(in.form.Get(name))
	}
	return in.fields[name]
}

// tryMessages reads "messages", a list of texts and of {text, kind, target, wait}, or "text" alone.
func (in *input) tryMessages() []flowhq.TryMessage {
	if in.isForm || in.has("text") {
		if text := in.maybeText("text"); text != nil {
			return []flowhq.TryMessage{{Text: *text}}
		}
	}
	var raw []json.RawMessage
	in.into("messages", &raw, key.InputList)
	out := make([]flowhq.TryMessage, len(raw))
	for i, one := range raw {
		field := fmt.Sprintf("messages[%d]", i)
		if json.Unmarshal(one, &out[i].Text) == nil {
			out[i].Kind = flowhq.KindText
			continue
		}
		var m struct{ Kind, Text, Target, Wait string }
		if err := json.Unmarshal(one, &m); err != nil {
			in.complain(fieldPath(field, err), key.InputTryMessage)
			continue
		}
		out[i] = flowhq.TryMessage{Kind: flowhq.MessageKind(m.Kind), Text: m.Text, Target: m.Target}
		if m.Kind == "" && m.Wait == "" {
			out[i].Kind = flowhq.KindText
		}
		if m.Wait != "" {
			wait, err := time.ParseDuration(m.Wait)
			if err != nil || wait < 0 {
				in.complain(field+".wait", key.InputDuration)
			}
			out[i].Wait = wait
		}
	}
	return out
}

// replayFlow tells what a draft would have answered otherwise.
func replayFlow(flows *settings.Flows) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		in, err := readInput(c)
		if err != nil {
			return err
		}
		w, transcript, limit := in.trial(), in.text("transcript"), in.number("limit")
		if err := in.err(); err != nil {
			return err
		}
		a, err := flows.ReplayFlow(c.Request.Context(), id, w, transcript, limit)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, replayView{Chats: a.Chats, Messages: a.Messages, Changed: a.Changed,
			Changes: list(a.Changes, viewReplayChange)})
		return nil
	}
}

type replayView struct {
	Chats    int                `json:"chats"`
	Messages int                `json:"messages"`
	Changed  int                `json:"changed"`
	Changes  []replayChangeView `json:"changes"`
}

type replayChangeView struct {
	Chat  string `json:"chat"`
	At    stamp  `json:"at"`
	Text  string `json:"text"`
	Now   string `json:"now"`
	Draft string `json:"draft"`
}

func viewReplayChange(c *flowhq.ReplayChange) replayChangeView {
	return replayChangeView{Chat: c.Chat, At: stamp(c.At), Text: c.Text, Now: c.Now, Draft: c.Draft}
}
