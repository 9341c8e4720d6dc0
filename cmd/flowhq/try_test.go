package main

import (
	"strings"
	"testing"

	"flowhq"
)

// The command line offers every template there is, in its help and in what it says of a wrong one, and each can be
// tried.
func TestTryOptions_TemplatesAreThoseOfTheDomain(t *testing.T) {
	var names []string
	for _, tt := range flowhq.TemplateTypes() {
		names = append(names, string(tt))
	}
	list := strings.Join(names, ", ")
	if out, _, _ := flowhqCmd(t.Context(), "try", "--help"); !strings.Contains(out, "one of "+list+"\n") {
		t.Errorf("the help does not name %s:\n%s", list, out)
	}
	if _, bad, status := flowhqCmd(t.Context(), "try", "--template", "barber"); status != exitUsage ||
		!strings.Contains(bad, "there are "+list) {
		t.Errorf("status %d, %s", status, bad)
	}
	for _, name := range names {
		if _, bad, status := flowhqCmd(t.Context(), "try", "--template", name); status != 0 {
			t.Errorf("%s: status %d, %s", name, status, bad)
		}
	}
}
