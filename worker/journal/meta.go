package journal

import (
	"encoding/json"
	"time"

	"flowhq"
)

// SetMeta keeps a small value under a name.
func (tx *Tx) SetMeta(key string, value any) error {
	return tx.exec(
		"INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2", key, value,
	)
}

// Meta reads a value into dest; false when there is none.
func (tx *Tx) Meta(key string, dest any) (bool, error) {
	return tx.one("SELECT value FROM meta WHERE key = ?", []any{key}, dest)
}

// SaveConfig stores the configuration, to start with when the appliance is away, and its flow, for conversations that
// begin now. It deletes flows that neither the configuration nor a conversation needs.
func (tx *Tx) SaveConfig(c flowhq.WorkerConfig) error {
	body, err := json.Marshal(c)
	if err == nil {
		err = tx.SetMeta("config", body)
	}
	if err == nil {
		err = tx.exec("INSERT OR REPLACE INTO flows (version, yaml, template, language) VALUES (?, ?, ?, ?)",
			c.Version, c.FlowYAML, c.Business.Template, c.Business.Language)
	}
	if err == nil {
		err = tx.exec(
			"DELETE FROM flows WHERE version <> ? AND version NOT IN (SELECT DISTINCT flow FROM chats)", c.Version,
		)
	}
	return err
}

// Config gives the stored configuration; nil when there is none yet.
func (tx *Tx) Config() (*flowhq.WorkerConfig, error) {
	var body []byte
	found, err := tx.Meta("config", &body)
	if !found {
		return nil, err
	}
	var c flowhq.WorkerConfig
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// Flow is the source of a conversation's flow.
type Flow struct {
	YAML     string // "": the template's own
	Template flowhq.TemplateType
	Language flowhq.Language
}

// Flow gives the flow of a settings version; false when it is not stored.
func (tx *Tx) Flow(version int64) (f Flow, found bool, err error) {
	found, err = tx.one(
		"SELECT yaml, template, language FROM flows WHERE version = ?", []any{version}, &f.YAML, &f.Template,
		&f.Language,
	)
	return f, found, err
}

// Missed is a message that came too late to be answered. The owner gets a list of them.
type Missed struct {
	Chat   int64
	Name   string
	Text   string
	SentAt time.Time
}

// AddMissed notes one for the owner's list.
func (tx *Tx) AddMissed(o Missed) error {
	return tx.exec(
		"INSERT INTO too_old (chat, name, text, sent_at) VALUES (?, ?, ?, ?)", o.Chat, o.Name, o.Text, millis(o.SentAt),
	)
}

// CountMissed tells how long the list is.
func (tx *Tx) CountMissed() (n int, err error) {
	_, err = tx.one("SELECT count(*) FROM too_old", nil, &n)
	return n, err
}

// TakeMissed gives the list, oldest message first, and empties it.
func (tx *Tx) TakeMissed() (all []Missed, err error) {
	err = tx.each(
		"SELECT chat, name, text, sent_at FROM too_old ORDER BY sent_at, n",
		nil,
		func(scan func(...any) error) error {
			var o Missed
			var sent int64
			err := scan(&o.Chat, &o.Name, &o.Text, &sent)
			o.SentAt = fromMillis(sent)
			all = append(all, o)
			return err
		},
	)
	if err == nil && len(all) > 0 {
		err = tx.exec("DELETE FROM too_old")
	}
	return all, err
}

// NoteOwnerText notes a text, as a digest, that the owner wrote to a chat.
func (tx *Tx) NoteOwnerText(digest string, chat int64, at time.Time) error {
	return tx.exec("INSERT INTO owner_texts (text, chat, at) VALUES (?, ?, ?)", digest, chat, millis(at))
}

// ChatsWithOwnerText lists the other chats that got the same text since then.
func (tx *Tx) ChatsWithOwnerText(digest string, chat int64, since time.Time) (chats []int64, err error) {
	err = tx.each(
		"SELECT DISTINCT chat FROM owner_texts WHERE text = ? AND chat <> ? AND at >= ?",
		[]any{digest, chat, millis(since)},
		func(scan func(...any) error) error {
			var c int64
			err := scan(&c)
			chats = append(chats, c)
			return err
		},
	)
	return chats, err
}
