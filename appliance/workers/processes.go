package workers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"flowhq"
	"flowhq/appliance/config"
	"flowhq/appliance/supervisor"
	"flowhq/procman"
)

// How workers are run.
const (
	stopGrace    = 15 * time.Second // a worker finishes the message in hand for 10 s at most, then says goodbye
	workerLogMB  = 10
	workerLogCap = 50 << 20 // current and rotated logs of one worker together
	workerTasks  = 256      // threads of one worker
	workerOOMAdj = 300      // the kernel takes a worker before the appliance
	namePrefix   = "worker-"
)

// Processes runs workers by the process manager: it is supervisor.Processes.
type Processes struct {
	manager *procman.Manager
	engine  Engine // what workers are started from
	tokens  *tokens

	mu       sync.Mutex
	config   *config.Config
	programs map[string]workerProgram // what the workers run, by tenant
}

// New makes the processes of the workers. m knows those that run already. The tokens of their starts are kept in folder
// tokens.
func New(m *procman.Manager, e Engine, tokens string, c *config.Config) (*Processes, error) {
	t, err := newTokens(tokens)
	if err != nil {
		return nil, err
	}
	return &Processes{manager: m, engine: e, tokens: t, config: c, programs: make(map[string]workerProgram)}, nil
}

var _ supervisor.Processes = (*Processes)(nil)

// specOf says how a tenant's worker is to be run.
func (p *Processes) specOf(tenantID string) procman.Spec {
	p.mu.Lock()
	c := p.config
	p.mu.Unlock()
	adj := workerOOMAdj
	return procman.Spec{
		Name: flowhq.ProcessName(tenantID),
		Argv: p.engine.command(),
		Dir:  c.SessionsPath,
		Env: func(context.Context, procman.StartInfo) ([]string, error) {
			return p.environment(tenantID)
		},
		Stop:   procman.StopPolicy{Grace: stopGrace},
		Memory: procman.MemoryPolicy{Max: c.WorkerMemoryMax},
		Output: procman.OutputPolicy{Path: workerLog(c, tenantID), MaxSizeMB: workerLogMB, Cap: workerLogCap,
			Compress: true},
		PidsMax:     workerTasks,
		OOMScoreAdj: &adj,
	}
}

func workerLog(c *config.Config, tenantID string) string {
	return filepath.Join(c.LogsPath, tenantID+".log")
}

// environment is all that a worker learns from the appliance's surroundings: an allow-list, a token for this start and
// its folder, which is made when missing.
func (p *Processes) environment(tenantID string) ([]string, error) {
	p.mu.Lock()
	c := p.config
	p.mu.Unlock()
	dir := p.SessionDir(tenantID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("session folder: %w", err)
	}
	token, err := p.tokens.issue(tenantID)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	build, err := p.engine.build()
	if err != nil {
		return nil, err
	}
	p.runs(tenantID, build)
	return workerEnvironment(c, workerStart{tenantID: tenantID, dir: dir, socket: c.WorkerSocket(), token: token,
		build: build}), nil
}

// SessionDir is the folder of a tenant's worker.
func (p *Processes) SessionDir(tenantID string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return filepath.Join(p.config.SessionsPath, tenantID)
}

// Know makes the process manager know a worker's present spec.
func (p *Processes) Know(tenantID string) error {
	_, err := p.manager.Set(p.specOf(tenantID))
	return err
}

// Start makes sure that the worker runs. One that waits for its next start counts as started: it should run already.
func (p *Processes) Start(ctx context.Context, tenantID string) error {
	if err := p.Know(tenantID); err != nil {
		return err
	}
	return started(p.manager.Start(ctx, flowhq.ProcessName(tenantID)))
}

// Stop returns when the whole process tree is gone.
func (p *Processes) Stop(ctx context.Context, tenantID string) error {
	err := p.manager.Stop(ctx, flowhq.ProcessName(tenantID))
	if errors.Is(err, procman.ErrUnknown) {
		return nil
	}
	return plainly(err)
}

// Restart drains and starts anew.
func (p *Processes) Restart(ctx context.Context, tenantID string) error {
	if err := p.Know(tenantID); err != nil {
		return err
	}
	return started(p.manager.Restart(ctx, flowhq.ProcessName(tenantID)))
}

// ForceRestart kills at once and starts anew.
func (p *Processes) ForceRestart(ctx context.Context, tenantID string) error {
	if err := p.Know(tenantID); err != nil {
		return err
	}
	return started(p.manager.ForceRestart(ctx, flowhq.ProcessName(tenantID)))
}

// Recover ends a worker that does not answer; the restart policy counts it as a crash.
func (p *Processes) Recover(ctx context.Context, tenantID string) error {
	return started(p.manager.RestartFor(ctx, flowhq.ProcessName(tenantID), procman.CauseStale))
}

func started(err error) error {
	if errors.Is(err, procman.ErrWaiting) {
		return nil
	}
	return plainly(err)
}

// plainly gives the process manager's errors as sentences for people.
func plainly(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, procman.ErrSuperseded):
		return &flowhq.Error{Code: flowhq.CodeConflict, Message: "another action on this worker came in between",
			Cause: err}
	case errors.Is(err, procman.ErrClosed):
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Message: "Flow HQ is being stopped", Cause: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &flowhq.Error{Code: flowhq.CodeUnavailable, Message: "it takes longer than expected", Cause: err}
	}
	return err
}

// Forget stops the worker and removes all that is kept about it, its logs included.
func (p *Processes) Forget(ctx context.Context, tenantID string) error {
	if err := p.manager.Remove(ctx, flowhq.ProcessName(tenantID)); err != nil && !errors.Is(err, procman.ErrUnknown) {
		return plainly(err)
	}
	p.tokens.forget(tenantID)
	p.mu.Lock()
	delete(p.programs, tenantID)
	path := workerLog(p.config, tenantID)
	p.mu.Unlock()
	rotated, err := filepath.Glob(strings.TrimSuffix(path, ".log") + "-*.log*")
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range append(rotated, path) {
		if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Running tells whether a process is alive or about to be.
func (p *Processes) Running(tenantID string) bool {
	s, err := p.manager.Status(flowhq.ProcessName(tenantID))
	return err == nil && (s.Wanted || s.Pid != 0)
}

// Tenants gives the tenants whose worker is alive or about to be.
func (p *Processes) Tenants() []string {
	var ids []string
	for _, s := range p.manager.List() {
		if id, ok := TenantOf(s.Name); ok && (s.Wanted || s.Pid != 0) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Alive tells the manager that the worker was seen alive now. An unknown one was forgotten meanwhile.
func (p *Processes) Alive(tenantID string) { _ = p.manager.Alive(flowhq.ProcessName(tenantID)) }

// Process measures a worker.
func (p *Processes) Process(tenantID string) (flowhq.Process, bool) {
	s, err := p.manager.Status(flowhq.ProcessName(tenantID))
	if err != nil {
		return flowhq.Process{}, false
	}
	out := flowhq.Process{
		Name: s.Name, State: string(s.State), PID: s.Pid, Restarts: s.Restarts, MemoryMax: s.MemoryLimit,
		LogPath: s.LogPath, StartedAt: moment(s.StartedAt), NextStart: moment(s.NextStart),
	}
	if s.LastExit != nil {
		out.LastExit, out.LastExitAt = exitText(*s.LastExit), moment(s.LastExit.At)
	}
	if s.Pid == 0 {
		return out, true
	}
	out.Uptime = s.Uptime(time.Now())
	if m, err := p.manager.Stats(s.Name, false); err == nil {
		out.MemoryRSS, out.MemoryPeak = m.Memory, m.MemoryPeak
		out.CPU, out.CPUPercent = time.Duration(m.CPU*float64(time.Second)), m.CPUPercent
	}
	return out, true
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func exitText(e procman.Exit) string {
	if e.OOM {
		return "out of memory"
	}
	return e.String()
}

// TenantOf gives the tenant whose worker a process is, by the process's name; false for other processes.
func TenantOf(name string) (id string, ok bool) { return strings.CutPrefix(name, namePrefix) }

// owns tells whether a process is the worker of a tenant.
func (p *Processes) owns(tenantID string, pid int) bool {
	name, ok := p.manager.Owner(pid)
	return ok && name == flowhq.ProcessName(tenantID)
}

// Apply takes over what a reload changed; limits of running workers follow at once.
func (p *Processes) Apply(c *config.Config) error {
	p.mu.Lock()
	p.config = c
	p.mu.Unlock()
	var errs []error
	for _, id := range p.Tenants() {
		errs = append(errs, p.Know(id))
	}
	return errors.Join(errs...)
}
