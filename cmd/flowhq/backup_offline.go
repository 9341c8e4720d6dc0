package main

import (
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance"
	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
	"flowhq/appliance/config"
	"flowhq/appliance/localapi"
	"flowhq/storage"
)

// offline takes a backup without an appliance: the command reads database and folders itself.
func offline(cmd *cobra.Command, wanted string) (take takeFunc, done func(), err error) {
	c, store, err := openBox(cmd)
	if err != nil {
		return nil, nil, err
	}
	done = func() { _ = store.Close() }
	tenant := ""
	if wanted != "" {
		tenants, err := store.Tenants(cmd.Context(), flowhq.TenantFilter{})
		if err != nil {
			done()
			return nil, nil, err
		}
		t, err := localapi.FindTenant(wanted, tenants)
		if err != nil {
			done()
			return nil, nil, err
		}
		tenant = t.ID
	}
	return func(begin func(string) (io.Writer, error)) (taken, error) {
		to, err := begin(tenant)
		if err != nil {
			return taken{}, err
		}
		out := newBackupProgress(cmd)
		contents, err := backup.Take(cmd.Context(), backup.Source{
			Store: store, Sessions: c.SessionsPath, Tenant: tenant, Version: appliance.Version, Host: hostName(),
			Now: time.Now, Progress: out.progress,
		}, to, archive.Keys{})
		out.end()
		return taken{tenant: tenant, problems: contents.Problems}, err
	}, done, nil
}

// openBox opens the store of a box whose appliance does not run.
func openBox(cmd *cobra.Command) (*config.Config, *storage.Store, error) {
	src, err := source(cmd)
	if err != nil {
		return nil, nil, err
	}
	c, err := appliance.Settings(src)
	if err != nil {
		return nil, nil, err
	}
	store, err := storage.Open(cmd.Context(), c.DatabaseURL.Reveal(),
		storage.Options{Logger: slog.New(slog.DiscardHandler)})
	return c, store, err
}
