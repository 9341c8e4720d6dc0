package procman

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// record is what the next manager must know of a process. It is written aside
// and renamed, so that there is always a whole one; it is not synced to disk,
// since after a crash of the machine nothing of it is true any more (Boot).
type record struct {
	Name      string    `json:"name"`
	Boot      string    `json:"boot"`
	Pid       int       `json:"pid,omitempty"`
	Start     uint64    `json:"start_ticks,omitempty"`
	Nonce     string    `json:"nonce,omitempty"`
	Group     string    `json:"group,omitempty"`
	StartedAt time.Time `json:"started_at,omitzero"`
	Running   string    `json:"running_spec,omitempty"` // digest
	Spec      Spec      `json:"spec"`
	Wanted    bool      `json:"wanted"`
	Runs      int       `json:"runs"`
	Backoff   Backoff   `json:"backoff"`
	NextStart time.Time `json:"next_start,omitzero"`
	LastExit  *Exit     `json:"last_exit,omitempty"`
	History   []Event   `json:"history,omitempty"`
}

// historySaved is how many events go into the record.
const historySaved = 10

// save writes the record; p.mu must be held. Failing is logged and survived:
// the next manager then knows less, but the marker and the group still tell it
// whom it must not double.
func (p *process) save() {
	r := record{
		Name: p.name, Boot: p.m.boot, Spec: p.spec, Wanted: p.wanted, Runs: p.runs,
		Backoff: p.backoff, NextStart: p.nextStart, LastExit: p.lastExit,
		History: p.history[max(0, len(p.history)-historySaved):],
	}
	if c := p.child; c != nil {
		r.Pid, r.Start, r.Nonce, r.StartedAt, r.Running = c.pid, c.start, c.nonce, c.startedAt, c.spec
		if c.group != nil {
			r.Group = c.group.Path
		}
	}
	if err := p.m.writeRecord(r); err != nil {
		p.m.cfg.Logger.Error("state of the process is not saved", "process", p.name, "error", err)
	}
}

func (m *Manager) recordPath(name string) string { return filepath.Join(m.procDir(), name+".json") }

func (m *Manager) writeRecord(r record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeAside(m.recordPath(r.Name), b)
}

func writeAside(path string, b []byte) error {
	aside := path + ".new"
	if err := os.WriteFile(aside, b, 0o600); err != nil {
		_ = os.Remove(aside)
		return err
	}
	return os.Rename(aside, path)
}

func (m *Manager) removeRecord(name string) { _ = os.Remove(m.recordPath(name)) }

// readRecords reads the records that mean something and removes the others. An
// unreadable one is logged and left to the markers.
func (m *Manager) readRecords() ([]record, error) {
	entries, err := os.ReadDir(m.procDir())
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	var list []record
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".json")
		path := filepath.Join(m.procDir(), e.Name())
		if !ok {
			_ = os.Remove(path) // written aside and never renamed
			continue
		}
		b, err := os.ReadFile(path)
		var r record
		if err == nil {
			err = json.Unmarshal(b, &r)
		}
		if err != nil || r.Name != name || !validName(name) {
			m.cfg.Logger.Error("state of a process is unreadable", "file", path, "error", err)
			continue
		}
		// Nothing is true any more after a reboot, and nothing is to be known of a
		// process that was stopped in good order.
		if r.Boot != m.boot || r.Pid == 0 && !r.Wanted {
			_ = os.Remove(path)
			continue
		}
		list = append(list, r)
	}
	return list, nil
}

// loadID reads or makes the folder's identity.
func (m *Manager) loadID() (string, error) {
	path := filepath.Join(m.cfg.StateDir, "id")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && len(b) == 0) {
		id := newNonce()
		return id, writeAside(path, []byte(id))
	}
	return strings.TrimSpace(string(b)), err
}

// digest of what a process must be restarted for when it changes.
func (s Spec) digest() string {
	// No argument can hold a zero byte.
	sum := sha256.Sum256([]byte(s.Dir + "\x00" + strings.Join(s.Argv, "\x00")))
	return hex.EncodeToString(sum[:8])
}
