package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/proto"

	"flowhq"
	"flowhq/internal/harness"
)

// screenshots takes a picture of every page, light and dark, narrow and wide, in both languages, into dir.
func (d *demo) screenshots(ctx context.Context, dir string) error {
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
	for _, lang := range flowhq.Languages() {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int{390, 1440} {
				shot := camera{browser: browser, base: d.appliance.URL, lang: lang, scheme: scheme, width: width,
					dir: dir}
				if err := shot.take(ctx, pages); err != nil {
					return err
				}
			}
		}
	}
	d.say("Pictures of %d pages are in %s", len(pages), dir)
	return nil
}

type shotPage struct{ name, path string }

// pages lists what there is to see; a fourth business waits for its phone, so that the linking panel has a code to
// show.
func (d *demo) pages(ctx context.Context) ([]shotPage, error) {
	waiting, err := d.appliance.Create(ctx, harness.NewTenant{
		Name: "Mama Lishe", PhoneNumber: "+255700000104", BusinessName: "Mama Lishe",
		TemplateType: flowhq.TemplateEcommerce, Language: flowhq.Swahili,
	})
	if err != nil {
		return nil, err
	}
	if err := d.appliance.Worker(ctx, waiting.ID, "start"); err != nil {
		return nil, err
	}
	if _, err := d.appliance.QR(ctx, waiting.ID); err != nil {
		return nil, err
	}
	var tenants []harness.Tenant
	if err := d.appliance.Admin(ctx, "GET", "/admin/tenants", nil, &tenants); err != nil {
		return nil, err
	}
	var requests []struct{ ID string }
	if err := d.appliance.Admin(ctx, "GET", "/admin/setup-requests", nil, &requests); err != nil {
		return nil, err
	}
	tenantPages, err := d.tenantShots(ctx, tenants, waiting.ID)
	if err != nil {
		return nil, err
	}
	shots := []shotPage{
		{"overview", "/admin/overview"},
		{"tenants", "/admin/tenants"},
		{"tenants-none", "/admin/tenants?q=nobody"},
		{"tenant-new", "/admin/tenants/new"},
		{"setup-requests", "/admin/setup-requests"},
		{"setup-request", "/admin/setup-requests/" + requests[0].ID},
		{"sessions", "/admin/sessions"},
		{"api", "/api/docs"},
		{"error", "/admin/tenants/00000000-0000-7000-8000-000000000000"},
	}
	return append(shots, tenantPages...), nil
}

// openBrowser starts Debian's Chromium with nothing but loopback to reach.
func openBrowser(ctx context.Context) (*rod.Browser, error) {
	bin, ok := launcher.LookPath()
	if !ok {
		return nil, fmt.Errorf("no Chromium is installed; on Debian and Ubuntu: apt-get install chromium")
	}
	url, err := launcher.New().Context(ctx).Bin(bin).Leakless(false).NoSandbox(true).
		Set("disable-background-networking").Set("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1").Launch()
	if err != nil {
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	b := rod.New().Context(ctx).ControlURL(url)
	return b, b.Connect()
}

// camera is a browser window of one size, language and colour scheme.
type camera struct {
	browser *rod.Browser
	base    string
	lang    flowhq.Language
	scheme  string
	width   int
	dir     string
}

func (c camera) take(ctx context.Context, pages []shotPage) error {
	page, done, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := c.visit(page, shotPage{"sign-in", "/sign-in"}); err != nil {
		return err
	}
	if err := signIn(page); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	for _, p := range pages {
		if err := c.visit(page, p); err != nil {
			return fmt.Errorf("%s: %w", p.path, err)
		}
	}
	return nil
}

func (c camera) set(page *rod.Page) error {
	features := []*proto.EmulationMediaFeature{{Name: "prefers-color-scheme", Value: c.scheme}}
	if err := (proto.EmulationSetEmulatedMedia{Features: features}).Call(page); err != nil {
		return err
	}
	chosen := &proto.NetworkCookieParam{Name: "flowhq_language", Value: string(c.lang), URL: c.base}
	if err := page.SetCookies([]*proto.NetworkCookieParam{chosen}); err != nil {
		return err
	}
	return page.SetViewport(&proto.EmulationSetDeviceMetricsOverride{
		Width: c.width, Height: 900, DeviceScaleFactor: 1, Mobile: c.width < 600,
	})
}

func signIn(page *rod.Page) error {
	password, err := page.Element("#password")
	if err != nil {
		return err
	}
	if err := password.Input(harness.AdminPassword); err != nil {
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

// windowPatience is how long all pages may take in one window.
const windowPatience = 4 * time.Minute

// show opens a page and waits until it is drawn.
func (c camera) show(page *rod.Page, p shotPage) error {
	if err := page.Navigate(c.base + p.path); err != nil {
		return err
	}
	return page.WaitLoad()
}

func (c camera) visit(page *rod.Page, p shotPage) error {
	if err := c.show(page, p); err != nil {
		return err
	}
	picture, err := page.Screenshot(true, nil)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%s-%s-%d.png", p.name, strings.ToLower(string(c.lang)), c.scheme, c.width)
	return os.WriteFile(filepath.Join(c.dir, name), picture, 0o644)
}
