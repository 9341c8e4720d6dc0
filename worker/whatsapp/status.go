package whatsapp

import (
	"sync"
	"sync/atomic"
	"time"

	"flowhq"
)

// status is what is known of the session, and the only place that calls Config.Report. Reports go out in the order of
// the changes: order is locked during the call. mu is not, so that the callee may ask for the status.
type status struct {
	tell func(flowhq.SessionReport)
	wall func() time.Time

	heard atomic.Int64 // Unix nanoseconds by wall; 0: never

	order sync.Mutex
	mu    sync.Mutex
	last  flowhq.SessionReport
}

func (s *status) begin(cfg Config) {
	s.tell, s.wall = cfg.Report, cfg.Now
	s.last = flowhq.SessionReport{Phase: flowhq.PhaseStarting, Since: cfg.Now()}
}

// phase is a change of the session; what it leaves out is cleared.
type phase struct {
	is        flowhq.Phase
	detail    string
	code      string
	codeUntil time.Time
	until     time.Time
}

// set makes a change and reports it.
func (s *status) set(p phase) {
	s.order.Lock()
	defer s.order.Unlock()
	s.mu.Lock()
	if s.last.Phase != p.is {
		s.last.Since = s.wall()
	}
	s.last.Phase, s.last.Detail, s.last.QRCode = p.is, p.detail, p.code
	s.last.QRExpires, s.last.Until = pointer(p.codeUntil), pointer(p.until)
	s.mu.Unlock()
	s.tell(s.now())
}

// link notes the linked device's address, for the next report.
func (s *status) link(jid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last.LinkedJID = jid
}

// hear notes that something came from WhatsApp just now, for the next report.
func (s *status) hear() { s.heard.Store(s.wall().UnixNano()) }

func (s *status) now() flowhq.SessionReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.last
	if at := s.heard.Load(); at != 0 {
		r.HeardAt = pointer(time.Unix(0, at))
	}
	return r
}

func pointer(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
