package flowhq_test

import (
	"strings"
	"testing"
	"time"

	"flowhq"
)

func TestEveryAlarmSpeaksBothLanguages(t *testing.T) {
	for _, k := range flowhq.AlarmKinds() {
		a := flowhq.Alarm{Kind: k, Since: time.Now(), Facts: map[string]string{
			"days": "3", "free": "90 MB", "path": "/var/lib/flowhq", "host": "bots.example.com", "version": "1.2.0", "count": "2", "backup": "flowhq-2026-03-01.fhqb",
		}}
		for _, lang := range flowhq.Languages() {
			sentence, remedy := a.Sentence(lang), a.Remedy(lang)
			if sentence == string(k) || remedy == "" || strings.ContainsAny(sentence+remedy, "{}?") {
				t.Errorf("%s in %s: %q, %q", k, lang, sentence, remedy)
			}
		}
		if a.Sentence(flowhq.English) == a.Sentence(flowhq.Swahili) || a.Remedy(flowhq.English) == a.Remedy(flowhq.Swahili) {
			t.Errorf("%s says the same in both languages", k)
		}
	}
}

func TestAnAlarmWithoutItsFactsIsReadableStill(t *testing.T) {
	if got := (flowhq.Alarm{Kind: flowhq.AlarmDiskLow, Facts: map[string]string{"free": "{path}"}}).Sentence(flowhq.English); got != "Only {path} are left on the disk of ?." {
		t.Errorf("%q", got)
	}
	if got := (flowhq.Alarm{Kind: "new_kind"}).Sentence(flowhq.Swahili); got != "new_kind" {
		t.Errorf("%q", got)
	}
}
