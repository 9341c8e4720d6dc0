package workers

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"flowhq"
	"flowhq/appliance/supervisor"
	"flowhq/procman"
	"flowhq/wire"
)

var _ supervisor.WorkerLogs = (*Processes)(nil)

// FollowLog writes the last lines of a worker's log and, with follow, what comes. A worker that never ran has none.
func (p *Processes) FollowLog(ctx context.Context, tenantID string, w io.Writer, lines int, follow bool) error {
	if err := p.known(tenantID); err != nil {
		return err
	}
	return p.manager.Follow(ctx, flowhq.ProcessName(tenantID), w, lines, follow)
}

// SearchLog looks through a worker's present and rotated log files.
func (p *Processes) SearchLog(ctx context.Context, tenantID, text string, limit int) (flowhq.LogPage, error) {
	if err := p.known(tenantID); err != nil {
		return flowhq.LogPage{}, err
	}
	found, err := p.manager.Search(ctx, flowhq.ProcessName(tenantID),
		procman.Query{Text: text, IgnoreCase: true, Limit: limit})
	if err != nil {
		return flowhq.LogPage{}, err
	}
	page := flowhq.LogPage{Cut: found.Truncated}
	for _, m := range found.Matches {
		page.Lines = append(page.Lines, flowhq.LogLine{File: filepath.Base(m.File), Text: m.Line})
	}
	return page, nil
}

// LogName gives the name by which the process manager knows a worker's log. A worker that this appliance never ran may
// have a log too.
func (p *Processes) LogName(tenantID string) (string, error) {
	return flowhq.ProcessName(tenantID), p.known(tenantID)
}

// known makes the manager know a worker that did not run since the appliance started: its log may be there all the
// same.
func (p *Processes) known(tenantID string) error {
	if _, err := p.manager.Status(flowhq.ProcessName(tenantID)); errors.Is(err, procman.ErrUnknown) {
		return p.Know(tenantID)
	}
	return nil
}

// Environment is what a worker is started with. The token is made at each start, so that none is shown.
func (p *Processes) Environment(tenantID string) []flowhq.EnvVar {
	p.mu.Lock()
	c := p.config
	p.mu.Unlock()
	start := workerStart{tenantID: tenantID, dir: p.SessionDir(tenantID), socket: c.WorkerSocket()}
	var vars []flowhq.EnvVar
	for _, v := range workerEnvironment(c, start) {
		name, value, _ := strings.Cut(v, "=")
		// a proxy's password
		secret := name == wire.EnvToken || name == wire.EnvSimulatorKey || strings.Contains(value, "@")
		vars = append(vars, flowhq.EnvVar{Name: name, Value: value, Secret: secret})
	}
	return vars
}

// RemoveDevice removes the keys of a tenant's linked device; its journal stays.
func (p *Processes) RemoveDevice(tenantID string) error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		err := os.Remove(filepath.Join(p.SessionDir(tenantID), "device.db"+suffix))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// TenantOf gives the tenant whose worker a process is, by the process's name; false for other processes.
func (*Processes) TenantOf(process string) (tenantID string, ok bool) { return TenantOf(process) }
