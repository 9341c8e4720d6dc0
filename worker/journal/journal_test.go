package journal_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/message"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string) *journal.Journal {
	t.Helper()
	j, aside, err := journal.Open(t.Context(), dir, time.Now)
	if err != nil || aside != "" {
		t.Fatal(aside, err)
	}
	return j
}

func write(t *testing.T, j *journal.Journal, do func(tx *journal.Tx) error) {
	t.Helper()
	if err := j.Write(do); err != nil {
		t.Fatal(err)
	}
}

func noteEvent(at time.Time, detail string) flowhq.WorkerEvent {
	return flowhq.WorkerEvent{At: at, Kind: flowhq.EventNote, Note: &flowhq.TenantEventNote{Detail: detail}}
}

func TestSurvivesReopening(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	id := j.ID()
	write(t, j, func(tx *journal.Tx) error { return tx.Event(noteEvent(time.Now(), "one")) })
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = open(t, dir)
	defer func() { _ = j.Close() }()
	if j.ID() != id || j.LastSeq() != 1 {
		t.Errorf("id %s, then %s; last event %d", id, j.ID(), j.LastSeq())
	}
}

func TestNumbersAreNeverGivenTwice(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	old := time.Now().Add(-100 * time.Hour)
	for range 5 {
		write(t, j, func(tx *journal.Tx) error { return tx.Event(noteEvent(old, "x")) })
	}
	write(t, j, func(tx *journal.Tx) error {
		_, err := tx.Prune(journal.DefaultBounds(), 5, time.Now())
		return err
	})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = open(t, dir)
	defer func() { _ = j.Close() }()
	write(t, j, func(tx *journal.Tx) error { return tx.Event(noteEvent(time.Now(), "y")) })
	if j.LastSeq() != 6 {
		t.Errorf("the event after five pruned ones is number %d", j.LastSeq())
	}
}

func TestWritersShareCommitsAndFailAlone(t *testing.T) {
	j := open(t, t.TempDir())
	defer func() { _ = j.Close() }()
	var wg sync.WaitGroup
	errs := make([]error, 200)
	for i := range errs {
		wg.Go(func() {
			errs[i] = j.Write(func(tx *journal.Tx) error {
				if err := tx.Event(noteEvent(time.Now(), fmt.Sprint(i))); err != nil {
					return err
				}
				switch i % 10 {
				case 3:
					return errors.New("refused")
				case 7:
					panic("in a writer")
				}
				return nil
			})
		})
	}
	wg.Wait()
	for i, err := range errs {
		if bad := i%10 == 3 || i%10 == 7; bad != (err != nil) {
			t.Errorf("writer %d: %v", i, err)
		} else if journal.Failed(err) {
			t.Errorf("writer %d: taken for a fault of the disk: %v", i, err)
		}
	}
	var events []flowhq.WorkerEvent
	_ = j.Read(func(tx *journal.Tx) (err error) { events, err = tx.EventsAfter(0, 1000, 1<<20); return err })
	if len(events) != 160 || j.LastSeq() != 160 {
		t.Fatalf("%d events, last number %d", len(events), j.LastSeq())
	}
	for i, e := range events {
		if e.Seq != int64(i+1) || strings.HasSuffix(e.Note.Detail, "3") || strings.HasSuffix(e.Note.Detail, "7") {
			t.Fatalf("event %d: %+v", i, e)
		}
	}
}

func TestBatchesAreBounded(t *testing.T) {
	j := open(t, t.TempDir())
	defer func() { _ = j.Close() }()
	for range 10 {
		write(t, j, func(tx *journal.Tx) error { return tx.Event(noteEvent(time.Now(), strings.Repeat("x", 1000))) })
	}
	for _, c := range []struct{ after, n, bytes, want int }{
		{0, 200, 1 << 20, 10}, {0, 4, 1 << 20, 4}, {0, 200, 3500, 3},
		{0, 200, 10, 1}, {8, 200, 1 << 20, 2}, {10, 200, 1 << 20, 0},
	} {
		var got []flowhq.WorkerEvent
		err := j.Read(func(tx *journal.Tx) (err error) {
			got, err = tx.EventsAfter(int64(c.after), c.n, c.bytes)
			return err
		})
		if err != nil || len(got) != c.want {
			t.Errorf("after %d, at most %d in %d bytes: %d events, %v", c.after, c.n, c.bytes, len(got), err)
		}
	}
}

func TestPruneKeepsWhatIsNotAcknowledged(t *testing.T) {
	j := open(t, t.TempDir())
	defer func() { _ = j.Close() }()
	now := time.Now()
	write(t, j, func(tx *journal.Tx) error {
		for i := range 20 {
			if err := tx.Event(
				noteEvent(now.Add(-time.Duration(100-i)*time.Hour), strings.Repeat("x", 100)),
			); err != nil {
				return err
			}
		}
		for i := range 20 {
			if err := tx.Event(noteEvent(now, strings.Repeat("y", 1000+i))); err != nil {
				return err
			}
		}
		return nil
	})
	left := func(b journal.Bounds, acked int64) int {
		var n int
		write(t, j, func(tx *journal.Tx) error {
			if _, err := tx.Prune(b, acked, now); err != nil {
				return err
			}
			events, err := tx.EventsAfter(0, 1000, 1<<30)
			n = len(events)
			return err
		})
		return n
	}
	b := journal.DefaultBounds()
	if n := left(b, 0); n != 40 {
		t.Errorf("nothing is acknowledged, %d of 40 are left", n)
	}
	if n := left(b, 10); n != 30 {
		t.Errorf("10 are acknowledged and old, %d are left", n)
	}
	if n := left(b, 40); n != 20 {
		t.Errorf("all are acknowledged, 20 are young, %d are left", n)
	}
	b.EventBytes = 6000
	if n := left(b, 40); n != 5 {
		t.Errorf("6000 bytes hold 5 of the young, %d are left", n)
	}
}

func TestSeenIDsAreBounded(t *testing.T) {
	j := open(t, t.TempDir())
	defer func() { _ = j.Close() }()
	now := time.Now()
	b := journal.DefaultBounds()
	b.SeenLeast = 1000
	var fresh int
	write(t, j, func(tx *journal.Tx) error {
		for i := range 3000 {
			if _, err := tx.MarkSeen(
				1, fmt.Sprint(i), now.Add(-200*time.Hour).Add(time.Duration(i)*time.Second),
			); err != nil {
				return err
			}
		}
		if _, err := tx.Prune(b, 0, now); err != nil {
			return err
		}
		for i := range 3000 {
			ok, err := tx.MarkSeen(1, fmt.Sprint(i), now)
			if err != nil {
				return err
			}
			if ok {
				fresh++
			}
		}
		return nil
	})
	if fresh < 1900 || fresh > 2001 {
		t.Errorf("%d of 3000 old ids were forgotten, want about 2000", fresh)
	}
}

func TestTx_FinishOutgoing(t *testing.T) {
	j := open(t, t.TempDir())
	defer func() { _ = j.Close() }()
	write(t, j, func(tx *journal.Tx) error {
		if _, _, err := tx.UpsertChat(message.Person{LID: "9"}, time.Now()); err != nil {
			return err
		}
		p := journal.Outgoing{
			ID: "A", ChatID: 1, Text: "t", Author: flowhq.AuthorBot, Cause: journal.CauseReply, CreatedAt: time.Now(),
		}
		for i := range 2 {
			if fresh, err := tx.EnqueueOutgoing(p); err != nil || fresh != (i == 0) {
				t.Errorf("post %d: %v %v", i, fresh, err)
			}
		}
		next, err := tx.NextOutgoing(1)
		if err != nil || next == nil || next.ID != "A" || next.To.LID != "9" || next.Wrote {
			t.Errorf("next: %+v %v", next, err)
		}
		done, err := tx.FinishOutgoing("A", true, time.Now())
		if err != nil || done == nil || *done != (journal.Finished{ChatID: 1, Chat: "lid:9"}) {
			t.Errorf("finished: %+v %v", done, err)
		}
		if done, err := tx.FinishOutgoing("A", true, time.Now()); done != nil || err != nil {
			t.Errorf("finished twice: %+v %v", done, err)
		}
		return nil
	})
	write(t, j, func(tx *journal.Tx) error { return afterFinish(t, tx) })
}

// afterFinish wants a message that was sent to wait no more, and to be kept for retries.
func afterFinish(t *testing.T, tx *journal.Tx) error {
	t.Helper()
	if next, err := tx.NextOutgoing(1); next != nil || err != nil {
		t.Errorf("after it was sent: %+v %v", next, err)
	}
	if again, err := tx.Outgoing("A"); again == nil || err != nil {
		t.Errorf("a sent one is kept for retries: %+v %v", again, err)
	}
	return nil
}

func TestTx_UpsertChat(t *testing.T) {
	cases := []struct {
		name   string
		met    []message.Person
		chats  string // keys by number
		merges string
	}{
		{"one form each", []message.Person{{PN: "+1"}, {LID: "9"}}, "1:+1 2:lid:9", ""},
		{"again", []message.Person{{PN: "+1"}, {PN: "+1"}}, "1:+1 1:+1", ""},
		{"number learns its LID", []message.Person{{PN: "+1"}, {PN: "+1", LID: "9"}, {LID: "9"}}, "1:+1 1:+1 1:+1", ""},
		{
			"LID learns its number", []message.Person{{LID: "9"}, {PN: "+1", LID: "9"}, {PN: "+1"}},
			"1:lid:9 1:+1 1:+1", "lid:9>+1",
		},
		{
			"two become one", []message.Person{{LID: "9"}, {PN: "+1"}, {PN: "+1", LID: "9"}, {LID: "9"}},
			"1:lid:9 2:+1 2:+1 2:+1", "lid:9>+1",
		},
		{
			"number changes hands",
			[]message.Person{{PN: "+1", LID: "9"}, {PN: "+1", LID: "8"}, {LID: "8"}, {LID: "9"}},
			"1:+1 1:+1 1:+1 2:lid:9", "",
		},
		{
			"person changes number",
			[]message.Person{{PN: "+1", LID: "9"}, {PN: "+2", LID: "9"}, {LID: "9"}, {PN: "+1"}}, "1:+1 2:+2 2:+2 1:+1",
			"",
		},
		{
			"person takes over a number",
			[]message.Person{{PN: "+1", LID: "9"}, {PN: "+2"}, {PN: "+2", LID: "9"}, {LID: "9"}}, "1:+1 2:+2 2:+2 2:+2",
			"",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			j := open(t, t.TempDir())
			defer func() { _ = j.Close() }()
			var chats, merges []string
			for _, p := range c.met {
				write(t, j, func(tx *journal.Tx) error {
					chat, joined, err := tx.UpsertChat(p, time.Now())
					if err != nil {
						return err
					}
					chats = append(chats, fmt.Sprintf("%d:%s", chat.ID, chat.Key()))
					for _, m := range joined {
						merges = append(merges, m.From+">"+m.IdentityMerge.Into)
					}
					return nil
				})
			}
			if got := strings.Join(chats, " "); got != c.chats {
				t.Errorf("chats %s, want %s", got, c.chats)
			}
			if got := strings.Join(merges, " "); got != c.merges {
				t.Errorf("merges %q, want %q", got, c.merges)
			}
			if n := j.LastSeq(); n != int64(len(merges)) {
				t.Errorf("%d events for %d merges", n, len(merges))
			}
		})
	}
}

func TestMergeCarriesEverything(t *testing.T) {
	j := open(t, t.TempDir())
	defer func() { _ = j.Close() }()
	now := time.Now()
	write(t, j, func(tx *journal.Tx) error { return fillTwoChats(tx, now) })
	write(t, j, func(tx *journal.Tx) error {
		c, _, err := tx.UpsertChat(message.Person{PN: "+1", LID: "9"}, now)
		if err != nil {
			return err
		}
		got := *c
		got.ID, got.LastSeen, got.HandoffEnds = 0, time.Time{}, time.Time{}
		want := journal.Chat{
			Person: message.Person{PN: "+1", LID: "9"}, State: []byte("new"), Flow: 4, OptedOut: true, Name: "Asha",
			Wrote: true, HandoffCause: journal.HandoffAdmin,
		}
		if !reflect.DeepEqual(got, want) || !c.HandedOver(now) {
			t.Errorf("merged chat %+v, want %+v", got, want)
		}
		if fresh, err := tx.MarkSeen(c.ID, "S", now); fresh || err != nil {
			t.Errorf("an id seen under the LID is new under the number: %v", err)
		}
		if in, err := tx.NextIncoming(c.ID); in == nil || err != nil {
			t.Errorf("the incoming message was left behind: %v", err)
		}
		if out, err := tx.NextOutgoing(c.ID); out == nil || err != nil {
			t.Errorf("the outgoing message was left behind: %v", err)
		}
		return nil
	})
}

// fillTwoChats makes the chat of a number with an old conversation, and that of a LID with everything that a chat has.
func fillTwoChats(tx *journal.Tx, now time.Time) error {
	byNumber, _, err := tx.UpsertChat(message.Person{PN: "+1"}, now)
	if err != nil {
		return err
	}
	byNumber.State, byNumber.LastSeen = []byte("old"), now.Add(-time.Hour)
	hidden, _, err := tx.UpsertChat(message.Person{LID: "9"}, now)
	if err != nil {
		return err
	}
	hidden.State, hidden.Flow, hidden.OptedOut, hidden.Name, hidden.Wrote = []byte("new"), 4, true, "Asha", true
	hidden.HandoffCause, hidden.HandoffEnds = journal.HandoffAdmin, now.Add(time.Hour)
	_, seenErr := tx.MarkSeen(hidden.ID, "S", now)
	_, sendErr := tx.EnqueueOutgoing(journal.Outgoing{ID: "P", ChatID: hidden.ID, CreatedAt: now})
	return errors.Join(
		tx.SaveChat(byNumber), tx.SaveChat(hidden), seenErr, sendErr,
		tx.EnqueueIncoming(&message.Incoming{ChatID: hidden.ID, ID: "L", SentAt: now, ReceivedAt: now}),
	)
}

func TestDamagedFileIsPutAside(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, journal.FileName)
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	j, aside, err := journal.Open(t.Context(), dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if _, err := os.Stat(aside); err != nil || j.ID() == "" {
		t.Errorf("put aside as %q: %v", aside, err)
	}
}

func TestRenewKeepsEvents(t *testing.T) {
	j := open(t, t.TempDir())
	defer func() { _ = j.Close() }()
	write(t, j, func(tx *journal.Tx) error { return tx.Event(noteEvent(time.Now(), "x")) })
	before := j.ID()
	if err := j.Renew(); err != nil || j.ID() == before || j.LastSeq() != 1 {
		t.Errorf("%v, %s, %d", err, j.ID(), j.LastSeq())
	}
	if err := j.Reopen(t.Context()); err != nil || j.ID() == before {
		t.Errorf("after reopening: %v", err)
	}
}

func TestSnapshotIsAJournal(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	defer func() { _ = j.Close() }()
	write(t, j, func(tx *journal.Tx) error { return tx.Event(noteEvent(time.Now(), "x")) })
	copyDir := t.TempDir()
	if err := j.Snapshot(t.Context(), filepath.Join(copyDir, journal.FileName)); err != nil {
		t.Fatal(err)
	}
	k := open(t, copyDir)
	defer func() { _ = k.Close() }()
	if k.ID() != j.ID() || k.LastSeq() != 1 {
		t.Errorf("copy has id %s, last event %d", k.ID(), k.LastSeq())
	}
}

func TestReadOnlyFileIsAFault(t *testing.T) {
	j := open(t, t.TempDir())
	defer func() { _ = j.Close() }()
	err := j.Write(func(tx *journal.Tx) error { return tx.FillForTest(1 << 20) })
	if !journal.Failed(err) {
		t.Fatalf("a full file: %v", err)
	}
	write(t, j, func(tx *journal.Tx) error { return tx.Event(noteEvent(time.Now(), "x")) })
}
