package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-rod/rod"

	"flowhq/internal/harness"
)

// browserTab is a page of a browser whose elements are waited for over navigations: a search that is under way when the
// tab goes to another page starts again there, instead of ending the whole test program.
type browserTab struct {
	*rod.Page
	t *testing.T
}

// patience is how long an element is waited for: far longer than any page takes on a machine that does other work.
const patience = time.Minute

// MustElement waits for the first element that a CSS selector finds.
func (b *browserTab) MustElement(selector string) *rod.Element {
	b.t.Helper()
	return b.find(selector, func() (bool, *rod.Element, error) { return b.Has(selector) })
}

// MustElementR waits for the first element that a CSS selector finds and whose text matches a JavaScript expression.
func (b *browserTab) MustElementR(selector, expression string) *rod.Element {
	b.t.Helper()
	return b.find(selector+" with "+expression, func() (bool, *rod.Element, error) {
		return b.HasR(selector, expression)
	})
}

func (b *browserTab) find(what string, search func() (bool, *rod.Element, error)) (found *rod.Element) {
	b.t.Helper()
	err := harness.Until(limit(b.t, patience), 50*time.Millisecond, func() error {
		has, element, err := search()
		if err == nil && !has {
			err = fmt.Errorf("the page has no such element")
		}
		found = element
		return err
	})
	if err != nil {
		b.t.Fatalf("%s: %v\n%s", what, err, b.html())
	}
	return found
}

// open goes to an address and waits until its page is loaded.
func (b *browserTab) open(url string) *browserTab {
	b.t.Helper()
	b.MustNavigate(url).MustWaitLoad()
	return b
}

func (b *browserTab) html() string {
	html, err := b.HTML()
	if err != nil {
		return err.Error()
	}
	return html
}
