package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"flowhq/worker/journal"
)

// EraseChat removes a chat from the journal in a tenant's folder, and what the linked device keeps of the customer
// beside the keys for the customer's phone. The worker is kept from starting meanwhile. It can be called again after it
// was broken off.
func EraseChat(ctx context.Context, dir, chat string) error {
	release, free, err := lockFolder(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer release()
	if !free {
		return errors.New("the worker runs in the folder")
	}
	if err := eraseContact(ctx, filepath.Join(dir, deviceFile), chat); err != nil {
		return fmt.Errorf("erase the contact: %w", err)
	}
	return journal.Erase(ctx, dir, chat)
}

// contactTables are whatsmeow's tables about one person, with the column that holds the person's address: names, how
// the owner set the chat, keys of single messages, and answers that wait to be asked for once more.
var contactTables = []struct{ table, column string }{
	{"whatsmeow_contacts", "their_jid"}, {"whatsmeow_chat_settings", "chat_jid"},
	{"whatsmeow_message_secrets", "chat_jid"}, {"whatsmeow_retry_buffer", "chat_jid"},
}

// eraseContact removes a person from a file of whatsmeow that nobody uses, and overwrites the space. A file that is not
// there, or has not all of these tables, is no error.
func eraseContact(ctx context.Context, path, chat string) (err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := openFile(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	addresses, err := addressesOf(ctx, db, chat)
	if err != nil {
		return err
	}
	for _, t := range contactTables {
		there, err := hasTable(ctx, db, t.table)
		if err != nil {
			return err
		}
		for _, address := range addresses {
			if !there {
				break
			}
			if _, err := db.ExecContext(ctx, "DELETE FROM "+t.table+" WHERE "+t.column+" = ?", address); err != nil {
				return err
			}
		}
	}
	// what was deleted would stay readable in free pages and in the log
	for _, rest := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := db.ExecContext(ctx, rest); err != nil {
			return err
		}
	}
	return nil
}

// addressesOf gives WhatsApp's addresses of the person behind a chat: by number, by hidden number, or both where the
// file knows which belong together.
func addressesOf(ctx context.Context, db *sql.DB, chat string) ([]string, error) {
	hidden, isHidden := strings.CutPrefix(chat, "lid:")
	number := ""
	if !isHidden {
		hidden, number = "", strings.TrimPrefix(chat, "+")
	}
	there, err := hasTable(ctx, db, "whatsmeow_lid_map")
	if err != nil {
		return nil, err
	}
	if there {
		err := db.QueryRowContext(ctx, "SELECT lid, pn FROM whatsmeow_lid_map WHERE lid = ? OR pn = ?", hidden,
			number).Scan(&hidden, &number)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
	}
	var out []string
	if number != "" {
		out = append(out, number+"@s.whatsapp.net")
	}
	if hidden != "" {
		out = append(out, hidden+"@lid")
	}
	return out, nil
}

func hasTable(ctx context.Context, db *sql.DB, name string) (there bool, err error) {
	err = db.QueryRowContext(ctx, "SELECT count(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = ?",
		name).Scan(&there)
	return there, err
}
