package localapi

import (
	"context"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sys/unix"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/locale"
)

// Status is what the running appliance says of itself.
type Status struct {
	Version   string    `json:"version"`
	PID       int       `json:"pid"`
	URL       string    `json:"url"`
	Database  string    `json:"database"`
	StartedAt time.Time `json:"started_at"`
	Simulator bool      `json:"simulator"`
	Groups    bool      `json:"groups"` // workers are in control groups of their own
	Memory    string    `json:"memory"` // how their memory is bounded: cgroup or sampling

	Resident int64   `json:"resident"`    // the appliance's own memory in bytes
	CPU      float64 `json:"cpu_seconds"` // its processor time, user and system

	Limits      flowhq.Limits `json:"limits"`       // that workers keep to now
	DeletesUser bool          `json:"deletes_user"` // portal users can be removed
}

// Reloaded is the result of a reload.
type Reloaded struct {
	File        string   `json:"file"`
	Warnings    []string `json:"warnings"`
	NeedRestart []string `json:"need_restart"` // settings that changed and that the running appliance cannot change
	HandsOver   string   `json:"hands_over"`   // program that takes over in a moment, "" when none does
}

// Failure is the body of an error where programs of two versions talk: this version reads "error", earlier ones read
// "code" and "message".
type Failure struct {
	Error   string      `json:"error"`
	Code    flowhq.Code `json:"code"`
	Message string      `json:"message"`
}

func failureOf(err error) Failure {
	sentence := locale.English(err)
	return Failure{Error: sentence, Code: flowhq.CodeOf(err), Message: sentence}
}

// between makes the handler of a call that an old program and a new one make during an upgrade.
func between(do func(*http.Request) (any, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		v, err := do(c.Request)
		if err != nil {
			c.JSON(access.StatusOf(flowhq.CodeOf(err)), failureOf(err))
			return
		}
		c.JSON(http.StatusOK, v)
	}
}

func (l *Calls) status(*http.Request) (any, error) {
	s := l.cfg.Status
	s.Limits, s.DeletesUser = l.cfg.Services.Configs.Limits(), true
	s.Resident, s.CPU = ownUse()
	return s, nil
}

// reloadLimit is how long a reload may wait for its turn.
const reloadLimit = 10 * time.Second

func (l *Calls) reload(r *http.Request) (any, error) {
	ctx, cancel := context.WithTimeout(r.Context(), reloadLimit)
	defer cancel()
	return l.cfg.Reload(ctx, r.URL.Query().Get("all") == "true")
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
