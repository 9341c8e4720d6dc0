package whatsapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
)

// versionAge is how long an answer of WhatsApp about its current client version is good without asking again.
const versionAge = 6 * time.Hour

// versionFile is what wa-version.json holds.
type versionFile struct {
	Version string    `json:"version"`
	AskedAt time.Time `json:"asked_at"`
}

// versions finds the client version to announce. WhatsApp refuses old ones (405), and which ones are old changes
// weekly.
type versions struct {
	path  string
	fixed string // Config.Version
	now   func() time.Time
	ask   func(context.Context) (store.WAVersionContainer, error)
}

func askWhatsApp(ctx context.Context) (store.WAVersionContainer, error) {
	client := &http.Client{Transport: transport(nil, nil)}
	defer client.CloseIdleConnections()
	v, err := whatsmeow.GetLatestVersion(ctx, client)
	if err != nil {
		return store.WAVersionContainer{}, err
	}
	return *v, nil
}

// find gives the version to announce: the configured one, else a fresh answer of WhatsApp, else the last good one.
// fresh asks even if the last answer is young. The zero version stands for the one built in. An error tells what went
// wrong on the way; the version is usable all the same.
func (v *versions) find(ctx context.Context, fresh bool) (store.WAVersionContainer, error) {
	if v.fixed != "" {
		return store.ParseVersion(v.fixed)
	}
	kept, at, keptErr := v.read()
	if keptErr == nil && !fresh && v.now().Sub(at) < versionAge && !at.After(v.now()) {
		return kept, nil
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	latest, err := v.ask(ctx)
	if err != nil {
		return kept, fmt.Errorf("whatsapp: asking for the current client version: %w", err)
	}
	return latest, v.write(latest)
}

func (v *versions) read() (store.WAVersionContainer, time.Time, error) {
	data, err := os.ReadFile(v.path)
	if err != nil {
		return store.WAVersionContainer{}, time.Time{}, err
	}
	var f versionFile
	if err := json.Unmarshal(data, &f); err != nil {
		return store.WAVersionContainer{}, time.Time{}, err
	}
	parsed, err := store.ParseVersion(f.Version)
	return parsed, f.AskedAt, err
}

// write keeps an answer, written aside and renamed.
func (v *versions) write(latest store.WAVersionContainer) error {
	data, err := json.Marshal(versionFile{Version: latest.String(), AskedAt: v.now().UTC()})
	if err != nil {
		return err
	}
	aside := v.path + ".new"
	if err := os.WriteFile(aside, append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("whatsapp: keeping the client version: %w", err)
	}
	return os.Rename(aside, v.path)
}

// announceVersion sets the version to announce before connecting. Nothing is asked when a simulator is used.
func (c *Client) announceVersion(ctx context.Context, fresh bool) {
	if c.cfg.Simulator != nil && c.cfg.Version == "" {
		return
	}
	v, err := c.versions.find(ctx, fresh)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && ctx.Err() == nil {
		c.log.Warn("client version", "err", err, "announced", v.String())
	}
	if c.cfg.Version == "" && v.LessThan(store.GetWAVersion()) {
		return // the built-in one is newer
	}
	announce(v)
}

func versionPath(dir string) string { return filepath.Join(dir, "wa-version.json") }
