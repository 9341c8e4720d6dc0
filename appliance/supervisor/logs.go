package supervisor

import (
	"context"
	"io"
	"maps"
	"strings"
	"unicode/utf8"

	"flowhq"
	"flowhq/appliance/form"
	"flowhq/locale/key"
)

// Bounds of what is asked of a log.
const (
	maxLogLines  = 5000
	maxLogSearch = 200 // characters looked for
)

// Logs shows what workers print, what they were started with and how their processes are.
type Logs struct {
	*core
	logs WorkerLogs // nil: there are none
}

// Process tells what the process manager knows of a tenant's worker; one that never ran is "stopped".
func (s *Logs) Process(ctx context.Context, id string) (flowhq.Process, error) {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return flowhq.Process{}, err
	}
	p, ok := s.processes.Process(id)
	if !ok {
		return flowhq.Process{Name: flowhq.ProcessName(id), State: "stopped"}, nil
	}
	s.mu.Lock()
	p.Ignored = maps.Clone(s.worker(id).ignored)
	s.mu.Unlock()
	return p, nil
}

// FollowLog writes the last lines of a worker's log to w and, with follow, what is added from then on, across
// rotations, until ctx ends. A worker that never ran has an empty log.
func (s *Logs) FollowLog(ctx context.Context, id string, w io.Writer, lines int, follow bool) error {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return err
	}
	if s.logs == nil {
		return nil
	}
	if lines < 0 || lines > maxLogLines {
		lines = maxLogLines
	}
	return s.logs.FollowLog(ctx, id, w, lines, follow)
}

// WholeLog writes the newest 16 MiB of a worker's log to w.
func (s *Logs) WholeLog(ctx context.Context, id string, w io.Writer) error {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return err
	}
	if s.logs == nil {
		return nil
	}
	return s.logs.FollowLog(ctx, id, w, 1<<30, false)
}

// SearchLog looks for a text, whatever its case, in a worker's present and rotated log files: the newest limit lines,
// oldest first.
func (s *Logs) SearchLog(ctx context.Context, id, text string, limit int) (flowhq.LogPage, error) {
	var f form.Form
	if text = strings.TrimSpace(text); text == "" {
		f.Refuse("q", key.FieldEmpty)
	} else if utf8.RuneCountInString(text) > maxLogSearch {
		f.Refuse("q", key.FieldTooLong, "limit", maxLogSearch)
	}
	if err := f.Err(); err != nil {
		return flowhq.LogPage{}, err
	}
	var err error
	if limit, err = form.PageLimit(limit); err != nil {
		return flowhq.LogPage{}, err
	}
	if _, err := s.store.Tenant(ctx, id); err != nil || s.logs == nil {
		return flowhq.LogPage{}, err
	}
	return s.logs.SearchLog(ctx, id, text, limit)
}

// Environment is what a tenant's worker is started with; the values of secrets are left out.
func (s *Logs) Environment(ctx context.Context, id string) ([]flowhq.EnvVar, error) {
	if _, err := s.store.Tenant(ctx, id); err != nil || s.logs == nil {
		return nil, err
	}
	vars := s.logs.Environment(id)
	for i := range vars {
		if vars[i].Secret {
			vars[i].Value = ""
		}
	}
	return vars, nil
}
