package ui

import (
	"testing"
	"time"

	"flowhq"
)

// Pages are parsed when they are first asked for: a fault in one must not wait for its first reader.
func TestEveryPageCanBeParsed(t *testing.T) {
	a, err := loadAssets(nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := loadIcons()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range flowhq.Languages() {
		e, err := newEngine(speaking(t, lang), a, set, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		for page := range e.pages {
			if _, err := e.pages[page](); err != nil {
				t.Error(err)
			}
		}
	}
}
