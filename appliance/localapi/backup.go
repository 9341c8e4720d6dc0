package localapi

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/locale"
)

// TenantHeader names the business that a streamed backup is of.
const TenantHeader = "Flowhq-Tenant"

// Trailers of a streamed backup.
const (
	TrailerFailure  = "Flowhq-Failure"  // why it failed, percent-encoded; "" when it is whole
	TrailerProblems = "Flowhq-Problems" // JSON, percent-encoded: what it lacks
)

// streamBackup sends a backup to the command line, which encrypts it and puts it where its user may write.
func (l *Calls) streamBackup(c *gin.Context) error {
	tenant := ""
	if id := c.Query("tenant"); id != "" {
		t, err := l.cfg.Services.Tenants.Tenant(c.Request.Context(), id)
		if err != nil {
			return err
		}
		tenant = t.ID
		c.Header(TenantHeader, tenant)
	}
	contents, err := l.cfg.Keeper.WriteTo(c.Request.Context(), c.Writer, tenant)
	if err != nil && !c.Writer.Written() {
		return err
	}
	trailer := c.Writer.Header()
	if err != nil {
		l.cfg.Log.Error("a backup for the command line failed", "error", err)
		trailer.Set(http.TrailerPrefix+TrailerFailure, url.PathEscape(sentenceOf(err)))
		return nil
	}
	problems, err := json.Marshal(contents.Problems)
	if err != nil {
		return err
	}
	trailer.Set(http.TrailerPrefix+TrailerProblems, url.PathEscape(string(problems)))
	l.cfg.Log.Info("backup taken for the command line",
		"tenant", tenant, "tenants", len(contents.Tenants), "rows", contents.Rows())
	return nil
}

// sentenceOf gives what a person reads of an error after the answer has begun.
func sentenceOf(err error) string {
	if flowhq.CodeOf(err) != flowhq.CodeInternal {
		return locale.English(err)
	}
	return "Something went wrong. The log tells what."
}
