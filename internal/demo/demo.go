package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"flowhq/internal/harness"
)

type demo struct {
	once      bool
	port      int
	dir, bin  string
	pictures  string // folder for screenshots, "" for none
	axe, html string // file of axe-core and folder for HTML, "" where pages are not checked
	begun     time.Time
	simulator *harness.Simulator
	appliance *harness.Appliance
}

func (d *demo) say(format string, args ...any) {
	fmt.Printf("%5.1f s  %s\n", time.Since(d.begun).Seconds(), fmt.Sprintf(format, args...))
}

func (d *demo) run(ctx context.Context) (err error) {
	unlock, err := d.prepare()
	if err != nil {
		return err
	}
	defer unlock()
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := d.start(ctx); err != nil {
		return err
	}
	businesses := businesses()
	for i := range businesses {
		if err := d.open(ctx, &businesses[i]); err != nil {
			return fmt.Errorf("%s: %w", businesses[i].Name, err)
		}
	}
	answers := 0
	for _, b := range businesses {
		n, err := d.converse(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %w", b.Name, err)
		}
		answers += n
	}
	if err := d.askForSetup(ctx); err != nil {
		return fmt.Errorf("setup request: %w", err)
	}
	d.say("%d expected answers have arrived.", answers)
	if d.axe != "" {
		return d.checkPages(ctx, d.axe, d.html)
	}
	if d.pictures != "" {
		return d.screenshots(ctx, d.pictures)
	}
	if d.once {
		return nil
	}
	d.welcome()
	return d.chat(ctx, businesses)
}

// prepare empties the folder, unless another demo uses it.
func (d *demo) prepare() (unlock func(), err error) {
	if d.dir, err = filepath.Abs(d.dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(d.dir), 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(d.dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("another demo is running in %s; end it first (Ctrl-C there)", d.dir)
	}
	if err := os.RemoveAll(d.dir); err != nil {
		_ = lock.Close()
		return nil, err
	}
	return func() { _ = lock.Close() }, os.MkdirAll(d.dir, 0o700)
}

func (d *demo) start(ctx context.Context) (err error) {
	d.say("Starting the WhatsApp simulator and Flow HQ in %s", d.dir)
	d.simulator, err = harness.StartSimulator(filepath.Join(d.bin, "wasim"), filepath.Join(d.dir, "simulator"))
	if err != nil {
		return err
	}
	bin, err := filepath.Abs(filepath.Join(d.bin, "flowhq"))
	if err != nil {
		return err
	}
	d.appliance, err = harness.StartAppliance(ctx, harness.Options{
		Bin: bin, Dir: d.dir, Simulator: d.simulator, Port: d.port, Env: d.environment(),
	})
	return err
}

// environment turns the typing delay off when the demo only checks, and lets owners be sent links for screenshots.
func (d *demo) environment() map[string]string {
	env := map[string]string{"TYPING_DELAY": onUnless(d.once || d.pictures != "" || d.axe != "")}
	if d.pictures != "" || d.axe != "" {
		env["PUBLIC_URL"], env["RATE_LIMIT_MAX_PER_MINUTE"] = "https://bots.example.com", "600"
	}
	return env
}

func onUnless(b bool) string {
	if b {
		return "off"
	}
	return "on"
}

func (d *demo) stop() error {
	var errs []error
	if d.appliance != nil && d.appliance.Process != nil {
		errs = append(errs, d.appliance.Stop(30*time.Second))
	}
	if d.simulator != nil && d.simulator.Process != nil {
		errs = append(errs, d.simulator.Stop(10*time.Second))
	}
	return errors.Join(errs...)
}

// open makes a business and links its phone.
func (d *demo) open(ctx context.Context, b *business) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	t, err := d.appliance.Create(ctx, b.NewTenant)
	if err != nil {
		return err
	}
	b.id = t.ID
	if err := d.appliance.PublishSettings(ctx, b.id, b.settings); err != nil {
		return err
	}
	if err := d.appliance.Worker(ctx, b.id, "start"); err != nil {
		return err
	}
	if err := d.appliance.Link(ctx, d.simulator, b.id, b.PhoneNumber, b.Name); err != nil {
		return err
	}
	d.say("%s (%s, %s): its phone scanned the QR code and is linked", b.Name, b.TemplateType, b.Language)
	return nil
}

// converse lets a customer write and checks each answer.
func (d *demo) converse(ctx context.Context, b business) (int, error) {
	if err := d.simulator.AddCustomer(ctx, b.customer, b.customerName, "pn"); err != nil {
		return 0, err
	}
	for _, turn := range b.turns {
		d.say("%s to %s: %s", b.customerName, b.Name, turn.says)
		answer, err := d.simulator.Ask(ctx, b.customer, b.PhoneNumber, turn.says, 30*time.Second)
		if err != nil {
			return 0, fmt.Errorf("%q: %w", turn.says, err)
		}
		d.say("%s: %s", b.Name, strings.ReplaceAll(answer, "\n", " / "))
		for _, want := range turn.wants {
			if !strings.Contains(strings.ToLower(answer), strings.ToLower(want)) {
				return 0, fmt.Errorf("the answer to %q lacks %q: %q", turn.says, want, answer)
			}
		}
	}
	return len(b.turns), nil
}

// askForSetup lets a new owner ask for a bot through the portal, so that the page of requests has one to decide.
func (d *demo) askForSetup(ctx context.Context) error {
	const email = "juma@example.com"
	user := map[string]string{"email": email, "name": "Juma Bakari"}
	if err := d.appliance.Portal(ctx, email, http.MethodPost, "/portal/users", user, nil); err != nil {
		return err
	}
	wish := map[string]string{
		"businessName": "Juma Electronics", "templateType": "ECOMMERCE", "whatsappNumber": "+255 700 000 199",
		"language": "SW",
	}
	return d.appliance.Portal(ctx, email, http.MethodPost, "/portal/setup-request", wish, nil)
}

func (d *demo) welcome() {
	fmt.Printf("\nAdmin page:  %s/\nPassword:    %s\nSimulator:   %s\n\nCustomers write now and then. Ctrl-C ends "+
		"everything.\n\n",
		d.appliance.URL, harness.AdminPassword, d.simulator.ControlURL)
}

// chat keeps customers writing until Ctrl-C.
func (d *demo) chat(ctx context.Context, businesses []business) error {
	for {
		pause := time.Duration(4+rand.IntN(8)) * time.Second
		select {
		case <-ctx.Done():
			d.say("Ending: the workers log off, everything stops.")
			return nil
		case <-d.appliance.Done():
			return fmt.Errorf("the appliance ended by itself:\n%s", d.appliance.Output())
		case <-time.After(pause):
		}
		b := businesses[rand.IntN(len(businesses))]
		text := b.smallTalk[rand.IntN(len(b.smallTalk))]
		d.say("%s to %s: %s", b.customerName, b.Name, text)
		if _, err := d.simulator.SendText(ctx, b.customer, b.PhoneNumber, text); err != nil && ctx.Err() == nil {
			d.say("The simulator refused: %v", err)
		}
	}
}
