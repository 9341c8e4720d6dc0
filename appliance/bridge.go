package appliance

import (
	"context"
	"errors"
	"fmt"

	"flowhq"
	"flowhq/appliance/services"
	"flowhq/wire"
)

// bridge hands what workers say to the supervisor: it is wire.Handler. The services are put in before the server
// serves.
type bridge struct {
	services  *services.Services
	processes *processes
}

var (
	_ wire.Handler   = (*bridge)(nil)
	_ services.Links = (*wire.Server)(nil)
)

func (b *bridge) Hello(ctx context.Context, h wire.Hello) (flowhq.WorkerConfig, int64, error) {
	b.processes.runs(h.TenantID, h.Version)
	return b.services.Reports.Hello(ctx, h.TenantID, h.Journal)
}

func (b *bridge) Report(ctx context.Context, tenantID string, r flowhq.SessionReport) error {
	return b.services.Reports.Report(ctx, tenantID, r)
}

func (b *bridge) Heartbeat(ctx context.Context, tenantID string, h wire.Heartbeat) error {
	b.services.Reports.LeftOut(tenantID, h.LeftOut)
	return b.services.Reports.Heartbeat(ctx, tenantID, h.Report)
}

func (b *bridge) Events(ctx context.Context, tenantID, journal string, events []flowhq.WorkerEvent) (int64, error) {
	return b.services.Reports.ApplyEvents(ctx, tenantID, journal, events)
}

func (b *bridge) Gone(tenantID string) { b.services.Reports.Gone(tenantID) }

// authenticate lets a process speak for a tenant that the process manager knows as its worker and that has the token of
// its start.
func (p *processes) authenticate(tenantID, token string, pid int) error {
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

// firstError gives what really went wrong of several errors that follow from each other.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return nil
}
