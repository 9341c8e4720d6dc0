package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// results is all that was measured so far. It is kept in a file, so that rows can
// be measured in several runs and stand on one page.
type results struct {
	Machine  string                   `json:"machine"`
	Versions map[string]string        `json:"versions"`
	Rows     map[string]*measured     `json:"rows"`
	Faults   map[string]*faultOutcome `json:"faults,omitempty"` // by manager
}

// measured is one row.
type measured struct {
	When  time.Time       `json:"when"`
	Load  string          `json:"load"` // before the row, of the whole machine
	Took  float64         `json:"seconds"`
	Quick bool            `json:"quick,omitempty"`
	Cells map[string]cell `json:"cells"`
}

func loadResults(path string) (*results, error) {
	r := &results{Versions: make(map[string]string), Rows: make(map[string]*measured),
		Faults: make(map[string]*faultOutcome)}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || path == "" {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, r)
	}
	if err != nil {
		return nil, fmt.Errorf("results so far: %w", err)
	}
	return r, nil
}

func (r *results) save(path string) error {
	if path == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	aside := path + ".new"
	if err := os.WriteFile(aside, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(aside, path)
}
