package backup_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"go.mau.fi/whatsmeow/store/sqlstore"

	"flowhq/appliance/backup"
)

// What the linked device keeps of a customer's name is nowhere in its file afterwards, by whichever of the two
// addresses it is kept; other customers, and the keys for the customer's phone, are.
func TestErasedContact(t *testing.T) {
	t.Parallel()
	for _, chat := range []string{"+255711000001", "lid:77001"} {
		t.Run(chat, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := backup.EraseChat(t.Context(), filepath.Join(dir, "none"), chat); err != nil {
				t.Errorf("without a folder: %v", err)
			}
			must(t, backup.EraseChat(t.Context(), dir, chat)) // without a file
			fillDevice(t, dir)
			must(t, backup.EraseChat(t.Context(), dir, chat))
			must(t, backup.EraseChat(t.Context(), dir, chat)) // once more

			all := wholeFolder(t, dir)
			for _, gone := range []string{"Neema wa Kwanza", "Neema Hidden", "jibu la Neema"} {
				if bytes.Contains(all, []byte(gone)) {
					t.Errorf("%q is in the folder still", gone)
				}
			}
			for _, kept := range []string{"Juma wa Pili", "255711000001.0:0", "jibu la Juma"} {
				if !bytes.Contains(all, []byte(kept)) {
					t.Errorf("%q is gone", kept)
				}
			}
		})
	}
}

// fillDevice makes a file as whatsmeow makes it, with two contacts, the first under both of its addresses.
func fillDevice(t *testing.T, dir string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir,
		"device.db")+"?_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)")
	must(t, err)
	devices := sqlstore.NewWithDB(db, "sqlite", nil)
	must(t, devices.Upgrade(t.Context()))
	for _, query := range []string{
		`INSERT INTO whatsmeow_device (jid, registration_id, noise_key, identity_key, signed_pre_key,
	signed_pre_key_id, signed_pre_key_sig, adv_key, adv_details,
			adv_account_sig, adv_account_sig_key, adv_device_sig)
		 SELECT 'us', 1, k, k, k, 1, k || k, k, k, k || k, k, k || k FROM (SELECT '0123456789abcdef0123456789abcdef'
		AS k)`,
		`INSERT INTO whatsmeow_contacts (our_jid, their_jid, push_name) VALUES
			('us', '255711000001@s.whatsapp.net', 'Neema wa Kwanza'), ('us', '77001@lid', 'Neema Hidden'), ('us',
			'255711000002@s.whatsapp.net', 'Juma wa Pili')`,
		`INSERT INTO whatsmeow_lid_map VALUES ('77001', '255711000001'), ('77002', '255711000002')`,
		`INSERT INTO whatsmeow_sessions VALUES ('us', '255711000001.0:0', x'01')`,
		`INSERT INTO whatsmeow_retry_buffer VALUES ('us', '77001@lid', 'A', 'x', 'jibu la Neema', 1), ('us',
	'77002@lid', 'B', 'x', 'jibu la Juma', 1)`,
	} {
		_, err := db.ExecContext(t.Context(), query)
		must(t, err)
	}
	must(t, db.Close())
	if all := wholeFolder(t, dir); !bytes.Contains(all, []byte("Neema wa Kwanza")) {
		t.Fatal("the name is not in the file before")
	}
}

func wholeFolder(t *testing.T, dir string) (all []byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		must(t, err)
		all = append(all, text...)
	}
	return all
}
