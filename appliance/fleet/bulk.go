package fleet

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"flowhq"
)

// Jobs are kept in memory for so long after their end, and so many of them.
const (
	jobKept = time.Hour
	jobsMax = 100
	bulkMax = 1000 // tenants in one job
)

// jobBook holds bulk actions.
type jobBook struct {
	mu   sync.Mutex
	jobs map[string]*flowhq.BulkJob
}

// StartBulk does an action to several tenants, a few at once, and gives the job at once; it goes on when the caller goes
// away. Tenants that do not exist are CodeInvalid on ids, before anything is done.
func (s *Service) StartBulk(ctx context.Context, by string, action flowhq.BulkAction, ids []string) (flowhq.BulkJob, error) {
	do, err := s.bulkCall(action)
	if err != nil {
		return flowhq.BulkJob{}, err
	}
	results, err := s.bulkTargets(ctx, ids)
	if err != nil {
		return flowhq.BulkJob{}, err
	}
	job := &flowhq.BulkJob{ID: uuid.Must(uuid.NewV7()).String(), Action: action, By: by, Begun: s.now().UTC(), Results: results}
	s.jobs.put(job, s.now())
	began := s.jobs.copy(job)
	ctx = context.WithoutCancel(ctx)
	go func() {
		inParallel(idsOf(results), func(id string) {
			err := do(ctx, by, id)
			if err != nil {
				s.log.Warn("a bulk action failed", "action", action, "tenant", id, "error", err)
			}
			s.jobs.finish(job, id, bulkSentence(err))
		})
		s.jobs.end(job, s.now().UTC())
	}()
	return began, nil
}

// Bulk gives a job as it stands; CodeNotFound "Job not found".
func (s *Service) Bulk(id string) (flowhq.BulkJob, error) {
	s.jobs.mu.Lock()
	job, ok := s.jobs.jobs[id]
	s.jobs.mu.Unlock()
	if !ok {
		return flowhq.BulkJob{}, flowhq.NotFound("Job")
	}
	return s.jobs.copy(job), nil
}

func (s *Service) bulkCall(a flowhq.BulkAction) (func(ctx context.Context, by, id string) error, error) {
	switch a {
	case flowhq.BulkStart:
		return s.startAnyway, nil
	case flowhq.BulkStop:
		return s.StopWorker, nil
	case flowhq.BulkRestart:
		return s.RestartWorker, nil
	case flowhq.BulkPause:
		return s.Pause, nil
	case flowhq.BulkResume:
		return s.Resume, nil
	}
	return nil, flowhq.Invalid([]flowhq.FieldError{{Field: "action", Message: "must be one of start, stop, restart, pause, resume"}})
}

// startAnyway starts a worker; among several one that runs already is where it should be.
func (s *Service) startAnyway(ctx context.Context, by, id string) error {
	if s.processes.Running(id) {
		return nil
	}
	return s.StartWorker(ctx, by, id)
}

func (s *Service) bulkTargets(ctx context.Context, ids []string) ([]flowhq.BulkResult, error) {
	wrong := func(message string) error {
		return flowhq.Invalid([]flowhq.FieldError{{Field: "ids", Message: message}})
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	switch {
	case len(ids) == 0:
		return nil, wrong("must name at least one business")
	case len(ids) > bulkMax:
		return nil, wrong("may name 1000 businesses at most")
	}
	lines, err := s.allLines(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(lines))
	for _, l := range lines {
		names[l.ID] = l.Name
	}
	results := make([]flowhq.BulkResult, len(ids))
	for i, id := range ids {
		name, known := names[id]
		if !known {
			return nil, wrong("names a business that does not exist")
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

// bulkSentence gives the words of an error for a person.
func bulkSentence(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*flowhq.Error](err); ok && e.Code != flowhq.CodeInternal {
		return e.Message
	}
	return "Something went wrong here. It is in the log."
}

func (b *jobBook) put(job *flowhq.BulkJob, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.jobs == nil {
		b.jobs = make(map[string]*flowhq.BulkJob)
	}
	var oldest string
	for id, j := range b.jobs {
		if j.Ended == nil {
			continue
		}
		if now.Sub(*j.Ended) > jobKept {
			delete(b.jobs, id)
		} else if oldest == "" || id < oldest { // ids grow with time
			oldest = id
		}
	}
	if len(b.jobs) >= jobsMax {
		delete(b.jobs, oldest)
	}
	b.jobs[job.ID] = job
}

func (b *jobBook) copy(job *flowhq.BulkJob) flowhq.BulkJob {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := *job
	c.Results = slices.Clone(job.Results)
	return c
}

func (b *jobBook) finish(job *flowhq.BulkJob, id, sentence string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range job.Results {
		if r := &job.Results[i]; r.TenantID == id {
			r.Done, r.Error = true, sentence
		}
	}
}

func (b *jobBook) end(job *flowhq.BulkJob, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	job.Ended = &now
}
