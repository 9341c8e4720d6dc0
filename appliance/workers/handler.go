package workers

import (
	"context"
	"fmt"

	"flowhq"
	"flowhq/appliance/services"
	"flowhq/wire"
)

// Handler hands what workers say to the services: it is wire.Handler. Both fields are set before the server serves.
type Handler struct {
	Services  *services.Services
	Processes *Processes
}

var (
	_ wire.Handler   = (*Handler)(nil)
	_ services.Links = (*wire.Server)(nil)
)

// Hello takes a worker in that connects, and gives its settings and the last event that was taken over.
func (h *Handler) Hello(ctx context.Context, said wire.Hello) (flowhq.WorkerConfig, int64, error) {
	h.Processes.runs(said.TenantID, said.Version)
	return h.Services.Reports.Hello(ctx, said.TenantID, said.Journal)
}

// Report takes over what a worker says about its session.
func (h *Handler) Report(ctx context.Context, tenantID string, r flowhq.SessionReport) error {
	return h.Services.Reports.Report(ctx, tenantID, r)
}

// Heartbeat takes over that a worker lives, and which messages it left out.
func (h *Handler) Heartbeat(ctx context.Context, tenantID string, beat wire.Heartbeat) error {
	h.Services.Reports.LeftOut(tenantID, beat.LeftOut)
	return h.Services.Reports.Heartbeat(ctx, tenantID, beat.Report)
}

// Events takes over what happened at a worker, and gives the last event that need not be sent again.
func (h *Handler) Events(ctx context.Context, tenantID, journal string, events []flowhq.WorkerEvent) (int64, error) {
	return h.Services.Reports.ApplyEvents(ctx, tenantID, journal, events)
}

// Gone takes over that a worker's connection ended.
func (h *Handler) Gone(tenantID string) { h.Services.Reports.Gone(tenantID) }

// Authenticate lets a process speak for a tenant that the process manager knows as its worker and that has the token of
// its start.
func (p *Processes) Authenticate(tenantID, token string, pid int) error {
	if !p.owns(tenantID, pid) {
		return &flowhq.Error{
			Code: flowhq.CodeForbidden, Message: "This process is not the tenant's worker",
			Cause: fmt.Errorf("process %d is not the worker of %s", pid, tenantID),
		}
	}
	if err := p.tokens.check(tenantID, token); err != nil {
		return &flowhq.Error{Code: flowhq.CodeUnauthorized, Message: "The worker's token is wrong", Cause: err}
	}
	return nil
}
