package appliance

import (
	"context"
	"errors"
	"net/http"
	"os"
	"regexp/syntax"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"flowhq"
	"flowhq/procman"
)

// byConsole is who does what comes over the control socket, for histories.
const byConsole = "the command line"

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

func (c *control) view(t flowhq.TenantDetail) WorkerView {
	v := WorkerView{TenantID: t.ID, Name: calledBy(t), Number: t.PhoneNumber, Tenant: t.Status, Phase: flowhq.PhaseOff,
		Wish: flowhq.DesiredStopped}
	if t.Session != nil {
		v.Phase = t.Session.Phase
	}
	if t.Worker != nil {
		v.Wish, v.LastError = t.Worker.DesiredState, t.Worker.LastError
	}
	v.Process = flowhq.Process{Name: flowhq.ProcessName(t.ID), State: string(procman.StateStopped)}
	if p, ok := c.processes.Process(t.ID); ok {
		v.Process = p
	}
	v.Uptime, v.CPU = v.Process.Uptime.Seconds(), v.Process.CPU.Seconds()
	return v
}

func (c *control) list(r *http.Request) (any, error) {
	tenants, err := c.services.Tenants.Tenants(r.Context(), flowhq.TenantFilter{})
	if err != nil {
		return nil, err
	}
	views := make([]WorkerView, len(tenants))
	for i, t := range tenants {
		views[i] = c.view(t)
	}
	return views, nil
}

// WorkerName is what a tenant may be called on the command line.
type WorkerName struct {
	TenantID string `json:"tenant_id"`
	Name     string `json:"name"`
	Number   string `json:"phone_number"`
}

// names lists the tenants without measuring anything, for shell completion.
func (c *control) names(r *http.Request) (any, error) {
	tenants, err := c.services.Tenants.Tenants(r.Context(), flowhq.TenantFilter{})
	if err != nil {
		return nil, err
	}
	names := make([]WorkerName, len(tenants))
	for i, t := range tenants {
		names[i] = WorkerName{TenantID: t.ID, Name: calledBy(t), Number: t.PhoneNumber}
	}
	return names, nil
}

// calledBy gives the name that people know a business by.
func calledBy(t flowhq.TenantDetail) string {
	if t.Config != nil && t.Config.BusinessName != "" {
		return t.Config.BusinessName
	}
	return t.Name
}

// find gives the tenant that a person means: by id, by the beginning of an id, by number, or by name.
func (c *control) find(ctx context.Context, wanted string) (flowhq.TenantDetail, error) {
	if t, err := c.services.Tenants.Tenant(ctx, wanted); err == nil {
		return t, nil
	}
	tenants, err := c.services.Tenants.Tenants(ctx, flowhq.TenantFilter{})
	if err != nil {
		return flowhq.TenantDetail{}, err
	}
	return FindTenant(wanted, tenants)
}

// FindTenant gives the one of tenants that a person means: by id, by the beginning of an id, by number, or by name.
func FindTenant(wanted string, tenants []flowhq.TenantDetail) (flowhq.TenantDetail, error) {
	var found []flowhq.TenantDetail
	for _, t := range tenants {
		if means(wanted, t) {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 0:
		return flowhq.TenantDetail{}, flowhq.Errorf(flowhq.CodeNotFound,
			"No tenant has the id, number or name %q. `flowhq ps` lists them.", wanted)
	case 1:
		return found[0], nil
	}
	return flowhq.TenantDetail{}, flowhq.Errorf(flowhq.CodeConflict, "%d tenants are meant by %q. Use the id.",
		len(found), wanted)
}

// minPrefix is how much of an id must be written.
const minPrefix = 4

func means(wanted string, t flowhq.TenantDetail) bool {
	number := strings.TrimPrefix(wanted, "+")
	switch {
	case len(wanted) >= minPrefix && strings.HasPrefix(t.ID, strings.ToLower(wanted)),
		number != "" && number == strings.TrimPrefix(t.PhoneNumber, "+"),
		strings.EqualFold(wanted, t.Name):
		return true
	}
	return t.Config != nil && strings.EqualFold(wanted, t.Config.BusinessName)
}

func (c *control) describe(r *http.Request) (any, error) {
	t, err := c.find(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return nil, err
	}
	d := WorkerDescription{WorkerView: c.view(t), SessionDir: c.processes.sessionDir(t.ID)}
	if t.Session != nil {
		d.Linked, d.LastSeen, d.LastHeard = t.Session.LinkedJID, t.Session.LastSeenAt, t.Session.WAHeardAt
	}
	if m, err := c.manager.Describe(flowhq.ProcessName(t.ID)); err == nil {
		d.Manager = &m
	}
	return d, nil
}

func (c *control) events(r *http.Request) (any, error) {
	limit, err := number(r, "limit", flowhq.DefaultLimit)
	if err != nil {
		return nil, err
	}
	t, err := c.find(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return nil, err
	}
	return c.services.Tenants.Events(r.Context(), t.ID, flowhq.EventQuery{Limit: limit})
}

func number(r *http.Request, name string, fallback int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, flowhq.Errorf(flowhq.CodeInvalid, "%s must be a whole number.", name)
	}
	return n, nil
}

func (c *control) act(r *http.Request) (any, error) {
	do, ok := map[string]func(context.Context, string, string) error{
		"start": c.services.Workers.StartWorker, "stop": c.services.Workers.StopWorker,
		"restart": c.services.Workers.RestartWorker, "force-restart": c.services.Workers.ForceRestartWorker,
	}[r.PathValue("action")]
	if !ok {
		return nil, flowhq.Errorf(flowhq.CodeNotFound, "There is no action %q.", r.PathValue("action"))
	}
	t, err := c.find(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return nil, err
	}
	if err := do(r.Context(), byConsole, t.ID); err != nil {
		return nil, err
	}
	if t, err = c.services.Tenants.Tenant(r.Context(), t.ID); err != nil {
		return nil, err
	}
	return c.view(t), nil
}

// logs sends what a worker printed, and goes on sending it when asked to follow.
func (c *control) logs(w http.ResponseWriter, r *http.Request) {
	lines, err := number(r, "lines", 100)
	if err != nil {
		writeError(w, err)
		return
	}
	t, err := c.find(r.Context(), r.PathValue("tenant"))
	if err != nil {
		writeError(w, err)
		return
	}
	name, err := c.logged(t.ID)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	out := flushing{w: w, flush: http.NewResponseController(w).Flush}
	_ = out.flush()
	if err := c.manager.Follow(r.Context(), name, out, lines, r.URL.Query().Get("follow") == "true"); err != nil &&
		r.Context().Err() == nil {
		c.log.Warn("a worker's log could not be read", "tenant", t.ID, "error", err)
	}
}

// logged gives the name by which the process manager knows a worker's log. One that this appliance never ran may have a
// log all the same.
func (c *control) logged(tenantID string) (string, error) {
	name := flowhq.ProcessName(tenantID)
	if _, err := c.manager.Status(name); err != nil {
		return name, c.processes.put(tenantID)
	}
	return name, nil
}

// search looks through a worker's current and rotated logs.
func (c *control) search(r *http.Request) (any, error) {
	limit, err := number(r, "limit", 100)
	if err != nil {
		return nil, err
	}
	t, err := c.find(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return nil, err
	}
	name, err := c.logged(t.ID)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	found, err := c.manager.Search(r.Context(), name, procman.Query{
		Text: q.Get("text"), Regexp: q.Get("regexp") == "true", IgnoreCase: q.Get("ignore_case") == "true",
		Limit: limit,
	})
	if bad, ok := errors.AsType[*syntax.Error](err); ok {
		return nil, flowhq.Errorf(flowhq.CodeInvalid, "The expression cannot be read: %s.", bad.Code)
	}
	return found, err
}

// flushing sends each piece at once.
type flushing struct {
	w     http.ResponseWriter
	flush func() error
}

func (f flushing) Write(b []byte) (int, error) {
	n, err := f.w.Write(b)
	if err == nil {
		err = f.flush()
	}
	return n, err
}

// ownUse gives the appliance's own memory and processor time.
func ownUse() (resident int64, cpu float64) {
	var use unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &use); err == nil {
		cpu = time.Duration(use.Utime.Nano() + use.Stime.Nano()).Seconds()
	}
	text, err := os.ReadFile("/proc/self/statm") // pages: size resident shared ...
	if f := strings.Fields(string(text)); err == nil && len(f) > 1 {
		pages, _ := strconv.ParseInt(f[1], 10, 64)
		resident = pages * int64(os.Getpagesize())
	}
	return resident, cpu
}
