package appliance

import (
	"net/http"

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
func (c *control) processEvents(r *http.Request) (any, error) {
	after, err := number(r, "after", 0)
	if err != nil {
		return nil, err
	}
	limit, err := number(r, "limit", flowhq.DefaultLimit)
	if err != nil {
		return nil, err
	}
	events := []WorkerEvent{}
	var names map[string]string
	kept := c.manager.Events(uint64(after))
	for _, e := range kept[max(0, len(kept)-limit):] {
		id, ok := tenantOf(e.Process)
		if !ok {
			continue
		}
		if names == nil { // nothing is looked up for nothing, since this is asked every second
			if names, err = c.namesByID(r); err != nil {
				return nil, err
			}
		}
		events = append(events, WorkerEvent{Event: e, TenantID: id, Name: names[id]})
	}
	return events, nil
}

func (c *control) namesByID(r *http.Request) (map[string]string, error) {
	tenants, err := c.services.Tenants.Tenants(r.Context(), flowhq.TenantFilter{})
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(tenants))
	for _, t := range tenants {
		names[t.ID] = calledBy(t)
	}
	return names, nil
}
