package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/supervisor"
)

// processView is what the process manager knows. Memory is in bytes; a number that is not known is null, a limit that
// is not set as well.
type processView struct {
	Name          string  `json:"name"`
	State         string  `json:"state"`
	PID           *int    `json:"pid"`
	StartedAt     *stamp  `json:"started_at"`
	UptimeSeconds float64 `json:"uptime_seconds"`
	Restarts      int     `json:"restarts"`
	MemoryRSS     int64   `json:"memory_rss"`
	MemoryPeak    *int64  `json:"memory_peak"`
	MemoryMax     *int64  `json:"memory_max"`
	CPUSeconds    float64 `json:"cpu_seconds"`
	LastExit      *string `json:"last_exit"`
	LastExitAt    *stamp  `json:"last_exit_at"`
	NextStart     *stamp  `json:"next_start"`

	LeftOut map[flowhq.IgnoredSource]int64 `json:"left_out"`
}

func viewProcess(p *flowhq.Process) processView {
	leftOut := p.Ignored
	if leftOut == nil {
		leftOut = map[flowhq.IgnoredSource]int64{}
	}
	return processView{
		LeftOut: leftOut,
		Name:    p.Name, State: p.State, PID: positive(p.PID), StartedAt: maybe(p.StartedAt),
		UptimeSeconds: p.Uptime.Seconds(),
		Restarts:      p.Restarts, MemoryRSS: p.MemoryRSS, MemoryPeak: positive(p.MemoryPeak),
		MemoryMax:  positive(p.MemoryMax),
		CPUSeconds: p.CPU.Seconds(), LastExit: orNull(p.LastExit), LastExitAt: maybe(p.LastExitAt),
		NextStart: maybe(p.NextStart),
	}
}

// positive gives nil for zero.
func positive[N int | int64](n N) *N {
	if n == 0 {
		return nil
	}
	return &n
}

// showProcess shows a worker's process.
func showProcess(logs *supervisor.Logs) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		p, err := logs.Process(c.Request.Context(), id)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewProcess(&p))
		return nil
	}
}
