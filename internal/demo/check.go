package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/proto"

	"flowhq"
	"flowhq/internal/harness"
)

// checkPages looks for what keeps people from using a page: axe-core (the file named axe) runs on every page in both
// languages, both schemes, narrow and wide; nothing may be wider than the window, nothing may move while a page loads.
// The HTML as it was sent goes into dir, for a checker of markup.
func (d *demo) checkPages(ctx context.Context, axe, dir string) error {
	script, err := os.ReadFile(axe)
	if err != nil {
		return fmt.Errorf("axe-core is not installed: run make test-pages: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	pages, err := d.pages(ctx)
	if err != nil {
		return err
	}
	browser, err := openBrowser(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = browser.Close() }()
	var wrong []string
	checked := 0
	for _, lang := range flowhq.Languages() {
		for _, window := range []struct {
			scheme string
			width  int
		}{{"light", 360}, {"dark", 390}, {"light", 1440}, {"dark", 1440}} {
			c := camera{browser: browser, base: d.appliance.URL, lang: lang, scheme: window.scheme, width: window.width,
				dir: dir}
			found, err := c.check(ctx, pages, string(script))
			if err != nil {
				return err
			}
			wrong = append(wrong, found...)
			checked += len(pages) + 1
		}
		if err := d.savePages(ctx, lang, pages, dir); err != nil {
			return err
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("the pages are not for everybody:\n%s", strings.Join(wrong, "\n"))
	}
	d.say("%d views of %d pages are without a violation", checked, len(pages)+1)
	return nil
}

// check visits all pages in one window and tells what is wrong with each.
func (c camera) check(ctx context.Context, pages []shotPage, axe string) ([]string, error) {
	page, done, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var wrong []string
	look := func(p shotPage) error {
		if err := c.show(page, p); err != nil {
			return err
		}
		found, err := violations(page, axe)
		for _, f := range found {
			wrong = append(wrong, fmt.Sprintf("%s (%s, %s, %d px): %s", p.name, c.lang, c.scheme, c.width, f))
		}
		return err
	}
	if err := look(shotPage{"sign-in", "/sign-in"}); err != nil {
		return nil, err
	}
	if err := signIn(page); err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	for _, p := range pages {
		if err := look(p); err != nil {
			return nil, fmt.Errorf("%s: %w", p.path, err)
		}
	}
	return wrong, nil
}

// watchShift notes what moved how far and when; it runs before anything of the page does.
const watchShift = `window.__shifts = []; new PerformanceObserver((list) => {
  const name = (n) => {
    if (!n) return "something that is gone";
    if (n.nodeType === 3) return "a text in " + name(n.parentElement);
    return n.tagName.toLowerCase() + (n.className ? "." + String(n.className).replace(/ /g, ".") : "");
  };
  for (const e of list.getEntries()) {
    const what = e.sources.map((s) => name(s.node)).join(", ");
    if (!e.hadRecentInput) window.__shifts.push({ at: e.startTime, by: e.value, what });
  }
}).observe({ type: "layout-shift", buffered: true });`

// settling is how long after the load, in milliseconds, a page still counts as loading. What moves later is news: a
// code that has run out, a business that is answering now.
const settling = 1000

// mostShift is the layout shift that a page may have; people see nothing of it.
const mostShift = 0.01

func violations(page *rod.Page, axe string) ([]string, error) {
	if _, err := page.Eval(`(source) => { (0, eval)(source) }`, axe); err != nil {
		return nil, fmt.Errorf("axe-core: %w", err)
	}
	result, err := page.Eval(`async (settling) => {
	  const loaded = performance.getEntriesByType("navigation")[0].loadEventEnd || performance.now();
	  const moved = window.__shifts.filter((s) => s.at <= loaded + settling);
	  const shift = moved.reduce((sum, s) => sum + s.by, 0);
	  const what = moved.map((s) => s.what + " at " + Math.round(s.at) + " ms").join("; ");
	  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
	  document.querySelectorAll("details:not(.menu)").forEach((d) => { d.open = true });
	  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
	  const run = await axe.run(document, { runOnly: rules });
	  const where = (n) => n.target.join(" ") + " " + (n.failureSummary || "").split("\n").slice(1, 2).join("");
	  const found = run.violations.map((v) =>
	    v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(where).join(" | "));
	  return JSON.stringify({ found, shift, what, wide });
	}`, settling)
	if err != nil {
		return nil, fmt.Errorf("axe-core: %w", err)
	}
	var seen struct {
		Found []string
		Shift float64
		What  string
		Wide  int
	}
	if err := json.Unmarshal([]byte(result.Value.Str()), &seen); err != nil {
		return nil, err
	}
	if seen.Shift > mostShift {
		seen.Found = append(seen.Found, fmt.Sprintf("things move while it loads (layout shift %.3f): %s", seen.Shift,
			seen.What))
	}
	if seen.Wide > 0 {
		seen.Found = append(seen.Found, fmt.Sprintf("it is %d px wider than the window", seen.Wide))
	}
	return seen.Found, nil
}

// savePages writes every page's HTML as the server sends it.
func (d *demo) savePages(ctx context.Context, lang flowhq.Language, pages []shotPage, dir string) error {
	for _, p := range append([]shotPage{{"sign-in", "/sign-in"}}, pages...) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.appliance.URL+p.path, nil)
		if err != nil {
			return err
		}
		r.SetBasicAuth("admin", harness.AdminPassword)
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Accept-Language", strings.ToLower(string(lang)))
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		name := filepath.Join(dir, fmt.Sprintf("%s-%s.html", p.name, strings.ToLower(string(lang))))
		f, err := os.Create(name)
		if err == nil {
			_, err = f.ReadFrom(res.Body)
			err = errors.Join(err, f.Close())
		}
		if err := errors.Join(err, res.Body.Close()); err != nil {
			return fmt.Errorf("save %s: %w", p.path, err)
		}
	}
	return nil
}

// open makes a window of its own.
func (c camera) open(ctx context.Context) (*rod.Page, func(), error) {
	window, err := c.browser.Incognito()
	if err != nil {
		return nil, nil, err
	}
	page, err := window.Page(proto.TargetCreateTarget{URL: "about:blank"})
	if err != nil {
		return nil, nil, err
	}
	if _, err := page.EvalOnNewDocument(watchShift); err != nil {
		return nil, nil, err
	}
	if err := c.set(page); err != nil {
		return nil, nil, err
	}
	return page.Context(ctx).Timeout(windowPatience), func() { _ = page.Close() }, nil
}
