package ui

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/tenants/settings"
	"flowhq/locale/key"
)

// flowPages show, change and try what a tenant's bot says.
type flowPages struct {
	*tenantScreen
	flows    *settings.Flows
	versions *settingsPages
}

func (h *flowPages) routes() []Route {
	return []Route{h.view("/flow", h.show), h.form("/flow", h.save), h.form("/flow/check", h.check),
		h.form("/flow/try", h.try)}
}

type flowPage struct {
	tenantFrame
	Editor   editorView
	Tryout   tryoutView
	Draft    draftView
	Versions versionsView
}

type editorView struct {
	ID, Text string
	Own      bool // the tenant has a flow of its own
	Common   string
	Check    checkView
}

// checkView is what is wrong with the text, or that nothing is.
type checkView struct {
	ID       string
	Checked  bool
	Problems []flowProblemView
	Wrong    string
	Replay   *flowhq.ReplayAnswer
}

// tryoutView is a chat with the draft that no customer sees. Its page carries what was said and what the bot remembers.
type tryoutView struct {
	ID, Now     string
	State, Log  string // JSON
	Turns       []tryTurn
	Human       bool
	Wrong, Text string
}

type tryTurn struct {
	Said string   `json:"s,omitempty"`
	Acts []tryAct `json:"a,omitempty"`
}

type tryAct struct {
	Kind string `json:"k"`
	Text string `json:"t"`
}

// triedTurns is how much of a try-out the page keeps.
const triedTurns = 40

func (h *flowPages) show(c *gin.Context, t flowhq.TenantDetail) {
	h.draw(c, http.StatusOK, t, nil)
}

func (h *flowPages) draw(c *gin.Context, code int, t flowhq.TenantDetail, change func(*flowPage)) {
	flows, err := h.flows.Flows(c.Request.Context(), t.ID)
	if err != nil {
		h.fail(c, err)
		return
	}
	v := flowPage{tenantFrame: h.frame(c, t, "/flow"), Editor: newEditor(t.ID, flows), Tryout: tryoutView{ID: t.ID}}
	v.Draft = newDraftView(h.translator(c), t.ID, flows.Published, flows.Draft)
	if v.Versions, err = h.versions.versionsView(c, t.ID, "/flow"); err != nil {
		h.fail(c, err)
		return
	}
	if change != nil {
		change(&v)
	}
	h.render(c, code, pageFlow, "layout", v)
}

func newEditor(id string, flows flowhq.Flows) editorView {
	text := flows.Published.FlowYAML
	if flows.Draft != nil {
		text = flows.Draft.FlowYAML
	}
	v := editorView{ID: id, Text: text, Own: text != "", Common: flows.Common, Check: checkView{ID: id}}
	if !v.Own {
		v.Text = flows.Default
	}
	return v
}

// flowText reads the editor. The template's own flow, left as it is, stays the template's.
func flowText(c *gin.Context, flows flowhq.Flows) string {
	text := strings.ReplaceAll(c.PostForm("flow_yaml"), "\r\n", "\n")
	if strings.TrimSpace(text) == strings.TrimSpace(flows.Default) {
		return ""
	}
	return text
}

// saveFlow keeps the text as the draft. A text that does not load is kept in the editor, with what is wrong beside it.
func (h *flowPages) save(c *gin.Context, t flowhq.TenantDetail) {
	flows, err := h.flows.Flows(c.Request.Context(), t.ID)
	if err != nil {
		h.fail(c, err)
		return
	}
	text := flowText(c, flows)
	if c.PostForm("do") == "default" {
		text = ""
	}
	settings := flows.Published.Settings
	if flows.Draft != nil {
		settings = flows.Draft.Settings
	}
	if _, err = h.settings.SaveDraft(c.Request.Context(), access.By(c), t.ID, settings, text); err == nil {
		doneAt(c, tenantURL(t.ID, "/flow"), "draft")
		return
	}
	check := h.checked(c, t.ID, text)
	if len(check.Problems) == 0 {
		check.Wrong = h.sentence(c, err)
	}
	h.draw(c, statusOf(err), t, func(v *flowPage) { v.Editor.Text, v.Editor.Own, v.Editor.Check = text, true, check })
}

func (h *flowPages) checked(c *gin.Context, id, text string) checkView {
	v := checkView{ID: id, Checked: true}
	problems, err := h.flows.CheckFlow(c.Request.Context(), id, text)
	if err != nil {
		v.Wrong = h.sentence(c, err)
	}
	l := h.translator(c)
	for _, p := range problems {
		v.Problems = append(v.Problems, flowProblemView{Line: p.Line, Column: p.Column, Message: l.tell(p.Text)})
	}
	return v
}

// checkFlow tells what is wrong with the text in the editor, and what it would have answered otherwise.
func (h *flowPages) check(c *gin.Context, t flowhq.TenantDetail) {
	text := strings.ReplaceAll(c.PostForm("flow_yaml"), "\r\n", "\n")
	v := h.checked(c, t.ID, text)
	if c.PostForm("do") == "replay" && len(v.Problems) == 0 && v.Wrong == "" {
		answer, err := h.flows.ReplayFlow(c.Request.Context(), t.ID, settings.Trial{FlowYAML: &text}, "", 500)
		if err != nil {
			v.Wrong = h.sentence(c, err)
		} else {
			answer.Changes = answer.Changes[:min(len(answer.Changes), 20)]
			v.Replay = &answer
		}
	}
	if c.GetHeader("HX-Request") != "" {
		h.render(c, http.StatusOK, pageFlow, "flow-check", v)
		return
	}
	h.draw(c, http.StatusOK, t, func(p *flowPage) { p.Editor.Text, p.Editor.Check = text, v })
}

// tryFlow goes on with the try-out: with the text in the editor where it was sent along, else with the draft.
func (h *flowPages) try(c *gin.Context, t flowhq.TenantDetail) {
	v := tryoutView{ID: t.ID, Now: strings.TrimSpace(c.PostForm("now")), State: c.PostForm("state"),
		Log: c.PostForm("log")}
	if c.PostForm("do") == "again" {
		v.State, v.Log = "", ""
	} else {
		h.goOn(c, t.ID, &v)
	}
	if c.GetHeader("HX-Request") != "" {
		h.render(c, http.StatusOK, pageFlow, "tryout", v)
		return
	}
	h.draw(c, http.StatusOK, t, func(p *flowPage) { p.Tryout = v })
}

func (h *flowPages) goOn(c *gin.Context, id string, v *tryoutView) {
	if json.Unmarshal([]byte(v.Log), &v.Turns) != nil {
		v.Turns = nil
	}
	text := strings.TrimSpace(c.PostForm("text"))
	if text == "" {
		return
	}
	trial := settings.Trial{Now: v.Now}
	if yaml, sent := c.GetPostForm("flow_yaml"); sent {
		yaml = strings.ReplaceAll(yaml, "\r\n", "\n")
		trial.FlowYAML = &yaml
	}
	in := flowhq.Tryout{Messages: []flowhq.TryMessage{{Text: text}}}
	if v.State != "" {
		in.State = json.RawMessage(v.State)
	}
	answer, err := h.flows.TryFlow(c.Request.Context(), id, trial, in)
	if err != nil {
		fields, rest := h.fieldErrors(c, err)
		v.Text, v.Wrong = text, rest
		for _, wrong := range fields {
			v.Wrong = wrong
		}
		return
	}
	v.take(h.translator(c), text, answer)
}

func (v *tryoutView) take(l translator, said string, answer flowhq.TryAnswer) {
	turn := tryTurn{Said: said}
	for _, one := range answer.Turns {
		for _, a := range one.Acts {
			switch a.Kind {
			case "reply":
				turn.Acts = append(turn.Acts, tryAct{"reply", a.Text})
			case "record", "handoff", "opt_out", "opt_in", "notify_owner":
				turn.Acts = append(turn.Acts, tryAct{"note",
					strings.TrimSuffix(l.word("try", a.Kind)+" "+flowhq.Shorten(a.Text, 200), " ")})
			}
		}
	}
	if len(turn.Acts) == 0 {
		turn.Acts = []tryAct{{"note", l.text(key.PageTrySilence)}}
	}
	v.Turns = append(v.Turns, turn)
	v.Turns = v.Turns[max(0, len(v.Turns)-triedTurns):]
	v.State, v.Human = string(answer.State), answer.Human
	if log, err := json.Marshal(v.Turns); err == nil {
		v.Log = string(log)
	}
}

// flowProblemView is a problem of a flow in the reader's language.
type flowProblemView struct {
	Line, Column int
	Message      string
}
