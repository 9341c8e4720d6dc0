package wasim

import (
	"sync/atomic"
	"time"
)

// counters count since the start of the process.
type counters struct {
	in, out, redelivered, undecryptable, retries, refused, banned atomic.Int64
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
	// of the undecryptable ones, those that could not be read to this moment
	Placeholders int   `json:"placeholders"`
	Unread       int   `json:"unread"`  // messages that linked devices could not read to this moment
	Refused      int64 `json:"refused"` // messages of clients that were refused because the account is restricted
	Banned       int64 `json:"banned"`  // logins of banned accounts
	BytesIn      int64 `json:"bytes_in"`
	BytesOut     int64 `json:"bytes_out"`
	UptimeMS     int64 `json:"uptime_ms"`
}

// Stats returns the simulator's figures.
func (s *Server) Stats() Stats {
	phones, customers := s.all()
	st := Stats{Accounts: len(phones), Customers: len(customers), Connections: len(s.allSessions()),
		MessagesIn: s.stats.in.Load(), MessagesOut: s.stats.out.Load(), Redelivered: s.stats.redelivered.Load(),
		Undecryptable: s.stats.undecryptable.Load(), Retries: s.stats.retries.Load(),
		Refused: s.stats.refused.Load(), Banned: s.stats.banned.Load(),
		BytesIn: s.meter.in.Load(), BytesOut: s.meter.out.Load(), UptimeMS: time.Since(s.started).Milliseconds()}
	for _, c := range customers {
		st.Placeholders += c.placeholders()
	}
	for _, p := range phones {
		st.Placeholders += p.placeholders()
		for _, d := range p.linked() {
			info := d.info()
			st.Devices++
			st.Waiting += info.Waiting
			st.Unread += d.unreadCount()
			if info.Online {
				st.DevicesOnline++
			}
		}
	}
	return st
}

// placeholders counts the messages of clients that the party could not read to this moment.
func (p *party) placeholders() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.hidden)
}

// unreadCount counts the messages that the device could not read to this moment.
func (d *Device) unreadCount() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.unread)
}
