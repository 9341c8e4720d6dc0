package locale

import (
	"strings"
	"testing"

	"flowhq"
)

func TestAlarm_Sentence(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	facts := map[string]string{
		"days": "3", "free": "90 MB", "path": "/var/lib/flowhq", "host": "bots.example.com", "version": "1.2.0",
		"count":  "2",
		"backup": "flowhq-2026-03-01.fhqb",
	}
	for _, k := range flowhq.AlarmKinds() {
		a := flowhq.Alarm{Kind: k, Facts: facts}
		said := map[string]bool{}
		for _, lang := range flowhq.Languages() {
			sentence, remedy := c.Say(lang, a.Sentence()), c.Say(lang, a.Remedy())
			if !c.Has(a.Sentence().Key) || !c.Has(a.Remedy().Key) || strings.ContainsAny(sentence+remedy, "{}?") {
				t.Errorf("%s in %s: %q, %q", k, lang, sentence, remedy)
			}
			said[sentence], said[remedy] = true, true
		}
		if len(said) != 4 {
			t.Errorf("%s says the same in both languages", k)
		}
	}
}

func TestAlarm_Sentence_WithoutFacts(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for want, a := range map[string]flowhq.Alarm{
		"Only {path} are free on the disk of ?.": {Kind: flowhq.AlarmDiskLow,
			Facts: map[string]string{"free": "{path}"}},
		"alarm.new_kind":                       {Kind: "new_kind"},
		"The newest backup is 1 day old.":      {Kind: flowhq.AlarmBackupOld, Facts: map[string]string{"days": "1"}},
		"The newest backup is 1,000 days old.": {Kind: flowhq.AlarmBackupOld, Facts: map[string]string{"days": "1000"}},
		"The newest backup is ? days old.":     {Kind: flowhq.AlarmBackupOld},
	} {
		if got := c.Say(flowhq.English, a.Sentence()); got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
}
