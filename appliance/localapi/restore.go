package localapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/api"
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
	Error    *Failure         `json:"error,omitempty"`
}

// RestoreLines is the content type of such an answer.
const RestoreLines = "application/x-ndjson"

// restore restores one business from a backup that the command line sends, decrypted.
func (l *Calls) restore(c *gin.Context) error {
	lines := &restoreLines{to: c.Writer}
	got, err := l.bringBack(c.Request, lines.progress)
	switch {
	case err != nil && !lines.begun:
		return err
	case err != nil:
		failure := failureOf(err)
		lines.write(RestoreLine{Error: &failure})
	default:
		lines.write(RestoreLine{Answer: &got})
	}
	return nil
}

// restoreLines writes lines while the caller listens. One who has gone is no matter: the restore goes on or not by its
// context.
type restoreLines struct {
	to    gin.ResponseWriter
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
	l.to.Flush()
}

func (l *Calls) bringBack(r *http.Request, tell func(backup.Progress)) (out RestoreAnswer, err error) {
	q := r.URL.Query()
	want := backup.Wanted{
		Tenant: q.Get("tenant"), AsNew: q.Get("as_new") == "true", Replace: q.Get("replace") == "true",
		DatabaseOnly: q.Get("database_only") == "true",
	}
	if want.Tenant == "" {
		return out, flowhq.Errorf(flowhq.CodeConflict,
			"Flow HQ is running. Stop it before everything is restored, or name one business (--tenant).")
	}
	path, err := l.spool(r.Body)
	if err != nil {
		return out, err
	}
	defer func() { _ = os.Remove(path) }()
	open := func(context.Context) (io.ReadCloser, error) { return os.Open(path) }
	var got backup.Restored
	restore := func(ctx context.Context) (err error) {
		target := backup.Target{Store: l.cfg.Store, Sessions: l.cfg.Sessions, Now: time.Now, Progress: tell}
		got, err = backup.Restore(ctx, target, want, open, archive.Keys{})
		return err
	}
	switch {
	case want.AsNew: // touches nobody
		err = restore(r.Context())
	case !want.Replace: // one that is here makes it fail, and its worker must not be stopped for that
		if err = l.absent(r.Context(), want.Tenant); err == nil {
			err = l.cfg.Services.Snapshots.WhileStopped(r.Context(), want.Tenant, restore)
		}
	default:
		err = l.cfg.Services.Snapshots.WhileStopped(r.Context(), want.Tenant, restore)
	}
	if err != nil {
		return out, err
	}
	out = RestoreAnswer{Tenants: got.Tenants, TakenAt: got.Manifest.TakenAt, Host: got.Manifest.Host,
		Rows: got.Contents.Rows()}
	l.cfg.Log.Info("a tenant was restored", "tenant", want.Tenant, "as_new", want.AsNew, "backup", got.Manifest.ID,
		"by", api.ByCommandLine)
	return out, nil
}

func (l *Calls) absent(ctx context.Context, tenantID string) error {
	t, err := l.cfg.Services.Tenants.Tenant(ctx, tenantID)
	switch flowhq.CodeOf(err) {
	case flowhq.CodeNotFound:
		return nil
	case "":
		return flowhq.Errorf(flowhq.CodeConflict, "%s is here already. Restore beside it (--as-new), or say that it "+
			"is to be replaced (--replace).", t.Name)
	}
	return err
}

// SpoolPattern matches the files in the folder of sessions that hold a backup while it is restored.
const SpoolPattern = ".restore-*.tmp"

// spool keeps what is sent until it was read twice.
func (l *Calls) spool(from io.Reader) (path string, err error) {
	f, err := os.CreateTemp(l.cfg.Sessions, SpoolPattern)
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
