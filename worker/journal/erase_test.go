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
	err = j.Write(func(tx *journal.Tx) error {
		for pn, text := range map[string]string{
			"+255711000001": "siri yangu kubwa", "+255711000002": "habari za mwingine",
		} {
			chat, _, err := tx.UpsertChat(message.Person{PN: pn, LID: "9" + pn[1:]}, time.Now())
			if err != nil {
				return err
			}
			if _, err := tx.EnqueueOutgoing(
				journal.Outgoing{
					ID: "3EB0" + pn[1:], ChatID: chat.ID, Text: text, Author: flowhq.AuthorBot, CreatedAt: time.Now(),
				},
			); err != nil {
				return err
			}
			for _, key := range []string{pn, "lid:9" + pn[1:]} {
				err := tx.Event(
					flowhq.WorkerEvent{
						At: time.Now(), Kind: flowhq.EventMessage, Message: &flowhq.MessageEvent{Chat: key, Text: text},
					},
				)
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	last := j.LastSeq()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := journal.Erase(ctx, dir, "+255711000001"); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	var all []byte
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	if bytes.Contains(all, []byte("siri yangu")) || bytes.Contains(all, []byte("255711000001")) {
		t.Error("the customer is in the file still")
	}
	if !bytes.Contains(all, []byte("habari za mwingine")) {
		t.Error("another customer is gone")
	}
	j, _, err = journal.Open(ctx, dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if j.LastSeq() < last {
		t.Errorf("numbers would be given again: %d after %d", j.LastSeq(), last)
	}
}
