package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
	waLog "go.mau.fi/whatsmeow/util/log"

	_ "modernc.org/sqlite" // driver "sqlite"; whatsmeow wants dialect and driver to have one name

	"flowhq/worker/message"
)

// dialect is the name of the SQLite driver and of whatsmeow's dialect for it.
const dialect = "sqlite"

// deviceStore is device.db: the linked device's keys, Signal sessions and what whatsmeow keeps beside them.
type deviceStore struct {
	db      *sql.DB
	devices *sqlstore.Container
}

// dataSource names device.db with its settings. One connection in WAL mode, a cache of 96 KiB beside the kernel's.
// synchronous is NORMAL: a kill of the process loses nothing, a loss of power at worst the last moments, which Signal's
// retries heal; FULL would cost several disk flushes for each message. The WAL is cut back to 512 KiB, since pairing
// alone grows it to 4 MiB.
func dataSource(dir string) string {
	q := url.Values{"_pragma": {
		"busy_timeout(10000)", "foreign_keys(1)", "journal_mode(WAL)", "synchronous(NORMAL)",
		"journal_size_limit(524288)", "cache_size(-96)",
	}}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.Join(dir, "device.db"), RawQuery: q.Encode()}
	return u.String()
}

func openDeviceStore(ctx context.Context, dir string, log waLog.Logger) (*deviceStore, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("whatsapp: device store: %w", err)
	}
	db, err := sql.Open(dialect, dataSource(dir))
	if err != nil {
		return nil, fmt.Errorf("whatsapp: device store: %w", err)
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	devices := sqlstore.NewWithDB(db, dialect, log)
	if err := devices.Upgrade(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("whatsapp: device store in %s: %w", dir, err)
	}
	return &deviceStore{db: db, devices: devices}, nil
}

// linked gives the linked device, nil when there is none.
func (s *deviceStore) linked(ctx context.Context) (*store.Device, error) {
	devices, err := s.devices.GetAllDevices(ctx)
	if err != nil {
		return nil, fmt.Errorf("whatsapp: reading the device: %w", err)
	}
	if len(devices) == 0 {
		return nil, nil
	}
	return devices[len(devices)-1], nil
}

// forget deletes a device with all that belongs to it. One that is gone already is a success.
func (s *deviceStore) forget(ctx context.Context, jid types.JID) error {
	if err := s.devices.DeleteDevice(ctx, &store.Device{ID: &jid}); err != nil {
		return fmt.Errorf("whatsapp: forgetting the device: %w", err)
	}
	s.checkpoint(ctx)
	return nil
}

// checkpoint moves the WAL into the database and flushes both to the disk: after pairing and at the end.
func (s *deviceStore) checkpoint(ctx context.Context) {
	_, _ = s.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
}

func (s *deviceStore) close() error { return s.devices.Close() }

// equip puts our own layers over the stores of a device that is about to connect.
//
// Names of contacts, chat settings and message secrets are not stored: nothing here reads them, each costs a commit
// with every message, and they grow without bound. The list of contacts is not even asked for.
func (n *connection) equip(d *store.Device) {
	d.Container = keptDevices{d.Container}
	if d.ID == nil {
		return
	}
	none := &store.NoopStore{}
	d.Contacts, d.ChatSettings, d.MsgSecrets = none, none, none
	d.AppState = appState{d.AppState}
	d.PreKeys = preKeys{d.PreKeys, d.EventBuffer}
	d.Sessions = newSessions(d.Sessions, n.client.sessionLock)
	d.EventBuffer = &buffer{EventBuffer: d.EventBuffer, sessionLock: n.client.sessionLock, fault: n.intakeFailed}
	d.LIDs = &lidMap{LIDStore: d.LIDs, merged: n.client.cfg.Merged}
}

// keptDevices keeps whatsmeow from deleting a device. It does so when WhatsApp has unlinked the device, and when it
// believes that the confirmation of a pairing was not sent, which happens under load although WhatsApp has it (pair.go,
// handlePair). Deleting takes the keys and stores out of the Device while other goroutines use them (store/store.go,
// Delete). Instead, Run forgets the device once WhatsApp refuses its login and the connection is closed.
type keptDevices struct{ store.DeviceContainer }

var errForgottenLater = errors.New("it is forgotten when the connection is closed")

func (keptDevices) DeleteDevice(context.Context, *store.Device) error { return errForgottenLater }

// PutDevice stores a device. When it does so for the first time, the store sets itself as the device's container, which
// is undone here.
func (k keptDevices) PutDevice(ctx context.Context, d *store.Device) error {
	first := !d.Initialized
	err := k.DeviceContainer.PutDevice(ctx, d)
	if first {
		d.Container = k
	}
	return err
}

// errNotKept is why a part of the account's settings is not fetched.
var errNotKept = errors.New("not kept on this device")

// appState leaves out the account's list of contacts, by far the biggest part of its settings: reading its version
// fails, and whatsmeow goes on without it.
type appState struct{ store.AppStateStore }

func (a appState) GetAppStateVersion(ctx context.Context, name string) (uint64, [128]byte, error) {
	if name == string(appstate.WAPatchCriticalUnblockLow) {
		return 0, [128]byte{}, errNotKept
	}
	return a.AppStateStore.GetAppStateVersion(ctx, name)
}

// preKeys makes one transaction of the making of many keys. There are 812 of them after pairing, and a commit for each
// takes seconds on a busy disk, while the phone waits.
type preKeys struct {
	store.PreKeyStore
	txn store.EventBuffer // its transaction is the device store's, and takes in all that is done with its context
}

func (p preKeys) GetOrGenPreKeys(ctx context.Context, count uint32) (made []*keys.PreKey, err error) {
	err = p.txn.DoDecryptionTxn(ctx, func(ctx context.Context) error {
		made, err = p.PreKeyStore.GetOrGenPreKeys(ctx, count)
		return err
	})
	return made, err
}

// lidMap is the map between phone numbers and LIDs. It calls merged with what it learns.
type lidMap struct {
	store.LIDStore
	merged func(message.Person)
}

func (a *lidMap) PutLIDMapping(ctx context.Context, lid, pn types.JID) error {
	news := a.unknown(ctx, store.LIDMapping{LID: lid, PN: pn})
	if err := a.LIDStore.PutLIDMapping(ctx, lid, pn); err != nil {
		return err
	}
	a.tell(news)
	return nil
}

func (a *lidMap) PutManyLIDMappings(ctx context.Context, mappings []store.LIDMapping) error {
	news := a.unknown(ctx, mappings...) // before: the store reorders its argument
	if err := a.LIDStore.PutManyLIDMappings(ctx, mappings); err != nil {
		return err
	}
	a.tell(news)
	return nil
}

// unknown picks the mappings that the map does not have yet.
func (a *lidMap) unknown(ctx context.Context, mappings ...store.LIDMapping) (news []message.Person) {
	for _, m := range mappings {
		if m.LID.Server != types.HiddenUserServer || m.PN.Server != types.DefaultUserServer {
			continue
		}
		if pn, err := a.GetPNForLID(ctx, m.LID.ToNonAD()); err == nil && pn.User == m.PN.User {
			continue
		}
		news = append(news, personOf(m.PN, m.LID))
	}
	return news
}

func (a *lidMap) tell(news []message.Person) {
	for _, n := range news {
		a.merged(n)
	}
}
