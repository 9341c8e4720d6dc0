package appliance

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"flowhq"
	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
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
	list, state, err := c.fleet.Backups(r.Context())
	view := BackupsView{State: state, Backups: list}
	if e, ok := errors.AsType[*flowhq.Error](err); ok {
		view.Failure, err = e.Message, nil
	}
	return view, err
}

func (c *control) startBackup(r *http.Request) (any, error) {
	return struct{}{}, c.fleet.StartBackup(r.Context(), byConsole)
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
	c.log.Info("backup taken for the command line", "tenant", tenant, "tenants", len(contents.Tenants), "rows", contents.Rows())
}

type begunWriter struct {
	to    io.Writer
	begun bool
}

func (b *begunWriter) Write(p []byte) (int, error) {
	b.begun = true
	return b.to.Write(p)
}

// RestoreAnswer tells what a restore of one business did.
type RestoreAnswer struct {
	Tenants []backup.RestoredTenant `json:"tenants"`
	Rows    int64                   `json:"rows"`
	TakenAt time.Time               `json:"taken_at"`
	Host    string                  `json:"host"`
}

// restoreTenant brings one business back from a backup that the command line sends, decrypted.
func (c *control) restoreTenant(r *http.Request) (any, error) {
	q := r.URL.Query()
	want := backup.Wanted{Tenant: q.Get("tenant"), AsNew: q.Get("as_new") == "true", Replace: q.Get("replace") == "true", DatabaseOnly: q.Get("database_only") == "true"}
	if want.Tenant == "" {
		return nil, flowhq.Errorf(flowhq.CodeConflict, "Flow HQ is running. Stop it before everything is restored, or name one business (--tenant).")
	}
	path, err := c.spool(r.Body)
	if err != nil {
		return nil, err
	}
	defer os.Remove(path)
	open := func(context.Context) (io.ReadCloser, error) { return os.Open(path) }
	var got backup.Restored
	restore := func(ctx context.Context) (err error) {
		got, err = backup.Restore(ctx, backup.Target{Store: c.store, Sessions: c.sessions, Now: time.Now}, want, open, archive.Keys{})
		return err
	}
	switch {
	case want.AsNew: // touches nobody
		err = restore(r.Context())
	case !want.Replace: // one that is here makes it fail, and its worker must not be stopped for that
		if err = c.absent(r.Context(), want.Tenant); err == nil {
			err = c.fleet.WhileStopped(r.Context(), want.Tenant, restore)
		}
	default:
		err = c.fleet.WhileStopped(r.Context(), want.Tenant, restore)
	}
	if err != nil {
		return nil, err
	}
	answer := RestoreAnswer{Tenants: got.Tenants, TakenAt: got.Manifest.TakenAt, Host: got.Manifest.Host, Rows: got.Contents.Rows()}
	c.log.Info("a tenant was restored", "tenant", want.Tenant, "as_new", want.AsNew, "backup", got.Manifest.ID, "by", byConsole)
	return answer, nil
}

func (c *control) absent(ctx context.Context, tenantID string) error {
	t, err := c.fleet.Tenant(ctx, tenantID)
	switch flowhq.CodeOf(err) {
	case flowhq.CodeNotFound:
		return nil
	case "":
		return flowhq.Errorf(flowhq.CodeConflict, "%s is here already. Restore beside it (--as-new), or say that it is to be replaced (--replace).", t.Name)
	}
	return err
}

const spoolPattern = ".restore-*.tmp"

// spool keeps what is sent until it was read twice.
func (c *control) spool(from io.Reader) (path string, err error) {
	f, err := os.CreateTemp(c.sessions, spoolPattern)
	if err != nil {
		return "", err
	}
	if _, err = io.Copy(f, from); err == nil {
		err = f.Close()
	} else {
		_ = f.Close()
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return "", &flowhq.Error{Code: flowhq.CodeUnavailable, Message: "The backup could not be taken in: the disk is full, or it broke off.", Cause: err}
	}
	return filepath.Clean(f.Name()), nil
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
	fences, err := c.fleet.Fences(r.Context(), flowhq.Cursor{}, 0)
	if err != nil {
		return nil, err
	}
	views := make([]FenceView, len(fences))
	for i, f := range fences {
		views[i] = FenceView{TenantID: f.TenantID, Host: f.Origin.Host, TakenAt: f.Origin.TakenAt, Device: f.LinkedJID}
		if t, err := c.fleet.Tenant(r.Context(), f.TenantID); err == nil {
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
	if err := c.fleet.LiftFence(r.Context(), byConsole, t.ID); err != nil {
		return nil, err
	}
	return c.view(t), nil
}
