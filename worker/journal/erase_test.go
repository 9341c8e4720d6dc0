package journal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/message"
)

// What a customer said is nowhere in the file afterwards; what others said is.
func TestErase(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	if err := journal.Erase(ctx, dir, "+255711000001"); err != nil {
		t.Fatalf("without a journal: %v", err)
	}
	j, _, err := journal.Open(ctx, dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	write(t, j, func(tx *journal.Tx) error {
		if err := saidTo(tx, "+255711000001", "siri yangu kubwa"); err != nil {
			return err
		}
		return saidTo(tx, "+255711000002", "habari za mwingine")
	})
	last := j.LastSeq()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := journal.Erase(ctx, dir, "+255711000001"); err != nil {
		t.Fatal(err)
	}
	checkErased(t, dir)
	j, _, err = journal.Open(ctx, dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if j.LastSeq() < last {
		t.Errorf("numbers would be given again: %d after %d", j.LastSeq(), last)
	}
}

func checkErased(t *testing.T, dir string) {
	t.Helper()
	all := contents(t, dir)
	if bytes.Contains(all, []byte("siri yangu")) || bytes.Contains(all, []byte("255711000001")) {
		t.Error("the customer is in the file still")
	}
	if !bytes.Contains(all, []byte("habari za mwingine")) {
		t.Error("another customer is gone")
	}
}

// saidTo puts a text for a customer into the outbox and into the events, under both of the customer's names.
func saidTo(tx *journal.Tx, pn, text string) error {
	chat, _, err := tx.UpsertChat(message.Person{PN: pn, LID: "9" + pn[1:]}, time.Now())
	if err != nil {
		return err
	}
	_, err = tx.EnqueueOutgoing(journal.Outgoing{
		ID: "3EB0" + pn[1:], ChatID: chat.ID, Text: text, Author: flowhq.AuthorBot, CreatedAt: time.Now(),
	})
	for _, key := range []string{pn, "lid:9" + pn[1:]} {
		if err == nil {
			err = tx.Event(flowhq.WorkerEvent{
				At: time.Now(), Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{Chat: key, Text: text},
			})
		}
	}
	return err
}

// contents gives all bytes of all files in a folder.
func contents(t *testing.T, dir string) (all []byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}
