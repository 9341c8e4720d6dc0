package wasim

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func openTest(t *testing.T, dir string) (*journal, map[string]string) {
	t.Helper()
	j, values, err := openJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.close() })
	got := map[string]string{}
	for k, v := range values {
		got[k] = string(v)
	}
	return j, got
}

func commit(t *testing.T, j *journal, changes ...change) {
	t.Helper()
	if err := j.commit(changes...); err != nil {
		t.Fatal(err)
	}
}

func TestJournalKeepsTheLastValue(t *testing.T) {
	dir := t.TempDir()
	j, _ := openTest(t, dir)
	commit(t, j, change{"a", []byte("1")}, change{"b", []byte{}}, change{"gone", []byte("x")})
	commit(t, j, change{"a", []byte("2")}, change{key: "gone"})
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	_, got := openTest(t, dir)
	if want := map[string]string{"a": "2", "b": ""}; !maps.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// TestJournalDropsATornRecord cuts the file at every byte of its last record: the record before it must survive.
func TestJournalDropsATornRecord(t *testing.T) {
	dir := t.TempDir()
	j, _ := openTest(t, dir)
	commit(t, j, change{"a", []byte("first")})
	whole := j.size
	commit(t, j, change{"a", []byte("second")}, change{"b", []byte("second")})
	size := j.size
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, journalName))
	if err != nil {
		t.Fatal(err)
	}
	for cut := whole; cut < size; cut++ {
		torn := t.TempDir()
		if err := os.WriteFile(filepath.Join(torn, journalName), raw[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j, got := openTest(t, torn)
		if want := map[string]string{"a": "first"}; !maps.Equal(got, want) {
			t.Fatalf("cut at %d: got %v", cut, got)
		}
		commit(t, j, change{"c", []byte("goes on")})
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
		if _, got = openTest(t, torn); got["c"] != "goes on" || got["a"] != "first" {
			t.Fatalf("cut at %d, then written: got %v", cut, got)
		}
	}
}

func TestJournalCompacts(t *testing.T) {
	dir := t.TempDir()
	j, _ := openTest(t, dir)
	for i := range 200 {
		commit(t, j, change{fmt.Sprint("key", i%7), fmt.Appendf(nil, "value %d", i)}, change{key: "never"})
	}
	before := j.size
	if err := j.compact(); err != nil {
		t.Fatal(err)
	}
	if j.size >= before/10 {
		t.Fatalf("%d bytes, were %d", j.size, before)
	}
	commit(t, j, change{"after", []byte("1")})
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	_, got := openTest(t, dir)
	if len(got) != 8 || got["key3"] != "value 199" || got["after"] != "1" {
		t.Fatalf("got %v", got)
	}
}
