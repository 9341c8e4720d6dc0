package flowhq

import (
	"fmt"
	"slices"
)

// Flows are the texts that an editor of a tenant's flow begins with. Own and common texts are YAML.
type Flows struct {
	Template  TemplateType
	Language  Language
	Published SettingsVersion
	Draft     *SettingsVersion
	Default   string // the template's own flow
	Common    string // what every flow of the language says unless it says otherwise
}

// FlowProblem is one thing that is wrong in a flow's YAML, for the one who writes it. Line and Column count from 1.
type FlowProblem struct {
	Line   int  `json:"line"`
	Column int  `json:"column"`
	Text   Text `json:"text"`
}

// String gives a text for logs.
func (p FlowProblem) String() string {
	return fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Text)
}

// FlowProblemsText gives the problems of a flow line by line, each with its place.
func FlowProblemsText(problems []FlowProblem) Text {
	var all Text
	for _, p := range slices.Backward(problems) {
		one := Say("flow.problem_at", "line", p.Line, "column", p.Column, "problem", p.Text)
		if all.Empty() {
			all = one
			continue
		}
		all = Say("flow.lines", "first", one, "rest", all)
	}
	return all
}

// Conversation is what a tenant's customers are answered with: the facts of the business and its flow.
type Conversation struct {
	Business Business `json:"business"`
	Version  int      `json:"version"`   // of the settings; 0 for a template's own
	FlowYAML string   `json:"flow_yaml"` // "": the template's own flow
}

// ConversationOf gives what a tenant's customers are answered with under one version of its settings.
func ConversationOf(t TenantDetail, v SettingsVersion) Conversation {
	b := Business{TenantID: t.ID, Name: t.Name, Template: TemplateBooking, Language: Swahili, Settings: v.Settings}
	if t.Config != nil {
		b.Name, b.Template, b.Language = t.Config.BusinessName, t.Config.TemplateType, t.Config.Language
	}
	return Conversation{Business: b, Version: v.Version, FlowYAML: v.FlowYAML}
}
