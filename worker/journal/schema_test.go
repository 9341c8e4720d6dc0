package journal_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/message"
)

// old makes a journal of an earlier program from its dump.
func old(t *testing.T, dump string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	script, err := os.ReadFile(filepath.Join("testdata", dump))
	if err != nil {
		t.Fatal(err)
	}
	raw(t, dir, func(db *sql.DB) {
		if _, err := db.Exec(string(script)); err != nil {
			t.Fatal(err)
		}
	})
	return dir
}

// raw works on the file without the program.
func raw(t *testing.T, dir string, do func(db *sql.DB)) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	do(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func versionOf(t *testing.T, dir string) (version int) {
	t.Helper()
	raw(t, dir, func(db *sql.DB) {
		if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
			t.Fatal(err)
		}
	})
	return version
}

func closed(t *testing.T, j *journal.Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestJournalsOfEveryEarlierShapeGoOn(t *testing.T) {
	dumps, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(dumps) < 2 {
		t.Fatal(dumps, err)
	}
	for _, dump := range dumps {
		t.Run(filepath.Base(dump), func(t *testing.T) {
			dir := old(t, filepath.Base(dump))
			j := open(t, dir)
			if j.ID() != "0199c0de-0000-7000-8000-000000000001" || j.LastSeq() != 7 {
				t.Errorf("journal %s, last event %d", j.ID(), j.LastSeq())
			}
			write(t, j, goesOn(t))
			closed(t, j)
			if v := versionOf(t, dir); v != journal.SchemaVersion() {
				t.Errorf("version %d afterwards", v)
			}
			closed(t, open(t, dir)) // and once more, with nothing to do
		})
	}
}

// goesOn is what a worker does with what its predecessor left.
func goesOn(t *testing.T) func(tx *journal.Tx) error {
	return func(tx *journal.Tx) error {
		chat, err := tx.ChatByKey("+255710000001")
		if err != nil || chat == nil || string(chat.State) != `{"step":"date"}` || chat.Flow != 3 || !chat.Wrote {
			t.Errorf("chat %+v, %v", chat, err)
			return err
		}
		if fresh, err := tx.MarkSeen(chat.ID, "IN1", time.Now()); fresh || err != nil {
			t.Errorf("a message that was seen is fresh: %v", err)
		}
		letter, err := tx.NextIncoming(chat.ID)
		if err != nil || letter == nil || letter.Text != "kesho saa nne" {
			t.Errorf("letter %+v, %v", letter, err)
		}
		parcel, err := tx.NextOutgoing(chat.ID)
		if err != nil || parcel == nil || parcel.ID != "3EB0OUT1" {
			t.Errorf("parcel %+v, %v", parcel, err)
		}
		return goesOnWriting(t, tx, chat.ID)
	}
}

// goesOnWriting does what follows on the messages that were left.
func goesOnWriting(t *testing.T, tx *journal.Tx, chat int64) error {
	t.Helper()
	if first, err := tx.MarkHeld("3EB0OUT1"); !first || err != nil {
		t.Errorf("held for the first time: %v, %v", first, err)
	}
	events, err := tx.EventsAfter(0, 10, 1<<20)
	if err != nil || len(events) != 1 || events[0].Note.Detail != "kept" {
		t.Errorf("events %+v, %v", events, err)
	}
	fresh, err := tx.EnqueueOutgoing(
		journal.Outgoing{
			ID: "NEW", ChatID: chat, Text: "x", Author: flowhq.AuthorBot, Cause: journal.CauseReply, Asked: "y",
			CreatedAt: time.Now(),
		},
	)
	if !fresh {
		t.Error("a new reply is not new")
	}
	return err
}

// An upgrade that is taken back finds a newer file: it may go on with one that says so, and refuses any other in words.
func TestFileOfANewerProgram(t *testing.T) {
	dir := t.TempDir()
	undo := journal.AppendStep(func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "ALTER TABLE chats ADD COLUMN mood TEXT NOT NULL DEFAULT ''")
		return err
	})
	newer := journal.SchemaVersion()
	j := open(t, dir)
	write(t, j, func(tx *journal.Tx) error {
		_, _, err := tx.UpsertChat(message.Person{PN: "+255710000001"}, time.Now())
		return err
	})
	closed(t, j)
	undo()

	j = open(t, dir)
	write(t, j, func(tx *journal.Tx) error {
		if c, err := tx.ChatByKey("+255710000001"); err != nil || c == nil {
			t.Errorf("the chat of the newer program: %v, %v", c, err)
		}
		_, _, err := tx.UpsertChat(message.Person{PN: "+255710000002"}, time.Now())
		return err
	})
	closed(t, j)
	if v := versionOf(t, dir); v != newer {
		t.Errorf("the file says version %d, not %d: the newer program would take the step twice", v, newer)
	}

	raw(t, dir, func(db *sql.DB) {
		if _, err := db.Exec("UPDATE meta SET value = ? WHERE key = 'readable_from'", newer); err != nil {
			t.Fatal(err)
		}
	})
	if _, _, err := journal.Open(
		t.Context(), dir, time.Now,
	); err == nil ||
		!strings.Contains(err.Error(), "newer version of the product") {
		t.Errorf("opened, or refused without saying why: %v", err)
	}
}

func TestStepThatFailsLeavesTheFileAsItWas(t *testing.T) {
	dir := old(t, "v1_first.sql")
	undo := journal.AppendStep(func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DROP TABLE outbox")
		return errors.Join(err, errors.New("no room"))
	})
	_, _, err := journal.Open(t.Context(), dir, time.Now)
	if err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("opened: %v", err)
	}
	undo()
	j := open(t, dir)
	defer closed(t, j)
	write(t, j, goesOn(t))
}
