package appliance

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"flowhq"
)

// BackupsView is what the control socket tells of backups.
type BackupsView struct {
	State   flowhq.BackupState `json:"state"`
	Backups []flowhq.Backup    `json:"backups"`
	Failure string             `json:"failure,omitempty"` // why they can't be listed
}

// Trailers of a streamed backup.
const (
	TrailerFailure  = "Flowhq-Failure"  // why it came to nothing, percent-encoded; "" when it is whole
	TrailerProblems = "Flowhq-Problems" // JSON, percent-encoded: what it lacks
)

func (c *control) backups(r *http.Request) (any, error) {
	list, state, err := c.services.Backups.Backups(r.Context())
	view := BackupsView{State: state, Backups: list}
	if e, ok := errors.AsType[*flowhq.Error](err); ok {
		view.Failure, err = e.Message, nil
	}
	return view, err
}

func (c *control) startBackup(r *http.Request) (any, error) {
	return struct{}{}, c.services.Backups.StartBackup(r.Context(), byConsole)
}

// streamBackup hands a backup to the command line, which encrypts it and puts it where its user may write.
func (c *control) streamBackup(w http.ResponseWriter, r *http.Request) {
	tenant := ""
	if wanted := r.URL.Query().Get("tenant"); wanted != "" {
		t, err := c.find(r.Context(), wanted)
		if err != nil {
			writeError(w, err)
			return
		}
		tenant = t.ID
		w.Header().Set("Flowhq-Tenant", tenant)
	}
	out := &begunWriter{to: w}
	contents, err := c.keeper.WriteTo(r.Context(), out, tenant)
	if err != nil {
		c.log.Error("a backup for the command line failed", "error", err)
		if !out.begun {
			writeError(w, err)
			return
		}
		failure := "Something went wrong; the log tells what."
		if e, ok := errors.AsType[*flowhq.Error](err); ok {
			failure = e.Message
		}
		w.Header().Set(http.TrailerPrefix+TrailerFailure, url.PathEscape(failure))
		return
	}
	problems, err := json.Marshal(contents.Problems)
	if err == nil {
		w.Header().Set(http.TrailerPrefix+TrailerProblems, url.PathEscape(string(problems)))
	}
	c.log.Info("backup taken for the command line", "tenant", tenant, "tenants", len(contents.Tenants), "rows",
		contents.Rows())
}

type begunWriter struct {
	to    io.Writer
	begun bool
}

func (b *begunWriter) Write(p []byte) (int, error) {
	b.begun = true
	return b.to.Write(p)
}

// FenceView is a business that is held back after a restore.
type FenceView struct {
	TenantID string    `json:"tenant_id"`
	Name     string    `json:"name"`
	Host     string    `json:"host"`
	TakenAt  time.Time `json:"taken_at"`
	Device   string    `json:"device"`
}

func (c *control) fences(r *http.Request) (any, error) {
	fences, err := c.services.Holds.RestoreHolds(r.Context(), flowhq.Cursor{}, 0)
	if err != nil {
		return nil, err
	}
	views := make([]FenceView, len(fences))
	for i, f := range fences {
		views[i] = FenceView{TenantID: f.TenantID, Host: f.Origin.Host, TakenAt: f.Origin.TakenAt, Device: f.LinkedJID}
		if t, err := c.services.Tenants.Tenant(r.Context(), f.TenantID); err == nil {
			views[i].Name = t.Name
		}
	}
	return views, nil
}

func (c *control) liftFence(r *http.Request) (any, error) {
	t, err := c.find(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return nil, err
	}
	if err := c.services.Holds.ReleaseRestoreHold(r.Context(), byConsole, t.ID); err != nil {
		return nil, err
	}
	return c.view(t), nil
}
