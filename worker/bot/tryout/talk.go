package tryout

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"flowhq"
	"flowhq/worker/bot"
)

// TimeForm is how a time is written in a try-out, in the tenant's zone.
const TimeForm = "2006-01-02T15:04"

// Terminal is a conversation with a person at a terminal.
type Terminal struct {
	Setting
	In    io.Reader
	Out   io.Writer
	Now   time.Time // when the conversation begins; the time stands still but for /wait and /now
	Trace bool      // show the decisions behind each answer
	// Prompt shows when words are waited for; for a person, not for a pipe.
	Prompt bool
}

// ErrNoTime says that a time in a try-out cannot be read.
var ErrNoTime = errors.New("is no time like 2026-03-10T09:00")

// ParseNow reads a time in the tenant's zone: 2026-03-10T09:00, or with a space in the middle.
func ParseNow(text string, biz flowhq.Business) (time.Time, error) {
	at, err := time.ParseInLocation(TimeForm, strings.Replace(strings.TrimSpace(text), " ", "T", 1),
		biz.Settings.Location())
	if err != nil {
		return time.Time{}, fmt.Errorf("%q %w", text, ErrNoTime)
	}
	return at, nil
}

const help = `Write what a customer would write. Lines that begin with a slash are for the try-out:
  /now 2026-03-10T09:00   set the time        /wait 26h        let time pass
  /voice /image /sticker  send one            /edit N text     edit message N
  /delete N               delete message N    /trace           show or hide decisions
  /state                  what is remembered  /new             begin a new chat
  /release                the bot takes the chat back from the human
  /quit                   end
`

// Talk runs the conversation until the input ends, /quit is written or ctx is done. The error is one of reading or
// writing.
func (t *Terminal) Talk(ctx context.Context) error {
	s := &session{terminal: t, chat: NewChat(t.Setting), now: t.Now.In(t.Business.Settings.Location()), trace: t.Trace}
	s.printf("%s · %s %s · %s\n%s\n", t.Business.Name, t.Flow.Template, t.Flow.Language, s.clock(), help)
	lines := bufio.NewScanner(t.In)
	lines.Buffer(make([]byte, 0, 64<<10), 1<<20)
	for s.prompt(); !s.ended && s.err == nil && ctx.Err() == nil && lines.Scan(); s.prompt() {
		s.line(lines.Text())
	}
	return errors.Join(s.err, lines.Err(), ctx.Err())
}

type session struct {
	terminal *Terminal
	chat     *Chat
	now      time.Time
	trace    bool
	ended    bool
	err      error
}

func (s *session) printf(format string, args ...any) {
	if s.err == nil {
		_, s.err = fmt.Fprintf(s.terminal.Out, format, args...)
	}
}

// prompt shows that the customer's words are waited for.
func (s *session) prompt() {
	if s.terminal.Prompt && !s.ended {
		s.printf("> ")
	}
}

func (s *session) clock() string { return s.now.Format("Mon 2006-01-02 15:04 MST") }

func (s *session) line(text string) {
	if !strings.HasPrefix(text, "/") {
		s.send(bot.Message{Kind: flowhq.KindText, Text: text})
		return
	}
	command, rest, _ := strings.Cut(strings.TrimPrefix(text, "/"), " ")
	s.command(command, strings.TrimSpace(rest))
}

func (s *session) command(name, rest string) {
	switch name {
	case "now":
		at, err := ParseNow(rest, s.terminal.Business)
		if err != nil {
			s.printf("%v\n", err)
			return
		}
		s.now = at
		s.printf("it is %s\n", s.clock())
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			s.printf("%q is no length of time like 26h or 30m\n", rest)
			return
		}
		s.now = s.now.Add(d)
		s.printf("it is %s\n", s.clock())
	case "voice", "image", "sticker", "video", "document", "location", "reaction":
		s.send(bot.Message{Kind: flowhq.MessageKind(name)})
	case "edit", "delete":
		s.revise(name, rest)
	case "trace":
		s.trace = !s.trace
	case "state":
		text, err := json.MarshalIndent(s.chat.held.State, "", "  ")
		s.err = errors.Join(s.err, err)
		s.printf("%s\n", text)
	case "new":
		s.chat = NewChat(s.terminal.Setting)
		s.printf("a new chat\n")
	case "release":
		s.chat.Release()
		s.printf("the bot has the chat\n")
	case "quit", "exit":
		s.ended = true
	default:
		s.printf("%s", help)
	}
}

func (s *session) revise(name, rest string) {
	which, text, _ := strings.Cut(rest, " ")
	if _, err := strconv.Atoi(which); err != nil {
		s.printf("%q is no number of a message; the first one is 1\n", which)
		return
	}
	kind := flowhq.KindEdit
	if name == "delete" {
		kind = flowhq.KindDelete
	}
	s.send(bot.Message{Kind: kind, Text: text, Target: which})
}

func (s *session) send(m bot.Message) {
	s.now = s.now.Add(time.Second)
	_, actions := s.chat.Say(m, s.now)
	for _, a := range actions {
		if line := describe(a, s.trace); line != "" {
			s.printf("%s\n", line)
		}
	}
	s.printf("\n")
}

// describe writes an action for a person.
func describe(a bot.Action, trace bool) string {
	switch a.Kind {
	case bot.ActionReply:
		return "bot: " + indent(a.Text)
	case bot.ActionRecord:
		fields, err := json.Marshal(a.Request.Fields)
		if err != nil {
			return ""
		}
		return fmt.Sprintf("  [recorded %s %s]", a.Request.Type, fields)
	case bot.ActionHandoff:
		return "  [a human takes the chat: " + a.Cause + "]"
	case bot.ActionOptOut:
		return "  [opted out]"
	case bot.ActionOptIn:
		return "  [opted in]"
	case bot.ActionNotifyOwner:
		return "  [to the owner: " + indent(a.Text) + "]"
	case bot.ActionTrace:
		if trace {
			return "  · " + a.Step + ": " + a.Cause
		}
	}
	return ""
}

func indent(text string) string { return strings.ReplaceAll(harmless(text), "\n", "\n     ") }

// harmless takes out what could steer a terminal: a customer may write anything.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}
