package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"flowhq"
)

// API calls a running appliance as an admin and as the portal's web app.
type API struct {
	URL                 string
	password, portalKey string
	http                *http.Client
}

// NewAPI makes a client.
func NewAPI(url, password, portalKey string) *API {
	return &API{URL: url, password: password, portalKey: portalKey, http: &http.Client{Timeout: 30 * time.Second}}
}

// StatusError is an answer other than the wanted kind.
type StatusError struct {
	Status int
	Body   string
}

func (e *StatusError) Error() string { return fmt.Sprintf("%d %s", e.Status, e.Body) }

// Status gives the status code of an answer that was an error; 0 for any other error.
func Status(err error) int {
	if e, ok := errors.AsType[*StatusError](err); ok {
		return e.Status
	}
	return 0
}

// Admin calls the admin API: in is sent as JSON unless nil, the answer read into out unless nil.
func (a *API) Admin(ctx context.Context, method, path string, in, out any) error {
	return a.call(ctx, method, path, in, out, func(r *http.Request) { r.SetBasicAuth("admin", a.password) })
}

// Portal calls the portal API for the user with an e-mail.
func (a *API) Portal(ctx context.Context, email, method, path string, in, out any, headers ...string) error {
	return a.call(ctx, method, path, in, out, func(r *http.Request) {
		r.Header.Set("x-portal-key", a.portalKey)
		r.Header.Set("x-user-email", email)
		for i := 0; i+1 < len(headers); i += 2 {
			if headers[i] == "Host" {
				r.Host = headers[i+1]
			}
			r.Header.Set(headers[i], headers[i+1])
		}
	})
}

func (a *API) call(ctx context.Context, method, path string, in, out any, prepare func(*http.Request)) error {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, a.URL+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/json")
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	prepare(r)
	res, err := a.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %w", method, path, &StatusError{res.StatusCode, string(data)})
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%s %s: %w: %s", method, path, err, data)
	}
	return nil
}

// Tenant is what the harness reads of a tenant.
type Tenant struct {
	ID          string              `json:"id"`
	Name        string              `json:"name"`
	PhoneNumber string              `json:"phone_number"`
	Status      flowhq.TenantStatus `json:"status"`
	Session     *struct {
		State  flowhq.SessionState `json:"state"`
		Phase  flowhq.Phase        `json:"phase"`
		SeenAt *time.Time          `json:"last_seen_at"`

		BlockedUntil *time.Time `json:"blocked_until"`
	} `json:"whatsapp_session"`
	Worker *struct {
		Status    flowhq.WorkerStatus `json:"status"`
		LastError *string             `json:"last_error"`
	} `json:"worker_process"`
}

// Message is what the harness reads of a message log's row.
type Message struct {
	ID        string                  `json:"id"`
	TenantID  string                  `json:"tenant_id"`
	Direction flowhq.MessageDirection `json:"direction"`
	From      string                  `json:"from_number"`
	To        string                  `json:"to_number"`
	Text      string                  `json:"message_text"`
	WAID      *string                 `json:"wa_message_id"`
}

// NewTenant is the body of a tenant's creation.
type NewTenant struct {
	Name         string              `json:"name"`
	PhoneNumber  string              `json:"phone_number"`
	TemplateType flowhq.TemplateType `json:"template_type"`
	BusinessName string              `json:"business_name"`
	Language     flowhq.Language     `json:"language"`
}

// Create makes a tenant.
func (a *API) Create(ctx context.Context, n NewTenant) (Tenant, error) {
	var t Tenant
	return t, a.Admin(ctx, http.MethodPost, "/admin/tenants", n, &t)
}

// Tenant reads one tenant.
func (a *API) Tenant(ctx context.Context, id string) (Tenant, error) {
	var detail struct {
		Tenant Tenant `json:"tenant"`
	}
	err := a.Admin(ctx, http.MethodGet, "/admin/tenants/"+id, nil, &detail)
	return detail.Tenant, err
}

// Worker does start, stop, restart or force-restart.
func (a *API) Worker(ctx context.Context, id, action string) error {
	return a.Admin(ctx, http.MethodPost, "/admin/tenants/"+id+"/worker/"+action, nil, nil)
}

// Messages reads the newest rows of a tenant's message log.
func (a *API) Messages(ctx context.Context, id string) ([]Message, error) {
	var m []Message
	return m, a.Admin(ctx, http.MethodGet, "/admin/tenants/"+id+"/logs?limit=1000", nil, &m)
}

// WorkerProcess reads a tenant's process.
func (a *API) WorkerProcess(ctx context.Context, id string) (flowhq.Process, error) {
	var p struct {
		PID      int    `json:"pid"`
		State    string `json:"state"`
		Restarts int    `json:"restarts"`

		LeftOut map[flowhq.IgnoredSource]int64 `json:"left_out"`
	}
	err := a.Admin(ctx, http.MethodGet, "/admin/tenants/"+id+"/process", nil, &p)
	return flowhq.Process{PID: p.PID, State: p.State, Restarts: p.Restarts, Ignored: p.LeftOut}, err
}

// PublishSettings puts settings in force.
func (a *API) PublishSettings(ctx context.Context, id string, s flowhq.Settings) error {
	if err := a.Admin(ctx, http.MethodPut, "/admin/tenants/"+id+"/settings", s, nil); err != nil {
		return err
	}
	return a.Admin(ctx, http.MethodPost, "/admin/tenants/"+id+"/settings/publish", nil, nil)
}

// WaitStatus waits until a tenant has a status.
func (a *API) WaitStatus(ctx context.Context, id string, want flowhq.TenantStatus) error {
	return Until(ctx, 50*time.Millisecond, func() error {
		t, err := a.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if t.Status != want {
			return fmt.Errorf("%s is %s (phase %s), not %s", t.Name, t.Status, t.Session.Phase, want)
		}
		return nil
	})
}

// WaitConnected waits until the session is connected.
func (a *API) WaitConnected(ctx context.Context, id string) error {
	return Until(ctx, 50*time.Millisecond, func() error {
		t, err := a.Tenant(ctx, id)
		if err != nil {
			return err
		}
		if t.Session == nil || t.Session.State != flowhq.SessionConnected {
			return fmt.Errorf("%s is not connected: %+v", t.Name, t.Session)
		}
		return nil
	})
}

// QR waits for a code to scan and gives its raw text.
func (a *API) QR(ctx context.Context, id string) (string, error) {
	var code string
	err := Until(ctx, 50*time.Millisecond, func() error {
		var qr struct {
			State flowhq.SessionState `json:"state"`
			QR    *string             `json:"qr"`
			Code  *string             `json:"code"`
		}
		if err := a.Admin(ctx, http.MethodGet, "/admin/tenants/"+id+"/qr", nil, &qr); err != nil {
			return err
		}
		if qr.Code == nil || qr.QR == nil {
			return fmt.Errorf("no QR code is shown, the session is %s", qr.State)
		}
		code = *qr.Code
		return nil
	})
	return code, err
}
