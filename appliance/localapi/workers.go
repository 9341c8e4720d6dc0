package localapi

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/procman"
)

// WorkerView is one line of `flowhq ps`.
type WorkerView struct {
	TenantID  string              `json:"tenant_id"`
	Name      string              `json:"name"`
	Number    string              `json:"phone_number"`
	Tenant    flowhq.TenantStatus `json:"tenant_status"`
	Phase     flowhq.Phase        `json:"phase"`
	Wish      flowhq.DesiredState `json:"wish"`
	LastError string              `json:"last_error"`
	Process   flowhq.Process      `json:"process"`
	Uptime    float64             `json:"uptime_seconds"`
	CPU       float64             `json:"cpu_seconds"`
}

// WorkerDescription is all that `flowhq describe` shows.
type WorkerDescription struct {
	WorkerView
	Linked     string               `json:"linked_device"`
	LastSeen   *time.Time           `json:"last_seen_at"`
	LastHeard  *time.Time           `json:"wa_heard_at"`
	SessionDir string               `json:"session_folder"`
	Manager    *procman.Description `json:"manager,omitempty"`
}

func (l *Calls) view(t flowhq.TenantDetail) WorkerView {
	v := WorkerView{
		TenantID: t.ID, Name: businessName(t), Number: t.PhoneNumber, Tenant: t.Status,
		Phase: flowhq.PhaseOff, Wish: flowhq.DesiredStopped,
	}
	if t.Session != nil {
		v.Phase = t.Session.Phase
	}
	if t.Worker != nil {
		v.Wish, v.LastError = t.Worker.DesiredState, t.Worker.LastError
	}
	v.Process = flowhq.Process{Name: flowhq.ProcessName(t.ID), State: string(procman.StateStopped)}
	if p, ok := l.cfg.Workers.Process(t.ID); ok {
		v.Process = p
	}
	v.Uptime, v.CPU = v.Process.Uptime.Seconds(), v.Process.CPU.Seconds()
	return v
}

// listWorkers measures the workers of all businesses.
func (l *Calls) listWorkers(c *gin.Context) error {
	tenants, err := l.cfg.Services.Tenants.Tenants(c.Request.Context(), flowhq.TenantFilter{})
	if err != nil {
		return err
	}
	views := make([]WorkerView, len(tenants))
	for i, t := range tenants {
		views[i] = l.view(t)
	}
	c.JSON(http.StatusOK, views)
	return nil
}

// describeWorker tells everything about one worker.
func (l *Calls) describeWorker(c *gin.Context) error {
	t, err := l.cfg.Services.Tenants.Tenant(c.Request.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	d := WorkerDescription{WorkerView: l.view(t), SessionDir: l.cfg.Workers.SessionDir(t.ID)}
	if t.Session != nil {
		d.Linked, d.LastSeen, d.LastHeard = t.Session.LinkedJID, t.Session.LastSeenAt, t.Session.WAHeardAt
	}
	if m, err := l.cfg.Manager.Describe(flowhq.ProcessName(t.ID)); err == nil {
		d.Manager = &m
	}
	c.JSON(http.StatusOK, d)
	return nil
}
