package flowhq_test

import (
	"testing"

	"flowhq"
)

func TestShorten(t *testing.T) {
	for _, tt := range []struct {
		text string
		n    int
		want string
	}{
		{"", 1, ""}, {"habari", 6, "habari"}, {"habari", 5, "haba…"}, {"habari", 1, "…"},
		{"ñandú", 5, "ñandú"}, {"ñandúes", 5, "ñand…"}, {"\xff\xfe\xfd", 2, "\xff…"},
	} {
		if got := flowhq.Shorten(tt.text, tt.n); got != tt.want {
			t.Errorf("%q to %d: %q instead of %q", tt.text, tt.n, got, tt.want)
		}
	}
}
