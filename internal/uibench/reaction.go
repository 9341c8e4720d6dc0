package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/proto"

	"flowhq/internal/harness"
)

// The line of a reader far away.
const (
	slowLatency = 400              // milliseconds for a round trip
	slowBytes   = 400_000 / 8      // bytes a second, each way
	presses     = 8                // of each action
	patience    = 30 * time.Second // for the final state
	promised    = 100 * time.Millisecond
)

// reaction is how a page behaves after one kind of press.
type reaction struct {
	what           string
	shown, settled times
}

// press is one action on a page: what is clicked, and what tells that all is as it was asked for.
type press struct {
	what    string
	open    func(round int) string // the address of the page
	click   string                 // selector of what is clicked
	choose  bool                   // a list to choose from: the next entry is taken instead
	settled string                 // selector of what only the final state has
	before  func(ctx context.Context) error
}

// watchReaction notes, in the session's storage of the browser since the page may be left meanwhile, when a frame with
// a visible reaction was drawn after the first press, and when what was asked for stood there, which is a reaction too.
// Times are from the browser's own time of the press.
const watchReaction = `(() => {
  const store = sessionStorage, now = () => performance.timeOrigin + performance.now();
  const reacted = () => {
    const bar = getComputedStyle(document.documentElement, "::before");
    if (bar.content !== "none" && bar.position === "fixed" && parseFloat(bar.height) > 0) return true;
    const el = document.querySelector("button[aria-busy=true], a[aria-busy=true]");
    return !!el && el.getClientRects().length > 0 && Number(getComputedStyle(el).opacity) < 1;
  };
  const drawn = (then) => requestAnimationFrame(() => {
    const c = new MessageChannel();
    c.port1.onmessage = then;
    c.port2.postMessage(0);
  });
  const look = () => {
    const began = Number(store.began);
    if (began && !store.shown && reacted()) drawn(() => { store.shown ||= now() - began; });
    if (began && !store.settled && store.until && document.querySelector(store.until)) {
      drawn(() => { store.settled ||= now() - began; store.shown ||= store.settled; });
    }
    requestAnimationFrame(look);
  };
  const begin = (event) => { if (store.until && !store.began) store.began = performance.timeOrigin + event.timeStamp; };
  addEventListener("click", (e) => { if (!e.target.matches("select")) begin(e); }, true);
  addEventListener("change", begin, true);
  requestAnimationFrame(look);
})()`

// reactions presses what is pressed most, over a slow line.
func (r *result) reactions(ctx context.Context, a *harness.Appliance) error {
	var rows []struct{ ID string }
	if err := a.Admin(ctx, http.MethodGet, "/admin/tenants?limit=1000", nil, &rows); err != nil {
		return err
	}
	browser, page, err := signIn(ctx, a)
	if err != nil {
		return err
	}
	defer func() { _ = browser.Close() }()
	if err := slowDown(page); err != nil {
		return err
	}
	for _, p := range pressesOn(a, rows[1].ID) {
		one, err := measure(ctx, page, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.what, err)
		}
		r.felt = append(r.felt, one)
	}
	return nil
}

func pressesOn(a *harness.Appliance, tenant string) []press {
	at := func(path string) func(int) string { return func(int) string { return a.URL + path } }
	list, business := at("/admin/tenants"), "/admin/tenants/"+tenant
	worker := func(action string) func(context.Context) error {
		return func(ctx context.Context) error {
			err := a.Admin(ctx, http.MethodPost, business+"/worker/"+action, nil, nil)
			if status := harness.Status(err); status != 0 && status < http.StatusInternalServerError {
				return nil // it is as it should be
			}
			return err
		}
	}
	return []press{
		{what: "open a business from the list", open: list, click: "tbody tr:nth-child(3) .who a",
			settled: "#tenant-head"},
		{what: "sort the list by a column", open: list, click: "thead th.col-messages a",
			settled: "th.col-messages[aria-sort]"},
		{what: "choose another order", open: list, click: "#order", choose: true,
			settled: "#tenant-list[hx-get*='order=name']"},
		{what: "start a bot", open: at(business), click: "form[action$='/worker/start'] button",
			settled: "form[action$='/worker/stop']", before: worker("stop")},
		{what: "stop a bot", open: at(business), click: "form[action$='/worker/stop'] button",
			settled: "form[action$='/worker/start']", before: worker("start")},
		{what: "save settings", open: at(business + "/settings"), click: "#settings-form .actions button.main",
			settled: ".note.done"},
	}
}

func slowDown(page *rod.Page) error {
	if err := (proto.NetworkEnable{}).Call(page); err != nil {
		return err
	}
	if _, err := page.EvalOnNewDocument(watchReaction); err != nil {
		return err
	}
	return proto.NetworkEmulateNetworkConditions{Latency: slowLatency, DownloadThroughput: slowBytes,
		UploadThroughput: slowBytes}.Call(page)
}

func measure(ctx context.Context, page *rod.Page, p press) (reaction, error) {
	var shown, settled []time.Duration
	for round := range presses {
		if p.before != nil {
			if err := p.before(ctx); err != nil {
				return reaction{}, err
			}
		}
		s, done, err := pressOnce(page.Context(ctx).Timeout(2*patience), p, p.open(round))
		if err != nil {
			return reaction{}, err
		}
		shown, settled = append(shown, s), append(settled, done)
	}
	return reaction{p.what, newTimes(shown), newTimes(settled)}, nil
}

// pressOnce opens a page, presses and waits for the final state.
func pressOnce(page *rod.Page, p press, url string) (shown, settled time.Duration, err error) {
	if err := page.Navigate(url); err != nil {
		return 0, 0, err
	}
	if err := page.WaitLoad(); err != nil {
		return 0, 0, err
	}
	el, err := page.Element(p.click)
	if err != nil {
		return 0, 0, err
	}
	time.Sleep(1500 * time.Millisecond) // the stream is open, what came with it is drawn
	if _, err := page.Eval(`(until) => { sessionStorage.clear(); sessionStorage.until = until; }`,
		p.settled); err != nil {
		return 0, 0, err
	}
	if p.choose {
		_, err = el.Eval(`() => { this.value = "name"; this.dispatchEvent(new Event("change", { bubbles: true })); }`)
	} else {
		err = el.Click(proto.InputMouseButtonLeft, 1)
	}
	if err != nil {
		return 0, 0, err
	}
	for began := time.Now(); time.Since(began) < patience; time.Sleep(50 * time.Millisecond) {
		seen, err := page.Eval(`() => [Number(sessionStorage.shown || 0), Number(sessionStorage.settled || 0)]`)
		if err != nil {
			continue // the page is being left
		}
		if n := seen.Value.Arr(); n[1].Num() > 0 {
			ms := func(f float64) time.Duration { return time.Duration(f * float64(time.Millisecond)) }
			return ms(n[0].Num()), ms(n[1].Num()), nil
		}
	}
	return 0, 0, fmt.Errorf("%s did not come within %s", p.settled, patience)
}
