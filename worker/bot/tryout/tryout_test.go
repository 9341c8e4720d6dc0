package tryout

import (
	"context"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/worker/bot"
)

func salon() flowhq.Business {
	return flowhq.Business{Name: "Neema Salon", Template: flowhq.TemplateBooking, Language: flowhq.Swahili,
		Settings: flowhq.Settings{
			Contact: "+255700000101",
			Services: []flowhq.Item{{Name: "Facial", Price: 30000, Available: true},
				{Name: "Kusuka", Price: 25000, Available: true}},
		}.Normalize()}
}

func setting() Setting {
	return Setting{Flow: bot.Default(flowhq.TemplateBooking, flowhq.Swahili), Business: salon()}
}

func morning(t *testing.T) time.Time {
	t.Helper()
	at, err := ParseNow("2026-03-10 09:00", salon())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func talk(t *testing.T, lines ...string) string {
	t.Helper()
	var out strings.Builder
	terminal := Terminal{Setting: setting(), In: strings.NewReader(strings.Join(lines, "\n")), Out: &out,
		Now: morning(t), Trace: true}
	if err := terminal.Talk(context.Background()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTalkBooksAtTheTimeThatIsSet(t *testing.T) {
	got := talk(t, "/now 2026-05-01T10:00", "facial kesho saa nne asubuhi", "Asha", "ndiyo")
	for _, want := range []string{
		`[recorded BOOKING {"service":"Facial","date":"2026-05-02","time":"10:00","name":"Asha"}]`, "to the owner",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestTalkFollowsItsCommands(t *testing.T) {
	cases := []struct {
		name  string
		lines []string
		want  string
	}{
		{"time passes", []string{"1", "/wait 26h", "Habari"}, "Karibu Neema Salon"},
		{"no such time", []string{"/now tomorrow"}, "is no time like"},
		{"no such wait", []string{"/wait long"}, "no length of time"},
		{"voice", []string{"/voice"}, "maneno"},
		{"edit", []string{"1", "Facial", "/edit 2 Kusuka", "/state"}, `"service": "Kusuka"`},
		{"edit of nothing", []string{"/edit x"}, "no number of a message"},
		{"a human", []string{"nataka kuongea na mtu", "habari"}, "a human has this chat"},
		{"released", []string{"nataka kuongea na mtu", "/release", "habari"}, "Karibu Neema Salon"},
		{"new chat", []string{"1", "/new", "/state"}, "{}"},
		{"help", []string{"/what"}, "/quit"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := talk(t, c.lines...); !strings.Contains(got, c.want) {
				t.Errorf("%q is not in\n%s", c.want, got)
			}
		})
	}
}

func TestTalkEndsAtQuit(t *testing.T) {
	if got := talk(t, "/quit", "habari"); strings.Contains(got, "Karibu") {
		t.Errorf("went on after /quit:\n%s", got)
	}
}

func TestReplayShowsWhatADraftChanges(t *testing.T) {
	yaml := strings.Replace(bot.DefaultYAML(flowhq.TemplateBooking, flowhq.Swahili), "Tuandike kwa jina gani?",
		"Jina lako tafadhali?", 1)
	flow, err := bot.Load([]byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	draft := setting()
	draft.Flow = flow
	log, err := ParseTranscript(strings.NewReader(
		"# two chats\ncustomer: facial kesho saa nne asubuhi\nbot: …\nAsha\n\n2026-03-10T12:00 mteja: bei\n"), salon(),
		morning(t))
	if err != nil {
		t.Fatal(err)
	}
	sum := Replay(setting(), draft, log)
	if sum.Chats != 2 || sum.Messages != 3 || sum.Changed != 1 || len(sum.Changes) != 1 {
		t.Fatalf("got %+v", sum)
	}
	if got := sum.Changes[0]; got.Now != "Tuandike kwa jina gani?" || got.Draft != "Jina lako tafadhali?" ||
		got.Chat != "chat 1" {
		t.Errorf("got %+v", got)
	}
	var out strings.Builder
	if err := Print(&out, sum, salon()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"draft: Jina lako tafadhali?", "2 chats, 3 messages, 1 answered otherwise"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestReplayIsSilentWhereTheOwnerWrote(t *testing.T) {
	log, err := ParseTranscript(strings.NewReader("bei\nowner: niko hapa\nbei\n"), salon(), morning(t))
	if err != nil {
		t.Fatal(err)
	}
	draft := setting()
	draft.Business.Settings.Services[0].Price = 1
	if sum := Replay(setting(), draft, log); sum.Changed != 1 {
		t.Errorf("changed %d answers, want only the one before the owner wrote: %+v", sum.Changed, sum)
	}
}

func TestReplayFollowsEdits(t *testing.T) {
	at := morning(t)
	log := []flowhq.Message{
		{Chat: "+1", Direction: flowhq.DirectionIn, Kind: flowhq.KindText, WAMessageID: "a", Text: "facial",
			CreatedAt: at},
		{Chat: "+1", Direction: flowhq.DirectionIn, Kind: flowhq.KindEdit, WAMessageID: "b", Target: "a",
			Text: "kusuka", CreatedAt: at.Add(time.Second)},
	}
	draft := setting()
	draft.Business.Settings.Services[1].Name = "Rasta"
	sum := Replay(setting(), draft, log)
	if sum.Changed == 0 || sum.Changes[len(sum.Changes)-1].Text != "kusuka" {
		t.Errorf("the edit is not replayed: %+v", sum)
	}
}

func TestChatGoesOnWhereItWasSaved(t *testing.T) {
	at := morning(t)
	first := NewChat(setting())
	first.Say(bot.Message{Text: "facial kesho saa nne asubuhi"}, at)
	saved, err := first.Save()
	if err != nil {
		t.Fatal(err)
	}
	second, err := Resume(setting(), saved)
	if err != nil {
		t.Fatal(err)
	}
	id, actions := second.Say(bot.Message{Text: "Asha"}, at.Add(time.Second))
	if id != "2" || len(actions) == 0 || actions[len(actions)-1].Asks != "confirmation" {
		t.Errorf("message %s: %+v", id, actions)
	}
	if _, err := Resume(setting(), []byte("{")); err == nil {
		t.Error("half a state was taken")
	}
}
