package e2e_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	_ "image/png" // the pictures of codes
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/input"
	"github.com/go-rod/rod/lib/proto"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"flowhq"
	"flowhq/internal/harness"
)

// An admin runs one business from its pages: makes it, links its phone by the picture of the code, reads a chat and
// takes it over, changes a price, tries it out, publishes it, restarts the worker, follows its log, and deletes it. The
// pages follow by themselves; forms lead on as they do without a script.
func TestAdminRunsABusinessFromItsPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", nil)
	page := browserPage(t, w.URL+"/admin/tenants/new")
	signIn(page)
	id := makeBusiness(page, "Neema Salon", "+255 700 000 101")
	page.MustElementR("#tenant-head button", "Start").MustClick()
	w.linkByPicture(t, page, salonNumber)
	w.customer(t, asha, "Asha", "pn")

	t.Run("price", func(t *testing.T) { w.changesAPrice(t, page, id) })
	t.Run("chat", func(t *testing.T) { w.readsAChat(t, page, id) })
	t.Run("requests", func(t *testing.T) { w.worksABookingOff(t, page, id) })
	t.Run("restart and log", func(t *testing.T) { w.followsTheLog(t, page, id) })
	t.Run("pause", func(t *testing.T) { w.pausesWithADate(page, id) })
	t.Run("delete", func(t *testing.T) { w.deletes(t, page, id) })
}

// press presses a button whose form leads to another page, and waits until that one stands: the page that is left may
// show what was done before it goes.
func press(page *browserTab, button *rod.Element) {
	arrived := page.WaitNavigation(proto.PageLifecycleEventNameDOMContentLoaded)
	button.MustClick()
	arrived()
}

func signIn(page *browserTab) {
	page.MustElement("#password").MustInput(harness.AdminPassword)
	page.MustElement("button.main").MustClick()
}

func makeBusiness(page *browserTab, name, number string) (id string) {
	page.MustElement("#name").MustInput(name)
	page.MustElement("#business_name").MustInput(name)
	page.MustElement("#phone_number").MustInput(number)
	page.MustElement("form.form button.main").MustClick()
	page.MustElement("#tenant-head")
	return path.Base(page.MustInfo().URL)
}

// linkByPicture reads the code as a phone does, off the picture on the page, scans it, and sees the page say so by
// itself.
func (w *world) linkByPicture(t *testing.T, page *browserTab, number string) {
	t.Helper()
	ctx := limit(t, 90*time.Second)
	if err := w.sim.AddPhone(ctx, number, "Neema"); err != nil {
		t.Fatal(err)
	}
	page.MustElement("#qr")
	page.MustEval(`() => { window.notReloaded = true }`)
	err := harness.Until(ctx, 200*time.Millisecond, func() error {
		src, err := page.MustElement("#qr").Attribute("src")
		if err != nil || src == nil {
			return fmt.Errorf("there is no picture: %w", err)
		}
		code, err := readCode(*src)
		if err != nil {
			return err
		}
		return w.sim.ScanQR(ctx, number, code) // an old one is refused; the page shows the next
	})
	if err != nil {
		t.Fatal(err)
	}
	page.MustElementR("#linking .status.good", "Connected|Iko hewani")
	if !page.MustEval(`() => window.notReloaded === true`).Bool() {
		t.Error("the page was loaded anew")
	}
}

// readCode decodes the picture of a QR code; one that is smaller than 512 pixels is an error.
func readCode(dataURL string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(dataURL, "data:image/png;base64,"))
	if err != nil {
		return "", err
	}
	picture, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	if b := picture.Bounds(); b.Dx() < 512 || b.Dy() < 512 {
		return "", fmt.Errorf("the picture is %d by %d", b.Dx(), b.Dy())
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		return "", err
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		return "", err
	}
	return result.GetText(), nil
}

func (w *world) tab(page *browserTab, id, tab string) *browserTab {
	return page.open(w.URL + "/admin/tenants/" + id + tab)
}

// changesAPrice adds a service with a price, tries it out while it is a draft, and publishes it: then customers hear
// it.
func (w *world) changesAPrice(t *testing.T, page *browserTab, id string) {
	w.tab(page, id, "/settings")
	press(page, page.MustElement(`button[value="add.service"]`))
	page.MustElement("#service-0-name").MustInput("Facial")
	page.MustElement("#service-0-price").MustInput("thirty")
	press(page, page.MustElement("#save-draft"))
	page.MustElement("#service-0-price[aria-invalid]").MustSelectAllText().MustInput("30,000")
	if got := page.MustElement("#service-0-name").MustProperty("value").Str(); got != "Facial" {
		t.Errorf("a refused form forgot the name: %q", got)
	}
	press(page, page.MustElement("#save-draft"))
	page.MustElementR(".draft .changes", "30,000")

	w.tab(page, id, "/flow").MustElement("#try-text").MustInput("3").MustType(input.Enter)
	page.MustElementR("#tryout .bubble.out", "30,000")
	page.MustElement("#flow_yaml").MustSelectAllText().MustInput("flow: 1\ntemplate: BOOKING\nlanguage: SW\nwrong: [")
	page.MustElement(`button[value="check"]`).MustClick()
	page.MustElementR("#flow-check a[data-line]", "line|mstari").MustClick()
	if !page.MustEval(`() => document.activeElement.id === "flow_yaml"`).Bool() {
		t.Error("a problem does not lead to its line")
	}
	w.tab(page, id, "/flow")
	press(page, page.MustElement("#publish"))
	page.MustElementR(".done", "Published")
	w.ask(t, asha, salonNumber, "3", "Facial", "30,000")

	page.MustElementR(".version-list summary", "Publish again").MustClick()
	press(page, page.MustElement(`.version-list button[name="version"]`))
	page.MustElementR(".done", "in use again")
}

// readsAChat follows a conversation, sees why a message was not answered, writes as the business, and gives the chat
// back.
func (w *world) readsAChat(t *testing.T, page *browserTab, id string) {
	w.tab(page, id, "/chats")
	press(page, page.MustElementR(".chat-list a", "Asha"))
	page.MustElementR(".bubble", "30,000")
	page.MustEval(`() => { window.notReloaded = true }`)
	w.ask(t, asha, salonNumber, "Habari", "Neema Salon")
	page.MustElementR(".bubble:not(.out)", "Habari")
	page.MustElementR(".bubble.out", "Neema Salon")
	if !page.MustEval(`() => window.notReloaded === true`).Bool() {
		t.Error("the chat was loaded anew")
	}
	press(page, page.MustElement(`form[action$="/take-over"] button`))
	page.MustElementR(".strip.wait", "A person handles this chat")
	ctx := limit(t, 30*time.Second)
	if _, err := w.sim.SendText(ctx, asha, salonNumber, "Naweza kuja kesho?"); err != nil {
		t.Fatal(err)
	}
	page.MustElementR(".bubble", "Naweza kuja kesho")
	err := harness.Until(ctx, 300*time.Millisecond, func() error {
		page.MustReload().MustWaitLoad()
		if has, _, _ := page.HasR(".verdict", "Not answered: a person handles the chat"); !has {
			return fmt.Errorf("the page does not say why")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	page.MustElement("#text").MustInput("Ndiyo, karibu!").MustType(input.Enter)
	page.MustElementR(".bubble.out", "Ndiyo, karibu")
	w.hears(ctx, t, asha, "Ndiyo, karibu!")
	press(page, page.MustElement(`form[action$="/release"] button`))
	page.MustElement(`form[action$="/take-over"]`)

	page.MustElement("#q").MustInput("kuja").MustType(input.Enter)
	page.MustElementR(".found mark", "kuja")
}

// hears waits until a customer got a text.
func (w *world) hears(ctx context.Context, t *testing.T, customer, want string) {
	t.Helper()
	err := harness.Until(ctx, 100*time.Millisecond, func() error {
		texts, err := w.sim.InboxTexts(ctx, customer)
		if err == nil && !strings.Contains(strings.Join(texts, "\n"), want) {
			err = fmt.Errorf("%s has not heard %q", customer, want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// worksABookingOff sees a booking come in by itself, confirms it, and takes that back.
func (w *world) worksABookingOff(t *testing.T, page *browserTab, id string) {
	if err := w.PublishSettings(limit(t, 30*time.Second), id,
		flowhq.Settings{Services: []flowhq.Item{{Name: "Facial", Price: 30000, Available: true}}}); err != nil {
		t.Fatal(err)
	}
	w.tab(page, id, "/requests").MustElement(".empty")
	w.customer(t, juma, "Juma", "pn")
	w.ask(t, juma, salonNumber, "Naomba miadi ya facial kesho saa nne asubuhi")
	w.ask(t, juma, salonNumber, "Juma")
	w.ask(t, juma, salonNumber, "ndiyo")
	page.MustElementR(".request", "Facial")
	press(page, page.MustElementR(".request button.main", "Confirm"))
	page.MustElementR(".done", "Confirmed")
	page.MustElementR(".request .status.good", "Confirmed")
	press(page, page.MustElementR(".done button", "Undo"))
	page.MustElementR(".request .status.wait", "New")
	press(page, page.MustElement(".request h3 a"))
	page.MustElement("#notes").MustInput("Amepigiwa simu")
	press(page, page.MustElementR("button", "Save"))
	page.MustElementR(".done", "Saved")
	if n := len(page.MustElements(".timeline li")); n < 4 { // made, confirmed, taken back, noted
		t.Errorf("the history has %d entries", n)
	}
}

// followsTheLog sees what the worker logs, across its restart, without asking.
func (w *world) followsTheLog(t *testing.T, page *browserTab, id string) {
	w.tab(page, id, "/worker/log").MustElementR("#log-state", "Live")
	page.MustEval(`() => { window.notReloaded = true }`)
	before := page.MustEval(`() => document.getElementById("log").textContent.length`).Int()
	if err := w.Worker(limit(t, 60*time.Second), id, "restart"); err != nil {
		t.Fatal(err)
	}
	err := harness.Until(limit(t, 30*time.Second), 100*time.Millisecond, func() error {
		if now := page.MustEval(`() => document.getElementById("log").textContent.length`).Int(); now <= before {
			return fmt.Errorf("nothing new in the log")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if !page.MustEval(`() => window.notReloaded === true`).Bool() {
		t.Error("the log was loaded anew")
	}
	w.tab(page, id, "/process").MustElementR("#restarts", "The worker started")
	page.MustElementR(".env", "secret")
}

// pausesWithADate pauses until a day, which both pages show, and resumes.
func (w *world) pausesWithADate(page *browserTab, id string) {
	form := w.tab(page, id, "/manage").MustElement(`form[action$="/pause"]`)
	form.MustElement("#reason").MustInput("Haijalipa")
	page.MustEval(`() => { document.getElementById("until").value = "2099-01-10" }`)
	press(page, form.MustElement("button"))
	page.MustElementR(".done", "Paused")
	page.MustElementR("#pause", "Saturday 10 Jan")
	w.tab(page, id, "").MustElementR(".panel.pause", "Haijalipa")
	press(page, page.MustElementR("#tenant-head button", "Resume"))
	page.MustElementR("#tenant-head .status.good", "Answers")
}

// deletes wants the name, keeps what was typed, and leaves nothing behind.
func (w *world) deletes(t *testing.T, page *browserTab, id string) {
	section := w.tab(page, id, "/manage").MustElement("#delete")
	section.MustElement("summary").MustClick()
	section.MustElement("#confirm").MustInput("Neema")
	press(page, section.MustElement("button.danger"))
	page.MustElementR("#delete .wrong", "does not match")
	page.MustElement("#confirm").MustSelectAllText().MustInput("Neema Salon")
	press(page, page.MustElement("#delete button.danger"))
	page.MustElement("#first-title")
	if err := w.Admin(limit(t, 10*time.Second), http.MethodGet, "/admin/tenants/"+id, nil,
		nil); harness.Status(err) != http.StatusNotFound {
		t.Errorf("after it was deleted: %v", err)
	}
}

// An owner opens the link at the own desk, in the own language and without signing in, scans, and sees that it worked.
// The link shows nothing else and leads nowhere once it is revoked.
func TestOwnerLinksThePhoneByALink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", map[string]string{"PUBLIC_URL": "http://bots.localhost"})
	ctx := limit(t, 3*time.Minute)
	tenant, err := w.Create(ctx, harness.NewTenant{
		Name: "Duka la Asha", PhoneNumber: salonNumber, TemplateType: flowhq.TemplateEcommerce,
		BusinessName: "Duka la Asha", Language: flowhq.Swahili,
	})
	if err != nil {
		t.Fatal(err)
	}
	var link struct{ ID, URL string }
	if err := w.Admin(ctx, http.MethodPost, "/admin/tenants/"+tenant.ID+"/links", nil, &link); err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(link.URL)
	if err != nil || address.Host != "bots.localhost" {
		t.Fatalf("the link is %q", link.URL)
	}
	page := browserPage(t, w.URL+address.Path)
	page.MustElementR("h1", "Duka la Asha")
	page.MustElementR("#linking", "Bot haifanyi kazi kwa sasa")
	if err := w.Worker(ctx, tenant.ID, "start"); err != nil {
		t.Fatal(err)
	}
	w.linkByPicture(t, page, salonNumber)
	page.MustElementR("#linking", "Imeunganishwa")
	if cookies := page.MustCookies(); len(cookies) > 0 {
		t.Errorf("the page leaves %d cookies", len(cookies))
	}
	if err := w.Admin(ctx, http.MethodPost, "/admin/tenants/"+tenant.ID+"/links/"+link.ID+"/revoke", nil,
		nil); err != nil {
		t.Fatal(err)
	}
	page.MustReload().MustElementR("h1", "Kiungo hiki|This link does not work")
	if strings.Contains(w.Output(), path.Base(address.Path)) {
		t.Error("the appliance's log holds the link's token")
	}
}
