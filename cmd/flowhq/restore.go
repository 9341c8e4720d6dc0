package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
	"flowhq/appliance/localapi"
)

func newRestore() *cobra.Command {
	var k keyOptions
	var o restoreOptions
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Bring a backup back",
		Long: `Brings a backup back: everything into an empty installation that does not run, or one business into
one that may run. The whole backup is read and checked before anything is taken over; a restore that
was broken off is simply run again.

  flowhq restore FILE                              everything, into an empty database
  flowhq restore FILE --database-only              only the database: the folders are there and newer
  flowhq restore FILE --tenant "Neema Salon"       one business
  flowhq restore FILE --tenant ID --replace        one business, in place of the one that is here
  flowhq restore FILE --tenant ID --as-new         one business beside the one that is here

A business whose linked device came back is held back: its worker stays stopped until you say that
the device runs nowhere else (flowhq restore confirm), since two on one device throw each other out.

FILE is a file, a name in BACKUP_TO, or s3://bucket/folder/name.`,
		Annotations: becomesService(),
		Args:        exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			open, keys, err := k.open(cmd, args[0])
			if err != nil {
				return err
			}
			return runRestore(cmd, o, open, keys)
		},
	}
	k.flags(cmd)
	cmd.Flags().StringVar(&o.tenant, "tenant", "",
		"one business of the backup: its id or the beginning of it, its number, or its name")
	cmd.Flags().BoolVar(&o.asNew, "as-new", false, "beside the one that is here, under an id of its own")
	cmd.Flags().BoolVar(&o.replace, "replace", false, "what is here may be replaced; replaced folders are put aside")
	cmd.Flags().BoolVar(&o.databaseOnly, "database-only", false, "leave the folders of businesses as they are")
	cmd.AddCommand(newConfirm())
	cmd.MarkFlagsMutuallyExclusive("as-new", "replace")
	cmd.MarkFlagsMutuallyExclusive("as-new", "database-only")
	return cmd
}

type restoreOptions struct {
	tenant                       string
	asNew, replace, databaseOnly bool
}

type openFunc = func(context.Context) (io.ReadCloser, error)

func runRestore(cmd *cobra.Command, o restoreOptions, open openFunc, keys archive.Keys) error {
	ctx, out := cmd.Context(), newRestoreProgress(cmd)
	c, err := newClient(cmd)
	if err != nil {
		return err
	}
	running := c.running(ctx)
	tenant, err := pickTenant(ctx, o.tenant, open, keys, running, out)
	out.end()
	if err != nil {
		return err
	}
	want := backup.Wanted{Tenant: tenant, AsNew: o.asNew, Replace: o.replace, DatabaseOnly: o.databaseOnly}
	if running {
		return c.restore(cmd, want, open, keys, out)
	}
	conf, store, err := openBox(cmd)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	got, err := backup.Restore(ctx, backup.Target{Store: store, Sessions: conf.SessionsPath, Now: time.Now,
		Progress: out.progress}, want, open, keys)
	out.end()
	if err != nil {
		return err
	}
	describeBackup(cmd.OutOrStdout(), got)
	restored(cmd, got.Tenants, "Start Flow HQ again (systemctl start flowhq). ")
	return nil
}

// pickTenant finds which business of the backup is meant; "" for all. Where the appliance runs, everything is read for
// that, so that a damaged backup is found out before anything is stopped.
func pickTenant(ctx context.Context, wanted string, open openFunc, keys archive.Keys, running bool,
	out *backupProgress) (id string, err error) {
	from, err := open(ctx)
	if err != nil {
		return "", err
	}
	defer from.Close()
	if wanted == "" && !running {
		m, err := archive.Peek(from, keys)
		return m.Tenant, err
	}
	of := ""
	contents, err := archive.Read(backup.Watched(from, backup.PhaseChecking, out.progress), keys,
		archive.Visitor{Manifest: func(m archive.Manifest) error {
			of = m.Tenant
			return nil
		}})
	if err != nil {
		return "", err
	}
	if wanted == "" {
		return of, nil
	}
	var tenants []flowhq.TenantDetail
	for _, t := range contents.Tenants {
		tenants = append(tenants, flowhq.TenantDetail{
			Tenant: flowhq.Tenant{ID: t.ID, Name: t.Name, PhoneNumber: t.Number}})
	}
	t, err := localapi.FindTenant(wanted, tenants)
	if flowhq.CodeOf(err) == flowhq.CodeNotFound {
		return "", flowhq.Errorf(flowhq.CodeNotFound, "The backup holds no business %q.", wanted)
	}
	return t.ID, err
}

// restore has the running appliance bring one business back.
func (c *client) restore(cmd *cobra.Command, want backup.Wanted, open openFunc, keys archive.Keys,
	out *backupProgress) error {
	if want.Tenant == "" {
		return flowhq.Errorf(flowhq.CodeConflict, "Flow HQ is running. Stop it before everything is restored "+
			"(systemctl stop flowhq), or name one business (--tenant).")
	}
	from, err := open(cmd.Context())
	if err != nil {
		return err
	}
	defer from.Close()
	plain, err := keys.Unseal(backup.Watched(from, backup.PhaseSending, out.progress))
	if err != nil {
		return err
	}
	q := url.Values{"tenant": {want.Tenant}, "progress": {"true"}}
	for name, set := range map[string]bool{"as_new": want.AsNew, "replace": want.Replace,
		"database_only": want.DatabaseOnly} {
		q.Set(name, fmt.Sprint(set))
	}
	answer, err := c.follow(cmd.Context(), "/local/restore?"+q.Encode(), plain, out)
	out.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Taken %s on %s.\n", answer.TakenAt.UTC().Format(time.RFC3339),
		clip(answer.Host, 60))
	restored(cmd, answer.Tenants, "")
	return nil
}

// follow has the appliance restore what body holds and shows how far it is.
func (c *client) follow(ctx context.Context, path string, body io.Reader,
	out *backupProgress) (answer localapi.RestoreAnswer, err error) {
	res, err := c.request(ctx, http.MethodPost, path, body)
	if err != nil {
		return answer, err
	}
	defer res.Body.Close()
	dec := json.NewDecoder(res.Body)
	for {
		var line localapi.RestoreLine
		if err := dec.Decode(&line); err != nil {
			return answer, fmt.Errorf("the appliance ended before the restore did: %w", err)
		}
		switch {
		case line.Error != nil:
			return answer, &flowhq.Error{Code: line.Error.Code, Message: line.Error.Error}
		case line.Answer != nil:
			return *line.Answer, nil
		case line.Progress != nil:
			out.progress(*line.Progress)
		}
	}
}

// restored tells what came back and what is to be done now.
func restored(cmd *cobra.Command, tenants []backup.RestoredTenant, first string) {
	out := cmd.OutOrStdout()
	var held []string
	for _, t := range tenants {
		fmt.Fprintf(out, "Restored: %s (%s)\n", clip(t.Name, 60), t.ID)
		if t.Device {
			held = append(held, t.ID)
		}
	}
	switch {
	case len(held) == 0 && first != "":
		fmt.Fprintln(out, strings.TrimSpace(first))
	case len(held) == 1:
		fmt.Fprintf(out, "%sIts worker is held back until you say that its device runs nowhere else: flowhq restore "+
			"confirm %s\n", first, held[0])
	case len(held) > 1:
		fmt.Fprintf(out, "%sThe workers of %d businesses are held back until you say that their devices run nowhere "+
			"else: flowhq restore confirm --all, or one by one.\n", first, len(held))
	}
}
