package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance/localapi"
	"flowhq/locale"
	"flowhq/worker/bot"
	"flowhq/worker/bot/tryout"
)

// tryOptions are the flags of `flowhq try`.
type tryOptions struct {
	tenant             string
	template, language string
	flow               string // a file
	now                string
	published, trace   bool
	replay             string // a file
	log                bool
	limit              int
}

func newTry() *cobra.Command {
	var o tryOptions
	cmd := &cobra.Command{
		Use:   "try (--tenant TENANT | --template TEMPLATE)",
		Short: "Talk to a bot in the terminal, or see what a draft would change",
		Long: `Talks to a bot as a customer would, without WhatsApp and without leaving a trace: nothing is
recorded, nobody is told.

  flowhq try --template BOOKING --language SW          a template's own conversation, for a made-up business
  flowhq try --tenant "Neema Salon"                    a tenant's draft where there is one, else what is in force
  flowhq try --tenant T --now 2026-03-15T09:00         … as if it were that time in the tenant's zone
  flowhq try --template SUPPORT --flow my-flow.yaml    a flow from a file; mistakes are shown by line and column

With --replay FILE or --log nothing is asked: what customers wrote is put to what is in force and to
the draft (or to --flow), and every message that would be answered otherwise is shown with both
answers. A transcript has one message a line, "customer: …", "owner: …" or "bot: …", each with an
optional time (2026-03-10T09:00) before it; an empty line begins another chat. --tenant needs a
running appliance; TENANT is an id, the beginning of one, a number or a name.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&o.tenant, "tenant", "", "a tenant of the running appliance")
	f.StringVar(&o.template, "template", "", "a template's own conversation: one of "+templateNames())
	f.StringVar(&o.language, "language", "SW", "its language: SW or EN")
	f.StringVar(&o.flow, "flow", "", "use the flow in this YAML file")
	f.StringVar(&o.now, "now", "", "the time at the beginning, like 2026-03-10T09:00 (default the present)")
	f.BoolVar(&o.published, "published", false, "what is in force, even if there is a draft")
	f.BoolVar(&o.trace, "trace", false, "show the decisions behind each answer")
	f.StringVar(&o.replay, "replay", "", "replay this transcript and show what would change")
	f.BoolVar(&o.log, "log", false, "replay the tenant's own messages and show what would change")
	f.IntVar(&o.limit, "limit", 1000, "how many of the newest messages --log takes, 20000 at most")
	return cmd
}

func (o *tryOptions) run(cmd *cobra.Command) error {
	if err := o.check(); err != nil {
		return usageError{err}
	}
	inForce, tried, err := o.conversations(cmd)
	if err != nil {
		return err
	}
	with, err := tryout.Use(tried)
	if err != nil {
		return o.unusable(err)
	}
	now := time.Now()
	if o.now != "" {
		if now, err = tryout.ParseNow(o.now, with.Business); err != nil {
			return usageError{fmt.Errorf("--now: %w", err)}
		}
	}
	if o.replay == "" && !o.log {
		t := tryout.Terminal{Setting: with, In: cmd.InOrStdin(), Out: cmd.OutOrStdout(), Now: now, Trace: o.trace,
			Prompt: isTerminal(cmd.InOrStdin())}
		return t.Talk(cmd.Context())
	}
	before, err := tryout.Use(inForce)
	if err != nil {
		return o.unusable(err)
	}
	log, err := o.messages(cmd, with.Business, now)
	if err != nil {
		return err
	}
	return tryout.Print(cmd.OutOrStdout(), tryout.Replay(before, with, log), with.Business)
}

func (o *tryOptions) check() error {
	o.template, o.language = strings.ToUpper(o.template), strings.ToUpper(o.language)
	switch {
	case (o.tenant == "") == (o.template == ""):
		return errors.New("name either a --tenant or a --template")
	case o.template != "" && !slices.Contains(flowhq.TemplateTypes(), flowhq.TemplateType(o.template)):
		return fmt.Errorf("--template: there is no %q; there are %s", o.template, templateNames())
	case !slices.Contains(flowhq.Languages(), flowhq.Language(o.language)):
		return fmt.Errorf("--language: there is no %q; there are SW and EN", o.language)
	case o.log && o.tenant == "":
		return errors.New("--log takes the messages of a --tenant")
	case o.log && o.replay != "":
		return errors.New("use either --log or --replay")
	case o.limit < 1 || o.limit > 20_000:
		return errors.New("--limit must be 1 to 20000")
	}
	return nil
}

// conversations gives what is in force, and what is tried out.
func (o *tryOptions) conversations(cmd *cobra.Command) (inForce, tried flowhq.Conversation, err error) {
	if o.tenant == "" {
		inForce.Business = tryout.Sample(flowhq.TemplateType(o.template), flowhq.Language(o.language))
		tried = inForce
	} else {
		c, err := newClient(cmd)
		if err != nil {
			return inForce, tried, err
		}
		var v localapi.Conversations
		if err := c.of(cmd.Context(), localArea, o.tenant, http.MethodGet, "/conversation", &v); err != nil {
			return inForce, tried, err
		}
		inForce, tried = v.InForce, v.InForce
		if v.Draft != nil && !o.published {
			tried = *v.Draft
		}
	}
	if o.flow != "" {
		text, err := os.ReadFile(o.flow)
		if err != nil {
			return inForce, tried, unreadable("--flow", err)
		}
		tried.FlowYAML = string(text)
	}
	return inForce, tried, nil
}

// unusable says where a flow is wrong, in the form that editors understand: file:line:column.
func (o *tryOptions) unusable(err error) error {
	problems, ok := errors.AsType[bot.Problems](err)
	if !ok {
		return err
	}
	name := o.flow
	if name == "" {
		name = "the tenant's flow"
	}
	texts, broken := locale.New()
	if broken != nil {
		return broken
	}
	lines := []string{"The flow cannot be used:"}
	for _, p := range problems {
		lines = append(lines, fmt.Sprintf("%s:%d:%d: %s", name, p.Line, p.Column, texts.Say(flowhq.English, p.Text)))
	}
	return flowhq.Errorf(flowhq.CodeInvalid, "%s", strings.Join(lines, "\n"))
}

func (o *tryOptions) messages(cmd *cobra.Command, biz flowhq.Business, now time.Time) ([]flowhq.Message, error) {
	if o.replay != "" {
		file, err := os.Open(o.replay)
		if err != nil {
			return nil, unreadable("--replay", err)
		}
		defer func() { _ = file.Close() }()
		return tryout.ParseTranscript(file, biz, now)
	}
	c, err := newClient(cmd)
	if err != nil {
		return nil, err
	}
	var log []flowhq.Message
	err = c.of(cmd.Context(), localArea, o.tenant, http.MethodGet, fmt.Sprintf("/messages?limit=%d", o.limit), &log)
	return log, err
}

func unreadable(flag string, err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return flowhq.Errorf(flowhq.CodeInvalid, "%s: %s cannot be read: %s.", flag, p.Path, p.Err)
	}
	return err
}

// templateNames lists the templates as a person reads them.
func templateNames() string {
	var names []string
	for _, t := range flowhq.TemplateTypes() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}
