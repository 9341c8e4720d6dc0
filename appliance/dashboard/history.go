package dashboard

import (
	"context"
	"sync"
	"time"

	"flowhq"
)

// Of each worker its memory and processor use are kept for two hours by the minute and for a day by ten minutes: 2
// KiB a worker, in memory alone. It is lost when the appliance restarts.
const (
	sampleEvery = time.Minute
	recentKept  = 120
	coarseEvery = 10
	coarseKept  = 144
)

// point is a measurement, small: there may be a thousand series.
type point struct {
	at     int64 // Unix seconds; 0: none
	memory int32 // KiB
	cpu    float32
}

// ring keeps the latest points.
type ring struct {
	points []point
	next   int
}

func (r *ring) put(p point, size int) {
	if len(r.points) < size {
		r.points = append(r.points, p)
		return
	}
	r.points[r.next] = p
	r.next = (r.next + 1) % size
}

// each calls do for every point, oldest first.
func (r *ring) each(do func(point)) {
	for i := range r.points {
		do(r.points[(r.next+i)%len(r.points)])
	}
}

// series is what is kept of one worker.
type series struct {
	recent, coarse ring
	pending        []point // since the last coarse point
	pid            int
	cpu            time.Duration
	at             time.Time
}

// add takes a measurement. The processor time is that since the process began, so two of them make a share.
func (s *series) add(p flowhq.Process, now time.Time) {
	var share float64
	switch {
	case p.PID == 0:
	case p.PID == s.pid && now.After(s.at):
		share = float64(p.CPU-s.cpu) / float64(now.Sub(s.at))
	case p.Uptime > 0:
		share = float64(p.CPU) / float64(p.Uptime)
	}
	s.pid, s.cpu, s.at = p.PID, p.CPU, now
	one := point{at: now.Unix(), memory: int32(p.MemoryRSS >> 10), cpu: float32(100 * max(0, share))}
	s.recent.put(one, recentKept)
	if s.pending = append(s.pending, one); len(s.pending) == coarseEvery {
		s.coarse.put(summary(s.pending), coarseKept)
		s.pending = s.pending[:0]
	}
}

// summary gives the highest memory and the average share of some points: a peak is what people look for.
func summary(points []point) point {
	out := point{at: points[len(points)-1].at}
	for _, p := range points {
		out.memory = max(out.memory, p.memory)
		out.cpu += p.cpu / float32(len(points))
	}
	return out
}

// samples gives all points once, oldest first: by ten minutes, and by the minute from where that begins.
func (s *series) samples() []flowhq.ProcessSample {
	var out []flowhq.ProcessSample
	var begin int64
	if len(s.recent.points) > 0 {
		s.recent.each(func(p point) {
			if begin == 0 {
				begin = p.at
			}
		})
	}
	add := func(p point) {
		out = append(out, flowhq.ProcessSample{At: time.Unix(p.at, 0).UTC(), Memory: int64(p.memory) << 10,
			CPU: float64(p.cpu)})
	}
	s.coarse.each(func(p point) {
		if p.at < begin {
			add(p)
		}
	})
	s.recent.each(add)
	return out
}

// History keeps the memory and processor use of all workers. It is safe for use by many goroutines.
type History struct {
	processes Processes
	now       func() time.Time

	mu  sync.Mutex
	all map[string]*series
}

// NewHistory makes an empty History; Run fills it.
func NewHistory(processes Processes, now func() time.Time) *History {
	return &History{processes: processes, now: now, all: make(map[string]*series)}
}

func (b *History) add(id string, p flowhq.Process, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.all[id]
	if !ok {
		s = &series{}
		b.all[id] = s
	}
	s.add(p, now)
}

// Forget drops the history of a tenant that is gone.
func (b *History) Forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.all, id)
}

// Run takes a point of every worker that runs, once a minute until ctx ends.
func (b *History) Run(ctx context.Context) { every(ctx, sampleEvery, b.measure) }

func (b *History) measure(ctx context.Context) {
	now := b.now()
	for _, id := range b.processes.Tenants() {
		if ctx.Err() != nil {
			return
		}
		if p, ok := b.processes.Process(id); ok {
			b.add(id, p, now)
		}
	}
}

// Samples gives a worker's memory and processor use over the last day, oldest first: of the last two hours by the
// minute, before that by ten minutes (the highest memory, the average share). What it is now is the last one. An
// unknown tenant has none.
func (b *History) Samples(id string) []flowhq.ProcessSample {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, ok := b.all[id]; ok {
		return s.samples()
	}
	return nil
}

// memory gives what a worker used when it was last measured, within the last minute; 0 when it does not run.
func (b *History) memory(id string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.all[id]
	if !ok || len(s.recent.points) == 0 {
		return 0
	}
	n := len(s.recent.points)
	return int64(s.recent.points[(s.recent.next+n-1)%n].memory) << 10
}
