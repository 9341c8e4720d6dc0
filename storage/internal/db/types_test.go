package db_test

import (
	"encoding/json"
	"testing"
	"time"

	"flowhq/storage/internal/db"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "habari": "habari", "a\x00b\x00": "ab", "a\xffb": "a\uFFFDb", "\xf0\x9f\x98\x80": "😀",
		"\xed\xa0\x80": "\uFFFD",
	} {
		if got := db.Clean(in); got != want {
			t.Errorf("Clean(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestJSONThatBothEnginesKeep(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":1}`:                   `{"a":1}`,
		`{"a":"\u0000x\ud800"}`:     `{"a":"x` + "\uFFFD" + `"}`,
		`"\\u0000 is no character"`: `"\\u0000 is no character"`,
		`{"a\u0000":[12345678901234567890.5,"\u0000"]}`: `{"a":[12345678901234567890.5,""]}`,
		`{broken`: `"{broken"`,
	} {
		got, err := db.JSON(in).Value()
		if err != nil || got != want {
			t.Errorf("JSON(%s) is kept as %v (%v), want %s", in, got, err, want)
		}
		if text, ok := got.(string); !ok || !json.Valid([]byte(text)) {
			t.Errorf("%v is no JSON", got)
		}
	}
	if got, err := db.JSON(nil).Value(); got != nil || err != nil {
		t.Errorf("no JSON is kept as %v (%v)", got, err)
	}
}

func TestTime(t *testing.T) {
	zone := time.FixedZone("EAT", 3*3600)
	moment := time.Date(2026, 3, 1, 15, 0, 0, 123_456_789, zone)
	want := time.Date(2026, 3, 1, 12, 0, 0, 123_000_000, time.UTC)
	for _, src := range []any{moment, want.UnixMilli()} {
		var got db.Time
		if err := got.Scan(src); err != nil || got.Time != want {
			t.Errorf("Scan(%v) gives %v (%v), want %v", src, got, err, want)
		}
	}
	if got, err := db.At(moment).Value(); err != nil || got != want {
		t.Errorf("value is %v (%v), want %v", got, err, want)
	}
	if got, err := (db.Time{}).Value(); err != nil || got != nil {
		t.Errorf("value of no time is %v (%v)", got, err)
	}
	var got db.Time
	if err := got.Scan("2026-03-01"); err == nil {
		t.Error("a text was read as a time")
	}
	if err := got.Scan(nil); err != nil || got.Ptr() != nil {
		t.Errorf("NULL is %v (%v)", got, err)
	}
}
