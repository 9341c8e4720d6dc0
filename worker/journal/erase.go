package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Erase removes a chat with all that was said in it from the journal in dir, whose worker must not run: messages,
// answers, the state of the conversation, and events, acknowledged or not. The space is overwritten. It is not an error
// when the chat or the journal does not exist.
func Erase(ctx context.Context, dir, chat string) (err error) {
	if _, err := os.Stat(filepath.Join(dir, FileName)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	j, err := open(ctx, filepath.Join(dir, FileName), time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if err := j.Write(func(tx *Tx) error { return eraseChat(tx, chat) }); err != nil {
		return err
	}
	j.io.Lock()
	defer j.io.Unlock()
	_, err = j.conn.ExecContext(ctx, "VACUUM") // what was deleted would stay readable in free pages
	return err
}

func eraseChat(tx *Tx, chat string) error {
	keys := []string{chat}
	found, err := tx.ChatByKey(chat)
	if err != nil {
		return err
	}
	if found != nil {
		if keys, err = eraseRows(tx, found.ID); err != nil {
			return err
		}
		keys = append(keys, chat)
	}
	for _, key := range keys {
		err := tx.exec(`DELETE FROM events WHERE ? IN (
			json_extract(CAST(json AS TEXT), '$.message.chat'), json_extract(CAST(json AS TEXT), '$.trace.chat'),
			json_extract(CAST(json AS TEXT), '$.chat.chat'), json_extract(CAST(json AS TEXT), '$.request.chat'),
			json_extract(CAST(json AS TEXT), '$.merge.from'), json_extract(CAST(json AS TEXT), '$.merge.into'))`, key)
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseRows deletes what belongs to a chat by its number and gives the names that it was known by.
func eraseRows(tx *Tx, chat int64) (keys []string, err error) {
	var pn, lid *string
	if _, err := tx.one("SELECT pn, lid FROM chats WHERE id = ?", []any{chat}, &pn, &lid); err != nil {
		return nil, err
	}
	if pn != nil {
		keys = append(keys, *pn)
	}
	if lid != nil {
		keys = append(keys, "lid:"+*lid)
	}
	for _, table := range []string{"inbox", "outbox", "seen", "too_old", "owner_texts"} {
		if err := tx.exec("DELETE FROM "+table+" WHERE chat = ?", chat); err != nil {
			return nil, err
		}
	}
	return keys, tx.exec("DELETE FROM chats WHERE id = ?", chat)
}
