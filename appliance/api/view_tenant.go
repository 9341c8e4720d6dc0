package api

import (
	"encoding/json"

	"flowhq"
)

// tenantView is a row of tenants with its three relations.
type tenantView struct {
	ID          string              `json:"id"`
	Name        string              `json:"name"`
	PhoneNumber string              `json:"phone_number"`
	Status      flowhq.TenantStatus `json:"status"`
	CreatedAt   stamp               `json:"created_at"`
	UpdatedAt   stamp               `json:"updated_at"`
	Config      *configView         `json:"config"`
	Session     *sessionView        `json:"whatsapp_session"`
	Worker      *workerView         `json:"worker_process"`
}

type configView struct {
	ID           string              `json:"id"`
	TenantID     string              `json:"tenant_id"`
	TemplateType flowhq.TemplateType `json:"template_type"`
	BusinessName string              `json:"business_name"`
	Language     flowhq.Language     `json:"language"`
	HoursJSON    json.RawMessage     `json:"hours_json"`
	CreatedAt    stamp               `json:"created_at"`
	UpdatedAt    stamp               `json:"updated_at"`
}

type sessionView struct {
	ID           string              `json:"id"`
	TenantID     string              `json:"tenant_id"`
	State        flowhq.SessionState `json:"state"`
	Phase        flowhq.Phase        `json:"phase"`
	LastQR       *string             `json:"last_qr"`
	QRExpiresAt  *stamp              `json:"qr_expires_at"`
	LinkedJID    *string             `json:"linked_jid"`
	LinkedAt     *stamp              `json:"linked_at"`
	LastSeenAt   *stamp              `json:"last_seen_at"`
	WAHeardAt    *stamp              `json:"wa_heard_at"`
	BlockedUntil *stamp              `json:"blocked_until"`
	BlockedCause *string             `json:"blocked_cause"`
	CreatedAt    stamp               `json:"created_at"`
	UpdatedAt    stamp               `json:"updated_at"`
}

type workerView struct {
	ID          string              `json:"id"`
	TenantID    string              `json:"tenant_id"`
	ProcessName string              `json:"pm2_name"`
	Status      flowhq.WorkerStatus `json:"status"`
	Wish        flowhq.DesiredState `json:"wish"`
	LastError   *string             `json:"last_error"`
	CreatedAt   stamp               `json:"created_at"`
	UpdatedAt   stamp               `json:"updated_at"`
}

func viewTenant(t *flowhq.TenantDetail) tenantView {
	return tenantView{
		ID: t.ID, Name: t.Name, PhoneNumber: t.PhoneNumber, Status: t.Status,
		CreatedAt: stamp(t.CreatedAt), UpdatedAt: stamp(t.UpdatedAt),
		Config: viewConfig(t.Config), Session: viewSession(t.Session), Worker: viewWorker(t.Worker),
	}
}

// maybeTenant is viewTenant for a relation that may be missing.
func maybeTenant(t *flowhq.TenantDetail) *tenantView {
	if t == nil {
		return nil
	}
	v := viewTenant(t)
	return &v
}

func viewConfig(c *flowhq.TenantConfig) *configView {
	if c == nil {
		return nil
	}
	return &configView{
		ID: c.ID, TenantID: c.TenantID, TemplateType: c.TemplateType, BusinessName: c.BusinessName,
		Language:  c.Language,
		HoursJSON: rawOrNull(c.HoursJSON), CreatedAt: stamp(c.CreatedAt), UpdatedAt: stamp(c.UpdatedAt),
	}
}

func viewSession(s *flowhq.Session) *sessionView {
	if s == nil {
		return nil
	}
	return &sessionView{
		ID: s.ID, TenantID: s.TenantID, State: s.State, Phase: s.Phase, LastQR: orNull(s.LastQR),
		QRExpiresAt: maybe(s.QRExpires),
		LinkedJID:   orNull(s.LinkedJID), LinkedAt: maybe(s.LinkedAt), LastSeenAt: maybe(s.LastSeenAt),
		WAHeardAt:    maybe(s.WAHeardAt),
		BlockedUntil: maybe(s.BlockedUntil), BlockedCause: orNull(s.BlockedCause),
		CreatedAt: stamp(s.CreatedAt), UpdatedAt: stamp(s.UpdatedAt),
	}
}

func viewWorker(w *flowhq.Worker) *workerView {
	if w == nil {
		return nil
	}
	return &workerView{
		ID: w.ID, TenantID: w.TenantID, ProcessName: w.ProcessName, Status: w.Status, Wish: w.DesiredState,
		LastError: orNull(w.LastError), CreatedAt: stamp(w.CreatedAt), UpdatedAt: stamp(w.UpdatedAt),
	}
}

// rawOrNull shows stored JSON as it is; null when there is none, or when another program stored something that is not
// JSON.
func rawOrNull(raw []byte) json.RawMessage {
	if len(raw) == 0 || !json.Valid(raw) {
		return json.RawMessage("null")
	}
	return raw
}
