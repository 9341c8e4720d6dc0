package workers

import "time"

// workerProgram is what a worker was last known to run.
type workerProgram struct {
	build string    // "": it has not said hello yet
	since time.Time // when it was first known
}

// unknownPatience is how long an adopted worker may be silent about its program before it counts as an outdated one:
// its version may speak a form of the protocol that this one refuses.
const unknownPatience = 45 * time.Second

// runs notes what a worker runs.
func (p *Processes) runs(tenantID, build string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.programs == nil {
		p.programs = make(map[string]workerProgram)
	}
	since := p.programs[tenantID].since
	if since.IsZero() {
		since = time.Now()
	}
	p.programs[tenantID] = workerProgram{build: build, since: since}
}

// Outdated gives the tenants whose worker runs another program than the present engine.
func (p *Processes) Outdated() []string {
	build, err := p.engine.build()
	if err != nil || !p.engine.settled(time.Now()) {
		return nil
	}
	var ids []string
	for _, id := range p.Tenants() {
		p.mu.Lock()
		of, known := p.programs[id]
		p.mu.Unlock()
		switch {
		case known && of.build == "" && time.Since(of.since) > unknownPatience, known && of.build != "" &&
			of.build != build:
			ids = append(ids, id)
		}
	}
	return ids
}
