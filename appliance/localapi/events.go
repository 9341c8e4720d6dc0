package localapi

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/procman"
)

// WorkerEvent is what happened to one worker's process.
type WorkerEvent struct {
	procman.Event
	TenantID string `json:"tenant_id"`
	Name     string `json:"name"`
}

// processEvents gives what the process manager remembers of all workers since an event's number, oldest first.
func (l *Calls) processEvents(c *gin.Context) error {
	after, err := number(c, "after", 0)
	if err != nil {
		return err
	}
	limit, err := number(c, "limit", flowhq.DefaultLimit)
	if err != nil {
		return err
	}
	events := []WorkerEvent{}
	var names map[string]string
	remembered := l.cfg.Manager.Events(uint64(after))
	for _, e := range remembered[max(0, len(remembered)-limit):] {
		id, ok := l.cfg.Workers.TenantOf(e.Process)
		if !ok {
			continue
		}
		if names == nil { // read only where there is an event, since this is asked every second
			if names, err = l.namesByID(c.Request.Context()); err != nil {
				return err
			}
		}
		events = append(events, WorkerEvent{Event: e, TenantID: id, Name: names[id]})
	}
	c.JSON(http.StatusOK, events)
	return nil
}

func (l *Calls) namesByID(ctx context.Context) (map[string]string, error) {
	tenants, err := l.cfg.Services.Tenants.Tenants(ctx, flowhq.TenantFilter{})
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(tenants))
	for _, t := range tenants {
		names[t.ID] = businessName(t)
	}
	return names, nil
}
