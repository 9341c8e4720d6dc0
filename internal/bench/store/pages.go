package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"flowhq"
	"flowhq/internal/harness"
)

// asked is how often each page is asked for.
const asked = 200

// pages asks the appliance itself for its pages, one after the other.
func (b *bench) pages(ctx context.Context, dsn string, r *result) error {
	dir := filepath.Join(b.dir, "appliance-"+r.engine)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	a, err := harness.StartAppliance(ctx, harness.Options{Bin: b.bin, Dir: dir, DatabaseURL: dsn,
		Env: map[string]string{"LOG_LEVEL": "warn"}})
	if err != nil {
		return err
	}
	defer func() { _ = a.Stop(40 * time.Second) }()
	s, err := open(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	oldest, err := s.Tenants(ctx, flowhq.TenantFilter{Query: "Duka 00000"})
	if err != nil || len(oldest) != 1 {
		return fmt.Errorf("the tenant with the long log is not found: %w", err)
	}
	id := oldest[0].ID
	html := func(path func() string) (spread, error) { return b.ask(ctx, a, "text/html", path) }
	json := func(path func() string) (spread, error) { return b.ask(ctx, a, "application/json", path) }
	always := func(path string) func() string { return func() string { return path } }
	for _, m := range []struct {
		into *spread
		ask  func(func() string) (spread, error)
		path func() string
	}{
		{&r.board, html, always("/admin/tenants")},
		{&r.boardFind, html, func() string { return fmt.Sprintf("/admin/tenants?q=%03d", rand.IntN(1000)) }},
		{&r.list, json, always("/admin/tenants?limit=100")},
		{&r.page, html, always("/admin/tenants/" + id)},
		{&r.log, json, always("/admin/tenants/" + id + "/logs?limit=50")},
	} {
		if *m.into, err = m.ask(m.path); err != nil {
			return err
		}
	}
	for _, deep := range []struct {
		into *spread
		deep bool
	}{{&r.logStore, false}, {&r.logDeep, true}} {
		var times []time.Duration
		for range asked {
			q := flowhq.MessageQuery{Limit: 50, Trace: true}
			if deep.deep {
				q.Before = flowhq.Cursor{At: time.Now().Add(-time.Duration(rand.Int64N(int64(360 * 24 * time.Hour)))),
					ID: "x"}
			}
			start := time.Now()
			if _, err := s.Messages(ctx, id, q); err != nil {
				return err
			}
			times = append(times, time.Since(start))
		}
		*deep.into = spreadOf(times)
	}
	return nil
}

func (b *bench) ask(ctx context.Context, a *harness.Appliance, accept string, path func() string) (spread, error) {
	var times []time.Duration
	for n := range asked + 5 {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URL+path(), nil)
		if err != nil {
			return spread{}, err
		}
		r.Header.Set("Accept", accept)
		r.SetBasicAuth("admin", harness.AdminPassword)
		start := time.Now()
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return spread{}, err
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			return spread{}, fmt.Errorf("%s answers %d (%v) %.200s", r.URL.Path, res.StatusCode, err, body)
		}
		if n >= 5 { // the first ones make connections and fill caches
			times = append(times, time.Since(start))
		}
	}
	return spreadOf(times), nil
}
