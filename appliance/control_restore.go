package appliance

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"flowhq"
	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
)

// RestoreAnswer tells what a restore of one business did.
type RestoreAnswer struct {
	Tenants []backup.RestoredTenant `json:"tenants"`
	Rows    int64                   `json:"rows"`
	TakenAt time.Time               `json:"taken_at"`
	Host    string                  `json:"host"`
}

// RestoreLine is a line of the answer to a restore whose caller asked for progress: how far it is, and at the end what
// it did, or why it came to nothing.
type RestoreLine struct {
	Progress *backup.Progress `json:"progress,omitempty"`
	Answer   *RestoreAnswer   `json:"answer,omitempty"`
	Error    *ControlError    `json:"error,omitempty"`
}

// RestoreLines is the content type of such an answer.
const RestoreLines = "application/x-ndjson"

// restoreTenant brings one business back from a backup that the command line sends, decrypted.
func (c *control) restoreTenant(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("progress") != "true" { // a command line of an earlier version
		answer(func(r *http.Request) (any, error) { return c.bringBack(r, func(backup.Progress) {}) })(w, r)
		return
	}
	lines := &restoreLines{to: w, flush: http.NewResponseController(w)}
	got, err := c.bringBack(r, lines.progress)
	switch {
	case err != nil && !lines.begun:
		writeError(w, err)
	case err != nil:
		said := controlError(err)
		lines.write(RestoreLine{Error: &said})
	default:
		lines.write(RestoreLine{Answer: &got})
	}
}

// restoreLines writes lines while the caller listens. One who has gone is no matter: the restore goes on or not by its
// context.
type restoreLines struct {
	to    http.ResponseWriter
	flush *http.ResponseController
	begun bool
	told  time.Time
	phase string
}

func (l *restoreLines) progress(p backup.Progress) {
	if now := time.Now(); p.Phase != l.phase || now.Sub(l.told) >= 200*time.Millisecond {
		l.phase, l.told = p.Phase, now
		l.write(RestoreLine{Progress: &p})
	}
}

func (l *restoreLines) write(line RestoreLine) {
	if !l.begun {
		l.begun = true
		l.to.Header().Set("Content-Type", RestoreLines)
	}
	_ = json.NewEncoder(l.to).Encode(line)
	_ = l.flush.Flush()
}

func (c *control) bringBack(r *http.Request, tell func(backup.Progress)) (out RestoreAnswer, err error) {
	q := r.URL.Query()
	want := backup.Wanted{Tenant: q.Get("tenant"), AsNew: q.Get("as_new") == "true",
		Replace: q.Get("replace") == "true", DatabaseOnly: q.Get("database_only") == "true"}
	if want.Tenant == "" {
		return out, flowhq.Errorf(flowhq.CodeConflict,
			"Flow HQ is running. Stop it before everything is restored, or name one business (--tenant).")
	}
	path, err := c.spool(r.Body)
	if err != nil {
		return out, err
	}
	defer func() { _ = os.Remove(path) }()
	open := func(context.Context) (io.ReadCloser, error) { return os.Open(path) }
	var got backup.Restored
	restore := func(ctx context.Context) (err error) {
		got, err = backup.Restore(ctx, backup.Target{Store: c.store, Sessions: c.sessions, Now: time.Now,
			Progress: tell}, want, open, archive.Keys{})
		return err
	}
	switch {
	case want.AsNew: // touches nobody
		err = restore(r.Context())
	case !want.Replace: // one that is here makes it fail, and its worker must not be stopped for that
		if err = c.absent(r.Context(), want.Tenant); err == nil {
			err = c.services.Snapshots.WhileStopped(r.Context(), want.Tenant, restore)
		}
	default:
		err = c.services.Snapshots.WhileStopped(r.Context(), want.Tenant, restore)
	}
	if err != nil {
		return out, err
	}
	out = RestoreAnswer{Tenants: got.Tenants, TakenAt: got.Manifest.TakenAt, Host: got.Manifest.Host,
		Rows: got.Contents.Rows()}
	c.log.Info("a tenant was restored", "tenant", want.Tenant, "as_new", want.AsNew, "backup", got.Manifest.ID, "by",
		byConsole)
	return out, nil
}

func (c *control) absent(ctx context.Context, tenantID string) error {
	t, err := c.services.Tenants.Tenant(ctx, tenantID)
	switch flowhq.CodeOf(err) {
	case flowhq.CodeNotFound:
		return nil
	case "":
		return flowhq.Errorf(flowhq.CodeConflict, "%s is here already. Restore beside it (--as-new), or say that it "+
			"is to be replaced (--replace).", t.Name)
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
		return "", &flowhq.Error{Code: flowhq.CodeUnavailable,
			Message: "The backup could not be taken in: the disk is full, or it broke off.", Cause: err}
	}
	return filepath.Clean(f.Name()), nil
}
