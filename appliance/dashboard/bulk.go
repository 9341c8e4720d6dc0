package dashboard

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"flowhq"
	"flowhq/locale/key"
)

// Jobs are kept in memory for so long after their end, and so many of them.
const (
	jobKept = time.Hour
	jobsMax = 100
	bulkMax = 1000 // tenants in one job
)

// Action does something to one tenant in the name of by.
type Action func(ctx context.Context, by, tenantID string) error

// BulkConfig is what BulkJobs is made of; all is required.
type BulkConfig struct {
	Summaries *Summaries
	Actions   map[flowhq.BulkAction]Action // of every flowhq.BulkAction
	Now       func() time.Time
	Logger    *slog.Logger
}

// BulkJobs does actions to several tenants at once and tells how they go. It is safe for use by many goroutines.
type BulkJobs struct {
	summaries *Summaries
	actions   map[flowhq.BulkAction]Action
	now       func() time.Time
	log       *slog.Logger

	mu   sync.Mutex
	jobs map[string]*flowhq.BulkJob
}

// NewBulkJobs makes BulkJobs without jobs.
func NewBulkJobs(c BulkConfig) *BulkJobs {
	return &BulkJobs{summaries: c.Summaries, actions: c.Actions, now: c.Now, log: c.Logger,
		jobs: make(map[string]*flowhq.BulkJob)}
}

// StartBulk does an action to several tenants, a few at once, and gives the job at once; it goes on when the caller
// goes away. Tenants that do not exist are CodeInvalid on ids, before anything is done.
func (s *BulkJobs) StartBulk(ctx context.Context, by string, action flowhq.BulkAction,
	ids []string) (flowhq.BulkJob, error) {
	do, ok := s.actions[action]
	if !ok {
		return flowhq.BulkJob{}, flowhq.Invalid([]flowhq.FieldError{
			flowhq.Wrong("action", key.FieldOneOf, "values", "start, stop, restart, pause, resume")})
	}
	results, err := s.targets(ctx, ids)
	if err != nil {
		return flowhq.BulkJob{}, err
	}
	job := &flowhq.BulkJob{ID: uuid.Must(uuid.NewV7()).String(), Action: action, By: by, Begun: s.now().UTC(),
		Results: results}
	s.put(job, s.now())
	began := s.copy(job)
	ctx = context.WithoutCancel(ctx)
	go func() {
		inParallel(idsOf(results), func(id string) {
			err := do(ctx, by, id)
			if err != nil {
				s.log.Warn("a bulk action failed", "action", action, "tenant", id, "error", err)
			}
			s.finish(job, id, bulkFailure(err))
		})
		s.end(job, s.now().UTC())
	}()
	return began, nil
}

// Bulk gives a job as it stands; CodeNotFound "Job not found".
func (s *BulkJobs) Bulk(id string) (flowhq.BulkJob, error) {
	s.mu.Lock()
	job, ok := s.jobs[id]
	s.mu.Unlock()
	if !ok {
		return flowhq.BulkJob{}, flowhq.NotFound("Job")
	}
	return s.copy(job), nil
}

func (s *BulkJobs) targets(ctx context.Context, ids []string) ([]flowhq.BulkResult, error) {
	wrong := func(text string, args ...any) error {
		return flowhq.Invalid([]flowhq.FieldError{flowhq.Wrong("ids", text, args...)})
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	switch {
	case len(ids) == 0:
		return nil, wrong(key.FieldBusinessNone)
	case len(ids) > bulkMax:
		return nil, wrong(key.FieldBusinessMany, "limit", bulkMax)
	}
	summaries, err := s.summaries.All(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(summaries))
	for _, l := range summaries {
		names[l.ID] = l.Name
	}
	results := make([]flowhq.BulkResult, len(ids))
	for i, id := range ids {
		name, known := names[id]
		if !known {
			return nil, wrong(key.FieldBusinessUnknown)
		}
		results[i] = flowhq.BulkResult{TenantID: id, Name: name}
	}
	slices.SortFunc(results, func(a, b flowhq.BulkResult) int { return compareNames(a.Name, b.Name) })
	return results, nil
}

func idsOf(results []flowhq.BulkResult) []string {
	ids := make([]string, len(results))
	for i, r := range results {
		ids[i] = r.TenantID
	}
	return ids
}

// bulkFailure says what a person may know of an error.
func bulkFailure(err error) flowhq.Text {
	switch {
	case err == nil:
		return flowhq.Text{}
	case flowhq.CodeOf(err) == flowhq.CodeInternal:
		return flowhq.Say(key.ErrorInternal)
	}
	return flowhq.TextOf(err)
}

func (s *BulkJobs) put(job *flowhq.BulkJob, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var oldest string
	for id, j := range s.jobs {
		if j.Ended == nil {
			continue
		}
		if now.Sub(*j.Ended) > jobKept {
			delete(s.jobs, id)
		} else if oldest == "" || id < oldest { // ids grow with time
			oldest = id
		}
	}
	if len(s.jobs) >= jobsMax {
		delete(s.jobs, oldest)
	}
	s.jobs[job.ID] = job
}

func (s *BulkJobs) copy(job *flowhq.BulkJob) flowhq.BulkJob {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := *job
	c.Results = slices.Clone(job.Results)
	return c
}

func (s *BulkJobs) finish(job *flowhq.BulkJob, id string, failure flowhq.Text) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range job.Results {
		if r := &job.Results[i]; r.TenantID == id {
			r.Done, r.Error = true, failure
		}
	}
}

func (s *BulkJobs) end(job *flowhq.BulkJob, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	job.Ended = &now
}

// parallel is how many tenants of one job are worked on at once.
const parallel = 8

// inParallel calls do for each id, a few at once, and returns when all are done.
func inParallel(ids []string, do func(id string)) {
	var places errgroup.Group
	places.SetLimit(parallel)
	for _, id := range ids {
		places.Go(func() error { do(id); return nil })
	}
	_ = places.Wait() // no call gives an error
}
