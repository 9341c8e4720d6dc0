package harness

import (
	"context"
	"fmt"
	"time"

	"flowhq"
)

// Link gives a tenant's number a phone in the simulator, lets it scan the QR code and waits until the tenant is ACTIVE
// and connected. A code that expired between reading and scanning is read again.
func (a *API) Link(ctx context.Context, s *Simulator, id, number, name string) error {
	if err := s.AddPhone(ctx, number, name); err != nil {
		return err
	}
	err := Until(ctx, 100*time.Millisecond, func() error {
		code, err := a.QR(ctx, id)
		if err != nil {
			return err
		}
		return s.ScanQR(ctx, number, code)
	})
	if err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	if err := a.WaitStatus(ctx, id, flowhq.TenantActive); err != nil {
		return err
	}
	return a.WaitConnected(ctx, id)
}
