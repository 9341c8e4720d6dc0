package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/proto"

	"flowhq/internal/harness"
)

// view is what a browser saw of one page.
type view struct {
	bytes    float64 // over the wire, all that the page needs
	requests int
	shift    float64
	drawn    time.Duration // first contentful paint
}

// firstView opens the list as a browser that has nothing of it yet, then once more.
func (r *result) firstView(ctx context.Context, a *harness.Appliance) error {
	browser, page, err := signIn(ctx, a)
	if err != nil {
		return err
	}
	defer func() { _ = browser.Close() }()
	page = page.Timeout(time.Minute)
	if err := (proto.NetworkClearBrowserCache{}).Call(page); err != nil {
		return err
	}
	if r.first, err = look(page, a.URL+"/admin/tenants"); err != nil {
		return err
	}
	if r.again, err = look(page, a.URL+"/admin/tenants"); err != nil {
		return err
	}
	r.overview, err = look(page, a.URL+"/admin/overview")
	return err
}

// signIn starts Chromium and signs in to the admin pages.
func signIn(ctx context.Context, a *harness.Appliance) (*rod.Browser, *rod.Page, error) {
	bin, ok := launcher.LookPath()
	if !ok {
		return nil, nil, fmt.Errorf("no Chromium is installed; on Debian and Ubuntu: apt-get install chromium")
	}
	url, err := launcher.New().Context(ctx).Bin(bin).Leakless(false).NoSandbox(true).
		Set("disable-background-networking").Set("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1").Launch()
	if err != nil {
		return nil, nil, err
	}
	browser := rod.New().Context(ctx).ControlURL(url)
	if err := browser.Connect(); err != nil {
		return nil, nil, err
	}
	page, err := browser.Page(proto.TargetCreateTarget{URL: "about:blank"})
	if err == nil {
		err = givePassword(page.Timeout(time.Minute), a.URL)
	}
	if err != nil {
		return nil, nil, errors.Join(err, browser.Close())
	}
	return browser, page, nil
}

func givePassword(page *rod.Page, url string) error {
	if err := page.Navigate(url + "/sign-in"); err != nil {
		return err
	}
	field, err := page.Element("#password")
	if err != nil {
		return err
	}
	if err := field.Input(harness.AdminPassword); err != nil {
		return err
	}
	done := page.WaitNavigation(proto.PageLifecycleEventNameLoad)
	button, err := page.Element("button.main")
	if err != nil {
		return err
	}
	if err := button.Click(proto.InputMouseButtonLeft, 1); err != nil {
		return err
	}
	done()
	return nil
}

const watchPage = `window.__shift = 0; new PerformanceObserver((list) => {
  for (const e of list.getEntries()) if (!e.hadRecentInput) window.__shift += e.value;
}).observe({ type: "layout-shift", buffered: true });`

// look opens an address and adds up what came over the wire for it.
func look(page *rod.Page, url string) (view, error) {
	if err := (proto.NetworkEnable{}).Call(page); err != nil {
		return view{}, err
	}
	if _, err := page.EvalOnNewDocument(watchPage); err != nil {
		return view{}, err
	}
	var v view
	ctx, cancel := context.WithCancel(page.GetContext())
	wait := page.Context(ctx).EachEvent(func(e *proto.NetworkLoadingFinished) {
		v.bytes += e.EncodedDataLength
		if e.EncodedDataLength > 0 {
			v.requests++
		}
	})
	ended := make(chan struct{})
	go func() { defer close(ended); wait() }()
	err := page.Navigate(url)
	if err == nil {
		err = page.WaitLoad()
	}
	if err == nil {
		err = page.WaitIdle(5 * time.Second)
	}
	time.Sleep(time.Second) // what would move late has moved
	cancel()
	<-ended
	if err != nil {
		return view{}, err
	}
	seen, err := page.Eval(`() => [window.__shift,
	  performance.getEntriesByName("first-contentful-paint")[0]?.startTime || 0]`)
	if err != nil {
		return view{}, err
	}
	numbers := seen.Value.Arr()
	v.shift, v.drawn = numbers[0].Num(), time.Duration(numbers[1].Num()*float64(time.Millisecond))
	return v, nil
}
