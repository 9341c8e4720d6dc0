package wasim

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// savedMeta is what a state folder says about itself.
type savedMeta struct {
	Version int       `json:"version"`
	Secret  string    `json:"secret"`
	Created time.Time `json:"created"`
	Runs    int       `json:"runs"` // how often a simulator has started on it
}

const stateVersion = 1

// restore loads the state folder, if there is one, and the keys.
func (s *Server) restore() error {
	values := map[string][]byte{}
	if s.cfg.StateDir != "" {
		var err error
		if s.journal, values, err = openJournal(s.cfg.StateDir); err != nil {
			return err
		}
	}
	err := s.restoreFrom(values)
	if err != nil {
		return errors.Join(err, s.journal.close())
	}
	return nil
}

func (s *Server) restoreFrom(values map[string][]byte) error {
	created, err := s.restoreSecret(values["meta"])
	if err != nil {
		return err
	}
	if s.auth, err = newAuthority(s.secret, created); err != nil {
		return err
	}
	byKind := map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		kind, _, _ := strings.Cut(key, "/")
		byKind[kind] = append(byKind[kind], key)
	}
	slices.SortFunc(byKind["inbox"], byRowNumber)
	for _, step := range []struct {
		kind string
		load func(path []string, value []byte) error
	}{
		{"phone", s.loadPhone}, {"customer", s.loadCustomer}, {"session", s.loadSession}, {"inbox", s.loadRow},
		{"device", s.loadDevice}, {"keys", s.loadKeys}, {"used", s.loadUsed}, {"queue", s.loadEntry},
	} {
		for _, key := range byKind[step.kind] {
			if err := step.load(strings.SplitN(key, "/", 4), values[key]); err != nil {
				return fmt.Errorf("wasim: state: %s: %w", key, err)
			}
		}
	}
	return nil
}

func (s *Server) restoreSecret(raw []byte) (created time.Time, err error) {
	if raw != nil {
		var meta savedMeta
		if err := json.Unmarshal(raw, &meta); err != nil {
			return time.Time{}, fmt.Errorf("wasim: state: %w", err)
		}
		b, err := hex.DecodeString(meta.Secret)
		if err != nil || len(b) != len(s.secret) || meta.Version != stateVersion {
			return time.Time{}, fmt.Errorf("wasim: state: version %d is not one this simulator reads", meta.Version)
		}
		copy(s.secret[:], b)
		meta.Runs++
		s.run = meta.Runs
		return meta.Created, s.journal.commit(jsonChange("meta", meta))
	}
	copy(s.secret[:], randomBytes(len(s.secret)))
	if s.cfg.Seed != 0 {
		s.secret = secret{}.derive("seed " + strconv.FormatUint(s.cfg.Seed, 10))
	}
	now := s.cfg.Now()
	return now, s.journal.commit(jsonChange("meta",
		savedMeta{Version: stateVersion, Secret: hex.EncodeToString(s.secret[:]), Created: now, Runs: 1}))
}

func byRowNumber(a, b string) int {
	cut := func(key string) (string, int) {
		i := strings.LastIndexByte(key, '/')
		n, _ := strconv.Atoi(key[i+1:])
		return key[:i], n
	}
	ownerA, nA := cut(a)
	ownerB, nB := cut(b)
	return cmp.Or(strings.Compare(ownerA, ownerB), cmp.Compare(nA, nB))
}

func (s *Server) loadPhone(path []string, value []byte) error {
	var saved savedParty
	if err := json.Unmarshal(value, &saved); err != nil {
		return err
	}
	p := s.newParty(path[1], saved.Name, saved.Epoch)
	p.keys.nextKey = saved.NextKey
	p.phone = &Phone{party: p, next: saved.Next, devices: map[uint16]*Device{}}
	s.add(p)
	return nil
}

func (s *Server) loadCustomer(path []string, value []byte) error {
	var saved savedParty
	if err := json.Unmarshal(value, &saved); err != nil {
		return err
	}
	c := s.bareCustomer(path[1], saved.Name, saved.Epoch, saved.Address)
	c.keys.nextKey = saved.NextKey
	s.add(c.party)
	return nil
}

func (s *Server) loadSession(path []string, value []byte) error {
	p := s.find(path[1])
	if p == nil {
		return errors.New("of nobody")
	}
	p.keys.sessions[path[2]] = value
	return nil
}

func (s *Server) loadRow(path []string, value []byte) error {
	var row InboxRow
	if err := json.Unmarshal(value, &row); err != nil {
		return err
	}
	p := s.find(path[1])
	if p == nil {
		return errors.New("of nobody")
	}
	p.inbox.restore(row)
	return nil
}

func (s *Server) loadDevice(path []string, value []byte) error {
	var saved savedDevice
	if err := json.Unmarshal(value, &saved); err != nil {
		return err
	}
	p := s.find(path[1])
	if p == nil || p.phone == nil {
		return errors.New("of no phone")
	}
	d := p.phone.bareDevice(saved.ID)
	d.regID, d.signed, d.pushName, d.platform, d.lastLogin = saved.RegID, saved.Signed, saved.PushName, saved.Platform,
		saved.LastLogin
	var errNoise, errIdent error
	d.noise, errNoise = hex.DecodeString(saved.Noise)
	d.ident, errIdent = hex.DecodeString(saved.Ident)
	p.phone.devices[saved.ID] = d
	return errors.Join(errNoise, errIdent)
}

// deviceAt finds the device that a key belongs to.
func (s *Server) deviceAt(path []string) (*Device, error) {
	id, err := strconv.ParseUint(path[2], 10, 16)
	if err != nil {
		return nil, err
	}
	if p := s.find(path[1]); p != nil && p.phone != nil {
		if d := p.phone.device(uint16(id)); d != nil {
			return d, nil
		}
	}
	return nil, errors.New("of no device")
}

func (s *Server) loadKeys(path []string, value []byte) error {
	d, err := s.deviceAt(path)
	if err != nil {
		return err
	}
	d.pre.packed = value
	return nil
}

func (s *Server) loadUsed(path []string, value []byte) error {
	d, err := s.deviceAt(path)
	if err != nil {
		return err
	}
	d.pre.used, err = strconv.Atoi(string(value))
	return err
}

// loadEntry puts a stanza back into its queue; the keys' order is the order of delivery.
func (s *Server) loadEntry(path []string, value []byte) error {
	d, err := s.deviceAt(path)
	if err != nil {
		return err
	}
	e := &entry{}
	if err := json.Unmarshal(value, e); err != nil {
		return err
	}
	d.queue = append(d.queue, e)
	d.seq = max(d.seq, e.Seq)
	return nil
}
