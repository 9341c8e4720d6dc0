package release

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"
)

const refused = "refused"

// Refusal says which version was not put in force, and why. Anybody on the machine may read it: it holds no secret.
type Refusal struct {
	Version string    `json:"version"`
	Reason  string    `json:"reason"` // sentences for people
	At      time.Time `json:"at"`
}

// Refuse notes that a version was not put in force. It replaces an earlier note.
func (l Layout) Refuse(r Refusal) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	fresh := l.path(refused + ".new")
	if err := os.WriteFile(fresh, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(fresh, l.path(refused))
}

// Refused gives the last refusal, nil where there is none or where its version is in force by now.
func (l Layout) Refused() (*Refusal, error) {
	text, err := os.ReadFile(l.path(refused))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r Refusal
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, err
	}
	if now, err := l.Current(); err != nil || now == r.Version {
		return nil, err
	}
	return &r, nil
}

// Accept takes a refusal back.
func (l Layout) Accept() error {
	err := os.Remove(l.path(refused))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
