package procman

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// record is what the next manager must know of a process. It does not outlive the
// machine's boot (Boot), so it is not synced to the disk.
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

// save writes the record; p.mu must be held. A failure is only logged: the next
// manager then knows less, but the marker and the group still tell it which
// processes are alive.
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
	if err := p.m.records.write(r); err != nil {
		p.m.cfg.Logger.Error("state of the process is not saved", "process", p.name, "error", err)
	}
}

// records is the folder of the records, one file for each process.
type records struct {
	dir    string
	logger *slog.Logger
}

func (s records) path(name string) string { return filepath.Join(s.dir, name+".json") }

func (s records) write(r record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return replaceFile(s.path(r.Name), b)
}

func (s records) remove(name string) { _ = os.Remove(s.path(name)) }

// newSuffix marks a file that is not complete yet.
const newSuffix = ".new"

// replaceFile writes a new file and renames it, so that there is always a complete one.
func replaceFile(path string, b []byte) error {
	fresh := path + newSuffix
	if err := os.WriteFile(fresh, b, 0o600); err != nil {
		_ = os.Remove(fresh)
		return err
	}
	return os.Rename(fresh, path)
}

// read returns the records that are still true and removes the others. One that
// cannot be read is logged; its process is found by marker or group.
func (s records) read(boot string) ([]record, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	var list []record
	for _, e := range entries {
		path := filepath.Join(s.dir, e.Name())
		name, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok {
			_ = os.Remove(path) // never completed, see replaceFile
			continue
		}
		r, err := readRecord(path)
		if err != nil || r.Name != name || !validName(name) {
			s.logger.Error("state of a process is unreadable", "file", path, "error", err)
			continue
		}
		stoppedInOrder := r.Pid == 0 && !r.Wanted
		if r.Boot != boot || stoppedInOrder {
			_ = os.Remove(path)
			continue
		}
		list = append(list, r)
	}
	return list, nil
}

func readRecord(path string) (r record, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(b, &r)
}

// loadID reads the state folder's identity, or makes one.
func loadID(stateDir string) (string, error) {
	path := filepath.Join(stateDir, "id")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && len(b) == 0) {
		id := newNonce()
		return id, replaceFile(path, []byte(id))
	}
	return strings.TrimSpace(string(b)), err
}

// digest covers what needs a restart when it changes.
func (s Spec) digest() string {
	// No argument can hold a zero byte.
	sum := sha256.Sum256([]byte(s.Dir + "\x00" + strings.Join(s.Argv, "\x00")))
	return hex.EncodeToString(sum[:8])
}
