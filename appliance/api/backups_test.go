package api

import (
	"context"
	"testing"
	"time"

	"flowhq"
	"flowhq/storage"
	"flowhq/storage/dump"
)

// backups stands in for what keeps backups.
type backups struct {
	running bool
	away    error
}

func (b *backups) State() flowhq.BackupState {
	return flowhq.BackupState{Place: "/var/lib/flowhq/backups", At: "02:30", Running: b.running}
}

func (b *backups) List(context.Context) ([]flowhq.Backup, error) {
	if b.away != nil {
		return nil, b.away
	}
	return []flowhq.Backup{{Name: "flowhq-20260301T023000Z.tar.zst",
		TakenAt: time.Date(2026, 3, 1, 2, 30, 0, 0, time.UTC), Size: 4711}}, nil
}

func (b *backups) Start(context.Context, string) error {
	if b.running {
		return flowhq.Errorf(flowhq.CodeConflict, "A backup is being taken already. Wait until it is done.")
	}
	b.running = true
	return nil
}

func (w *world) backupCalls(id string) {
	w.erasureCalls(id)
	w.ask("GET", "/admin/backups", nil).want(200).is("flowhq-20260301T023000Z.tar.zst", "backups", 0, "name")
	w.ask("POST", "/admin/backups", nil).want(202).is("Backup started", "message")
	w.ask("POST", "/admin/backups", nil).wantError(409, "A backup is being taken already. Wait until it is done.")

	of := "/admin/tenants/" + id
	w.ask("GET", of+"/fence", nil).want(200).is(nil, "fence")
	w.ask("POST", of+"/fence/lift", nil).want(409)
	w.ask("POST", of+"/worker/start", nil)
	w.restored(id)
	w.ask("GET", of+"/fence", nil).want(200).is("bots", "fence", "host")
	w.ask("GET", "/admin/fences", nil).want(200).is(id, 0, "tenant_id")
	w.ask("POST", of+"/worker/stop", nil).want(200)
	w.ask("POST", of+"/worker/start", nil).want(409)
	w.ask("POST", of+"/fence/lift", nil).want(200).is("Business released", "message")
	w.ask("GET", of+"/fence", nil).want(200).is(nil, "fence")
	w.ask("GET", "/admin/tenants/none/fence", nil).want(404)
}

// restored makes a tenant one that came back from a backup with its device.
func (w *world) restored(id string) {
	w.t.Helper()
	rows := map[string][]dump.Row{}
	tables := map[string]dump.Table{}
	err := w.store.Dump(w.t.Context(), func(r *dump.Reader) error {
		for _, table := range r.Tables {
			tables[table.Name] = table
			for row, err := range r.Rows(w.t.Context(), dump.Query{Table: table, Tenant: id}) {
				if err != nil {
					return err
				}
				rows[table.Name] = append(rows[table.Name], row)
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	order, err := storage.Tables(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.store.Restore(w.t.Context(), storage.Restore{
		Origin: flowhq.BackupOrigin{ID: "b1", Host: "bots", TakenAt: time.Now()}, Tenant: id, Replace: true,
		Cause:   "Restored",
		Folders: map[string]storage.RestoredFolder{id: {Device: "255700000001:1@s.whatsapp.net"}},
	}, func(put storage.Put) error {
		for _, table := range order {
			if err := put(table.Name, table.Columns, rows[table.Name]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestBackupsThatCannotBeListed(t *testing.T) {
	w := newWorld(t)
	w.backups.away = flowhq.Errorf(flowhq.CodeUnavailable, "The S3 storage can't be reached.")
	w.ask("GET", "/admin/backups", nil).want(200).is("The S3 storage can't be reached.", "failure")
}

func (w *world) erasureCalls(id string) {
	chat := "/admin/tenants/" + id + "/chats/%2B255799000001/data"
	w.ask("GET", chat, nil).wantError(404, "Customer not found")
	_, err := w.store.ApplyEvents(w.t.Context(), id, "erasure",
		[]flowhq.WorkerEvent{{Seq: 1, At: time.Now(), Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{
			Direction: flowhq.DirectionIn, Author: flowhq.AuthorCustomer, Chat: "+255799000001", From: "+255799000001",
			Text: "siri yangu", WAMessageID: "E1", Kind: flowhq.KindText,
		}}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.ask("GET", chat, nil).want(200).is("siri yangu", "message_logs", 0, "message_text")
	w.ask("DELETE", chat, nil).want(204)
	w.ask("DELETE", chat, nil).wantError(404, "Customer not found")
}
