package wasim

import (
	"slices"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Fault is something that goes wrong. Which fields count depends on its name.
type Fault struct {
	// a phone's, or a customer's for redeliver, new-identity and retry; empty: all
	Number  string  `json:"number,omitempty"`
	Fault   string  `json:"fault"`
	Code    int     `json:"code,omitempty"`     // refuse: 401, 402, 403, 405, 406, 500, 503; error-ack: default 463
	BanCode int     `json:"ban_code,omitempty"` // refuse 402 and ban: 101 to 106, default 101
	Expire  int     `json:"expire,omitempty"`   // refuse 402: seconds, default 3600
	Count   int     `json:"count,omitempty"`    // refuse, error-ack, redeliver, retry: how many; default 1
	Seconds float64 `json:"seconds,omitempty"`  // freeze, hold-acks, timelock, ban
	Silent  bool    `json:"silent,omitempty"`   // timelock: it is not announced, messages are just refused
	MS      int     `json:"ms,omitempty"`       // slow: milliseconds; 0 ends it. A change releases what waits
	Pairing bool    `json:"pairing,omitempty"`  // refuse: the next connection that wants to pair, not a login
	Keys    bool    `json:"keys,omitempty"`     // retry: with fresh keys at once, so that a new session is started
	Quiet   bool    `json:"quiet,omitempty"`    // new-identity: clients are not notified
}

// Inject causes a fault and returns how many connections, devices, parties or messages it touched.
func (s *Server) Inject(f Fault) (int, error) {
	var who *party
	if f.Number != "" {
		digits, err := cleanNumber(f.Number)
		if err != nil {
			return 0, err
		}
		if who = s.find(digits); who == nil {
			return 0, errNotFound("%s is neither a phone nor a customer", plus(digits))
		}
	}
	f.Count = max(f.Count, 1)
	switch f.Fault {
	case "redeliver":
		return s.redeliver(who, f.Count)
	case "new-identity":
		return s.newIdentities(who, f.Quiet)
	case "retry":
		return s.askRetries(who, f)
	}
	if who != nil && who.phone == nil {
		return 0, errBad("%s is a customer; the fault %q is for phones", who.Number(), f.Fault)
	}
	if n, known, err := s.disturb(who, f); known {
		return n, err
	}
	return s.setFault(who, f)
}

// disturb causes the faults that happen at once, to open connections.
func (s *Server) disturb(who *party, f Fault) (n int, known bool, err error) {
	var act func(*session)
	switch f.Fault {
	case "drop":
		act = func(x *session) { x.conn.close() }
	case "reset":
		act = func(x *session) { x.conn.reset() }
	case "replaced":
		act = func(x *session) { x.end(conflictNode()) }
	case "restart":
		act = func(x *session) { x.restart() }
	case "logout":
		n, err = s.logout(who)
		return n, true, err
	default:
		return 0, false, nil
	}
	for _, x := range s.allSessions() {
		if x.dev() != nil && (who == nil || x.dev().phone.party == who) {
			act(x)
			n++
		}
	}
	return n, true, nil
}

func (s *Server) logout(who *party) (int, error) {
	n := 0
	for _, p := range s.chosen(who) {
		n += len(p.linked())
		if err := p.Unlink(0); err != nil {
			return n, err
		}
	}
	return n, nil
}

// chosen returns the phone of a party, or all phones.
func (s *Server) chosen(who *party) []*Phone {
	if who != nil {
		return []*Phone{who.phone}
	}
	phones, _ := s.all()
	return phones
}

// setFault starts the faults that last.
func (s *Server) setFault(who *party, f Fault) (int, error) {
	key, fs := "", s.faults
	if who != nil {
		key = who.digits
	}
	until := time.Now().Add(time.Duration(f.Seconds * float64(time.Second)))
	switch f.Fault {
	case "freeze", "hold-acks":
		if f.Seconds <= 0 {
			return 0, errBad("%s: seconds must be above 0", f.Fault)
		}
		fs.set(func() {
			if f.Fault == "freeze" {
				fs.frozen[key] = until
			} else {
				fs.held[key] = until
			}
		})
	case "slow":
		if f.MS < 0 {
			return 0, errBad("slow: ms must not be below 0")
		}
		fs.set(func() {
			fs.slow[key] = time.Duration(f.MS) * time.Millisecond
			fs.slowSet++
		})
	case "error-ack":
		if f.Code == 0 {
			f.Code = 463
		}
		fs.set(func() { fs.ackFails[key] = &ackFailure{code: f.Code, left: f.Count} })
	case "refuse":
		return s.refuse(who, f)
	case "timelock":
		return s.timelock(who, f)
	case "ban":
		return s.ban(who, f)
	default:
		return 0, errBad("fault %q: want drop, reset, freeze, refuse, replaced, logout, restart, redeliver, "+
			"hold-acks, error-ack, timelock, ban, slow, new-identity or retry", f.Fault)
	}
	return len(s.chosen(who)), nil
}

func (s *Server) refuse(who *party, f Fault) (int, error) {
	if !slices.Contains([]int{400, 401, 402, 403, 405, 406, 500, 503}, f.Code) {
		return 0, errBad("refuse: code must be 400, 401, 402, 403, 405, 406, 500 or 503")
	}
	if f.BanCode == 0 {
		f.BanCode = defaultBanCode
	}
	if f.Expire == 0 {
		f.Expire = 3600
	}
	node, n := refusalNode(f), 0
	s.faults.set(func() {
		if f.Pairing {
			s.faults.refuse[pairingKey] = &refusal{node: node, left: f.Count}
			n = 1
			return
		}
		for _, p := range s.chosen(who) {
			s.faults.refuse[p.digits] = &refusal{node: node, left: f.Count}
			n++
		}
	})
	return n, nil
}

// redeliver delivers the last messages of accounts, or of one customer, again.
func (s *Server) redeliver(who *party, count int) (int, error) {
	wanted := func(*entry) bool { return true }
	phones := s.chosen(nil)
	if who != nil && who.phone != nil {
		phones = []*Phone{who.phone}
	} else if who != nil {
		wanted = func(e *entry) bool { return e.Sender == who.digits }
	}
	total := 0
	for _, p := range phones {
		for _, d := range p.linked() {
			n, err := d.redeliver(count, wanted)
			total += n
			if err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

// newIdentities gives customers new keys, as after a reinstallation on another phone.
func (s *Server) newIdentities(who *party, quiet bool) (int, error) {
	_, customers := s.all()
	if who != nil {
		if who.customer == nil {
			return 0, errBad("%s is a phone; new-identity is for customers", who.Number())
		}
		customers = []*Customer{who.customer}
	}
	for _, c := range customers {
		if err := c.NewIdentity(quiet); err != nil {
			return 0, err
		}
	}
	return len(customers), nil
}

// NewIdentity gives the customer new keys. Unless quiet, accounts that had a session are notified, as the real server
// does.
func (c *Customer) NewIdentity(quiet bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys.dropSessions()
	changes := c.sessionChanges()
	c.epoch++
	c.keys = newKeyring(c.srv.secret, c.digits, c.epoch)
	if err := c.srv.journal.commit(append(changes, c.selfChange())...); err != nil || quiet {
		return err
	}
	phones, _ := c.srv.all()
	for _, p := range phones {
		for _, d := range p.linked() {
			if err := c.tellIdentity(d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Customer) tellIdentity(d *Device) error {
	from := c.pn
	if c.address != AddressPN {
		from = c.lid
	}
	e, err := stanzaEntry(waBinary.Node{Tag: "notification",
		Attrs: waBinary.Attrs{"from": from, "id": c.srv.nextID("identity-"), "type": "encrypt",
			"t": c.srv.now().Unix()},
		Content: []waBinary.Node{{Tag: "identity"}}})
	if err != nil {
		return err
	}
	return c.queueFor(d, e, nil)
}

// askRetries lets customers ask for the last messages of clients again, as after a failed decryption.
func (s *Server) askRetries(who *party, f Fault) (int, error) {
	_, customers := s.all()
	if who != nil && who.customer != nil {
		customers = []*Customer{who.customer}
	}
	total := 0
	for _, c := range customers {
		n, err := c.askForLast(f.Count, who, f.Keys)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// askForLast sends retry receipts for the newest messages of linked devices, of one phone's if who is a phone.
func (c *Customer) askForLast(count int, who *party, withKeys bool) (int, error) {
	var rows []InboxRow
	for _, row := range c.Inbox(0) {
		if row.Device > 0 && (who == nil || who.phone == nil || row.From == who.Number()) {
			rows = append(rows, row)
		}
	}
	rows = rows[max(0, len(rows)-count):]
	asked := 0
	for _, row := range rows {
		p, err := c.srv.findPhone(row.From)
		if err != nil {
			continue
		}
		if d := p.device(uint16(row.Device)); d != nil {
			if err := c.askAgain(d, row.ID, c.replyAddress(), withKeys); err != nil {
				return asked, err
			}
			asked++
		}
	}
	return asked, nil
}

// replyAddress is where clients send their messages to.
func (c *Customer) replyAddress() types.JID { return c.lid }
