package wasim

import (
	"cmp"
	"encoding/json"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

const (
	restrictedCode = 463 // of a restricted account's messages
	defaultBanCode = 101
)

// timelock restricts accounts for a while: their messages are refused with 463, apart from answers to retry receipts,
// and their devices are notified until when, to the full second.
func (s *Server) timelock(who *party, f Fault) (int, error) {
	if f.Seconds <= 0 {
		return 0, errBad("timelock: seconds must be above 0")
	}
	until := s.cfg.Now().Add(time.Duration(f.Seconds*float64(time.Second)) + time.Second - 1).Truncate(time.Second)
	phones := s.chosen(who)
	s.faults.set(func() {
		for _, p := range phones {
			s.faults.ackFails[p.digits] = &ackFailure{code: restrictedCode, until: until}
		}
	})
	if f.Silent {
		return len(phones), nil
	}
	for _, p := range phones {
		for _, d := range p.linked() {
			if err := p.notifyTimelock(d, until); err != nil {
				return 0, err
			}
		}
	}
	return len(phones), nil
}

// ban is the temporary ban of an account.
type ban struct {
	until time.Time
	code  int
}

// ban bans accounts for a while: their connections end, and each login is refused with the code and what is left of the
// time.
func (s *Server) ban(who *party, f Fault) (int, error) {
	if f.Seconds <= 0 {
		return 0, errBad("ban: seconds must be above 0")
	}
	until := s.cfg.Now().Add(time.Duration(f.Seconds * float64(time.Second)))
	phones := s.chosen(who)
	s.faults.set(func() {
		for _, p := range phones {
			s.faults.bans[p.digits] = ban{until, cmp.Or(f.BanCode, defaultBanCode)}
		}
	})
	for _, x := range s.allSessions() {
		if x.dev() != nil && (who == nil || x.dev().phone.party == who) {
			x.conn.close()
		}
	}
	return len(phones), nil
}

// notifyTimelock announces a restriction, as the real server does with a notification.
func (p *Phone) notifyTimelock(d *Device, until time.Time) error {
	type lock struct {
		Type   string `json:"enforcement_type"`
		Active bool   `json:"is_active"`
		Ends   string `json:"time_enforcement_ends"`
	}
	var notice struct {
		Data struct {
			Lock lock `json:"xwa2_notify_account_reachout_timelock"`
		} `json:"data"`
	}
	notice.Data.Lock = lock{"DEFAULT", true, strconv.FormatInt(until.Unix(), 10)}
	content, err := json.Marshal(notice)
	if err != nil {
		return err
	}
	e, err := stanzaEntry(waBinary.Node{Tag: "notification",
		Attrs: waBinary.Attrs{"from": types.ServerJID, "id": p.srv.nextID("timelock-"), "type": "mex",
			"t": p.srv.now().Unix()},
		Content: []waBinary.Node{{Tag: "update", Content: content,
			Attrs: waBinary.Attrs{"op_name": "NotificationUserReachoutTimelockUpdate"}}}})
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queueFor(d, e, nil)
}
