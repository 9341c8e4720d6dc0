package wasim

import (
	"sync/atomic"
	"time"
)

// counters count since the start of the process.
type counters struct {
	in, out, redelivered, undecryptable, retries atomic.Int64
}

// Stats are the simulator's figures since its start.
type Stats struct {
	Accounts      int   `json:"accounts"` // phones
	Customers     int   `json:"customers"`
	Devices       int   `json:"devices"`        // linked
	DevicesOnline int   `json:"devices_online"` // of them connected
	Connections   int   `json:"connections"`    // pairing ones too
	MessagesIn    int64 `json:"messages_in"`    // from customers to accounts
	MessagesOut   int64 `json:"messages_out"`   // from clients to customers and other accounts, as read there
	Waiting       int   `json:"waiting"`        // stanzas that devices have not confirmed
	Redelivered   int64 `json:"redelivered"`    // deliveries repeated
	Undecryptable int64 `json:"undecryptable"`  // messages of clients that could not be read here
	Retries       int64 `json:"retries"`        // messages that clients asked for again
	BytesIn       int64 `json:"bytes_in"`
	BytesOut      int64 `json:"bytes_out"`
	UptimeMS      int64 `json:"uptime_ms"`
}

// Stats returns the simulator's figures.
func (s *Server) Stats() Stats {
	phones, customers := s.all()
	st := Stats{Accounts: len(phones), Customers: len(customers), Connections: len(s.allSessions()),
		MessagesIn: s.stats.in.Load(), MessagesOut: s.stats.out.Load(), Redelivered: s.stats.redelivered.Load(),
		Undecryptable: s.stats.undecryptable.Load(), Retries: s.stats.retries.Load(),
		BytesIn: s.meter.in.Load(), BytesOut: s.meter.out.Load(), UptimeMS: time.Since(s.started).Milliseconds()}
	for _, p := range phones {
		for _, d := range p.linked() {
			info := d.info()
			st.Devices++
			st.Waiting += info.Waiting
			if info.Online {
				st.DevicesOnline++
			}
		}
	}
	return st
}
