package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"time"

	"flowhq"
	"flowhq/appliance/localapi"
)

// testName begins the names of what a verification makes, so that one that was killed is tidied up by the next.
const testName = "Flow HQ verification "

// testMail ends the e-mails of test users; the domain is reserved, so that it can never be anybody's.
const testMail = "@verification.invalid"

// testTenants is how many businesses are compared with each other.
const testTenants = 3

type verification struct {
	out              io.Writer
	web              *webClient
	control          *client
	patience         time.Duration
	checks, failures int
	tenants          []testTenant
}

type testTenant struct{ id, number, code string }

// tenantView is what is read of a tenant.
type tenantView struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Number  string `json:"phone_number"`
	Session struct {
		State flowhq.SessionState `json:"state"`
		Phase flowhq.Phase        `json:"phase"`
	} `json:"whatsapp_session"`
	Worker struct {
		Status    flowhq.WorkerStatus `json:"status"`
		LastError *string             `json:"last_error"`
	} `json:"worker_process"`
}

func (v *verification) health(ctx context.Context) (string, error) {
	for _, path := range []string{"/healthz", "/readyz"} {
		a, err := v.web.do(ctx, http.MethodGet, path, nil, nil)
		if err := a.read(err, path, http.StatusOK, nil); err != nil {
			return "", err
		}
	}
	return "the appliance is alive and ready", nil
}

// signIn wants the password to be asked for, and a session to begin and to end.
func (v *verification) signIn(ctx context.Context) (string, error) {
	const page = "/admin/tenants"
	browser, err := v.web.withCookies()
	if err != nil {
		return "", err
	}
	steps := []struct {
		name, method, path string
		in                 any
		want               int
	}{
		{"without a password", http.MethodGet, page, nil, http.StatusUnauthorized},
		{"signing in", http.MethodPost, "/sign-in", map[string]string{"password": v.web.password}, http.StatusOK},
		{"signed in", http.MethodGet, page, nil, http.StatusOK},
		{"signing out", http.MethodPost, "/sign-out", map[string]string{}, http.StatusOK},
		{"signed out", http.MethodGet, page, nil, http.StatusUnauthorized},
	}
	for _, s := range steps {
		a, err := v.web.doWith(ctx, browser, s.method, s.path, s.in, nil)
		if err := a.read(err, s.name, s.want, nil); err != nil {
			return "", err
		}
	}
	return "the password is asked for, and a session begins and ends", nil
}

func (v *verification) portalKey(ctx context.Context) (string, error) {
	wrong := *v.web
	wrong.portalKey += "x"
	if err := wrong.portal(ctx, "nobody"+testMail, "/portal/me", nil, http.StatusUnauthorized); err != nil {
		return "", fmt.Errorf("a wrong portal key is not refused: %w", err)
	}
	if err := v.web.portal(ctx, "nobody"+testMail, "/portal/me", nil, http.StatusNotFound); err != nil {
		return "", fmt.Errorf("the portal key is not accepted: %w", err)
	}
	return "the right one is accepted, a wrong one refused", nil
}

// store makes the test businesses and reads them back.
func (v *verification) store(ctx context.Context) (string, error) {
	for n := range testTenants {
		t, err := v.makeTenant(ctx, n)
		if err != nil {
			return "", err
		}
		v.tenants = append(v.tenants, testTenant{id: t.ID, number: t.Number})
		var detail struct {
			Tenant tenantView `json:"tenant"`
		}
		if err := v.web.admin(ctx, http.MethodGet, "/admin/tenants/"+t.ID, nil, &detail, http.StatusOK); err != nil {
			return "", err
		}
		if detail.Tenant.ID != t.ID || detail.Tenant.Name != t.Name || detail.Tenant.Number != t.Number {
			return "", fmt.Errorf("what was written is not what is read: %+v, not %+v", detail.Tenant, t)
		}
	}
	return fmt.Sprintf("%d test businesses are written and read back", testTenants), nil
}

func (v *verification) makeTenant(ctx context.Context, n int) (tenantView, error) {
	var t tenantView
	templates := flowhq.TemplateTypes()
	for range 10 { // until a number is nobody's
		digits, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			return t, err
		}
		name := fmt.Sprintf("%s%d", testName, n+1)
		a, err := v.web.do(ctx, http.MethodPost, "/admin/tenants", map[string]string{
			"name": name, "business_name": name, "phone_number": fmt.Sprintf("+255799%06d", digits),
			"template_type": string(templates[n%len(templates)]), "language": string(flowhq.Swahili),
		}, func(r *http.Request) { r.SetBasicAuth("admin", v.web.password) })
		if err == nil && a.status == http.StatusBadRequest && strings.Contains(string(a.body), "phone_number") {
			continue
		}
		return t, a.read(err, "making a test business", http.StatusCreated, &t)
	}
	return t, errors.New("no phone number was found that is nobody's")
}

// workers wants each test business's worker to run and, where WhatsApp can be reached, to show a code.
func (v *verification) workers(ctx context.Context) (string, error) {
	for _, t := range v.tenants {
		if err := v.web.admin(ctx, http.MethodPost, "/admin/tenants/"+t.id+"/worker/start", nil, nil,
			http.StatusOK); err != nil {
			return "", err
		}
	}
	deadline := time.Now().Add(v.patience)
	shown := 0
	for n := range v.tenants {
		phase, err := v.awaitWorker(ctx, &v.tenants[n], deadline)
		if err != nil {
			return "", err
		}
		if v.tenants[n].code != "" {
			shown++
			continue
		}
		v.warn("workers", "the worker of test business %d runs and shows no QR code (phase %s): WhatsApp cannot be "+
			"reached from here", n+1, phase)
	}
	return fmt.Sprintf("%d run, %d of them show a QR code", len(v.tenants), shown), nil
}

// awaitWorker waits for a code, and until the deadline at most; a worker that runs without one is no failure.
func (v *verification) awaitWorker(ctx context.Context, t *testTenant, deadline time.Time) (flowhq.Phase, error) {
	for {
		var detail struct {
			Tenant tenantView `json:"tenant"`
		}
		if err := v.web.admin(ctx, http.MethodGet, "/admin/tenants/"+t.id, nil, &detail, http.StatusOK); err != nil {
			return "", err
		}
		worker, session := detail.Tenant.Worker, detail.Tenant.Session
		if worker.Status == flowhq.WorkerError {
			return "", fmt.Errorf("a worker failed: %s", deref(worker.LastError))
		}
		var qr struct {
			QR   *string `json:"qr"`
			Code *string `json:"code"`
		}
		if err := v.web.admin(ctx, http.MethodGet, "/admin/tenants/"+t.id+"/qr", nil, &qr, http.StatusOK); err != nil {
			return "", err
		}
		if t.code = deref(qr.Code); t.code != "" && qr.QR != nil {
			return session.Phase, nil
		}
		if time.Now().After(deadline) {
			if worker.Status == flowhq.WorkerRunning && session.Phase != flowhq.PhaseOff {
				return session.Phase, nil
			}
			return "", fmt.Errorf("a worker did not come up within %s (%s, phase %s)", v.patience, worker.Status,
				session.Phase)
		}
		if err := pause(ctx, 300*time.Millisecond); err != nil {
			return "", err
		}
	}
}

func (v *verification) replyLimit(ctx context.Context) (string, error) {
	var s localapi.Status
	if err := v.control.call(ctx, http.MethodGet, statusPath, &s); err != nil {
		return "", fmt.Errorf("the running limits cannot be asked for: %w", err)
	}
	if s.Limits.RepliesPerMinute < 1 {
		return "", errors.New("no reply limit is set")
	}
	return fmt.Sprintf("%d replies a minute for one business, %d to one contact in %s",
		s.Limits.RepliesPerMinute, s.Limits.ContactReplies, s.Limits.ContactWindow), nil
}

// remove deletes test businesses and users: those of this run, and those that a killed one left.
func (v *verification) remove(ctx context.Context) (string, error) {
	var tenants []tenantView
	if err := v.web.admin(ctx, http.MethodGet, "/admin/tenants", nil, &tenants, http.StatusOK); err != nil {
		return "", err
	}
	removed := 0
	var errs []error
	for _, t := range tenants {
		if !strings.HasPrefix(t.Name, testName) {
			continue
		}
		if err := v.web.admin(ctx, http.MethodDelete, "/admin/tenants/"+t.ID, nil, nil,
			http.StatusNoContent); err != nil {
			errs = append(errs, err)
			continue
		}
		removed++
		errs = append(errs, v.web.admin(ctx, http.MethodGet, "/admin/tenants/"+t.ID, nil, nil, http.StatusNotFound))
	}
	errs = append(errs, v.removeUsers(ctx))
	return fmt.Sprintf("%d test businesses are gone again", removed), errors.Join(errs...)
}

func (v *verification) removeUsers(ctx context.Context) error {
	var users []userView
	if err := v.web.admin(ctx, http.MethodGet, "/admin/users", nil, &users, http.StatusOK); err != nil {
		return err
	}
	var errs []error
	for _, u := range users {
		if strings.HasSuffix(u.Email, testMail) {
			errs = append(errs, v.control.call(ctx, http.MethodDelete, "/local/users/"+u.ID, nil))
		}
	}
	return errors.Join(errs...)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return errors.New("interrupted")
	case <-t.C:
		return nil
	}
}
