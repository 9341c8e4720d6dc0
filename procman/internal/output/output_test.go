package output

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"flowhq/procman/internal/kernel"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"))
}

// rig is a hub with one sink and the child's end of its pipe.
type rig struct {
	t    *testing.T
	dir  string
	hub  *Hub
	sink *Sink
	opts Options
	end  *os.File
	stop func()

	mu     sync.Mutex
	losses []Loss
}

func newRig(t *testing.T, o Options) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), opts: o}
	if r.opts.Path == "" {
		r.opts.Path = filepath.Join(r.dir, "logs", "a.log")
	}
	r.open()
	fd, err := r.sink.ChildEnd()
	if err != nil {
		t.Fatal(err)
	}
	r.end = os.NewFile(uintptr(fd), "child's end")
	t.Cleanup(func() { _ = r.end.Close(); r.stop() })
	return r
}

// open is a manager's start.
func (r *rig) open() {
	r.t.Helper()
	p, err := kernel.NewPoller()
	if err != nil {
		r.t.Fatal(err)
	}
	hub, err := NewHub(p, slog.New(slog.DiscardHandler))
	if err != nil {
		r.t.Fatal(err)
	}
	r.hub = hub
	r.sink = NewSink(hub, "a", filepath.Join(r.dir, "a.pipe"), filepath.Join(r.dir, "a.rec"), func(l Loss) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.losses = append(r.losses, l)
	})
	if err := r.sink.Open(r.opts, -1); err != nil {
		r.t.Fatal(err)
	}
	r.stop = sync.OnceFunc(func() { r.sink.Close(false); p.Close(); hub.Close() })
}

func (r *rig) print(b []byte) {
	r.t.Helper()
	if _, err := r.end.Write(b); err != nil {
		r.t.Fatal(err)
	}
}

// all reads everything that was kept, oldest first.
func (r *rig) all() []byte {
	r.t.Helper()
	var b []byte
	files, err := Files(r.opts.Path)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range files {
		in, err := f.Open()
		if err != nil {
			r.t.Fatal(err)
		}
		part, err := io.ReadAll(in)
		if err != nil {
			r.t.Fatal(err)
		}
		_ = in.Close()
		b = append(b, part...)
	}
	return b
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for: %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

func (r *rig) wants(b []byte) {
	r.t.Helper()
	eventually(r.t, fmt.Sprintf("%d bytes of output", len(b)), func() bool { return len(r.all()) >= len(b) })
	if got := r.all(); !bytes.Equal(got, b) {
		r.t.Errorf("%d bytes of output differ from the %d that were printed", len(got), len(b))
	}
}

func TestEveryByteValueSurvives(t *testing.T) {
	r := newRig(t, Options{})
	b := make([]byte, 1<<16)
	for i := range b {
		b[i] = byte(i * 7)
	}
	r.print(b)
	r.wants(b)
}

func TestPartialLineIsWrittenAtOnce(t *testing.T) {
	r := newRig(t, Options{})
	r.print([]byte("no newline"))
	r.wants([]byte("no newline"))
	r.print([]byte(", and on\n"))
	r.wants([]byte("no newline, and on\n"))
}

// A line of 10 MB goes through files of 1 MB whole, if not in one piece.
func TestLongLine(t *testing.T) {
	r := newRig(t, Options{MaxSizeMB: 1})
	b := append(bytes.Repeat([]byte("L"), 10<<20), "\nshort\n"...)
	r.print(b)
	r.wants(b)
}

// Rotation falls between lines, loses none, and no file passes its size.
func TestRotation(t *testing.T) {
	r := newRig(t, Options{MaxSizeMB: 1})
	var b []byte
	for i := 0; len(b) < 7<<20; i++ {
		b = fmt.Appendf(b, "%09d %s\n", i, strings.Repeat("x", i%300))
	}
	r.print(b)
	r.wants(b)
	files, err := Files(r.opts.Path)
	if err != nil || len(files) < 7 || len(files) > 9 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		part, err := os.ReadFile(f.Path)
		if err != nil || len(part) > 1<<20 || part[len(part)-1] != '\n' || part[9] != ' ' {
			t.Errorf("%s: %d bytes, ends in %q, begins with %q, %v", f.Path, len(part), part[len(part)-1], part[:10],
				err)
		}
	}
}

// Small files rotate within a millisecond: equal names would overwrite.
func TestQuickRotationsDoNotOverwrite(t *testing.T) {
	r := newRig(t, Options{MaxSizeMB: 1})
	r.sink.mu.Lock()
	var want []byte
	for i := range 20 {
		line := fmt.Appendf(nil, "file %d\n", i)
		want = append(want, line...)
		r.sink.write(line)
		if err := r.sink.rotate(); err != nil {
			t.Error(err)
		}
	}
	r.sink.mu.Unlock()
	if got := r.all(); !bytes.Equal(got, want) {
		t.Errorf("kept %q", got)
	}
}

func TestRetention(t *testing.T) {
	for name, c := range map[string]struct {
		o   Options
		max int
	}{
		"count": {Options{MaxSizeMB: 1, MaxBackups: 2}, 3},
		"cap":   {Options{MaxSizeMB: 1, Cap: 3 << 20}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c.o)
			line := bytes.Repeat([]byte("y"), 1023)
			line = append(line, '\n')
			for range 8 << 10 {
				r.print(line)
				if files, _ := Files(r.opts.Path); len(files) > c.max+1 {
					t.Fatalf("%d files", len(files))
				}
			}
			r.sink.Flush() // what is still in the pipe may rotate once more
			eventually(t, "removal", func() bool { f, _ := Files(r.opts.Path); return len(f) <= c.max })
			var total int64
			files, _ := Files(r.opts.Path)
			for _, f := range files {
				total += f.Size
			}
			if total > 3<<20 || total < 2<<20 {
				t.Errorf("%d bytes are kept", total)
			}
		})
	}
}

func TestOldFilesAreRemoved(t *testing.T) {
	r := newRig(t, Options{MaxSizeMB: 1, MaxAge: time.Hour})
	r.print([]byte("now\n"))
	r.wants([]byte("now\n"))
	old := strings.TrimSuffix(r.opts.Path, ".log") + "-2020-01-02T03-04-05.000.log"
	if err := os.WriteFile(old, []byte("then\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(filepath.Dir(old), "ab-2020-01-02T03-04-05.000.log")
	if err := os.WriteFile(other, []byte("somebody else's\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.sink.hub.tidy(r.sink)
	eventually(t, "removal", func() bool { _, err := os.Stat(old); return err != nil })
	if _, err := os.Stat(other); err != nil {
		t.Error("another process's file was removed")
	}
}

func TestCompression(t *testing.T) {
	r := newRig(t, Options{MaxSizeMB: 1, Compress: true})
	var b []byte
	for i := 0; len(b) < 5<<19; i++ {
		b = fmt.Appendf(b, "line %d\n", i)
	}
	r.print(b)
	eventually(t, "compressed files", func() bool {
		files, _ := Files(r.opts.Path)
		n := 0
		for _, f := range files {
			if f.Compressed {
				n++
			}
		}
		return n == 2 && len(files) == 3
	})
	r.wants(b)
}

// A manager killed inside write(2) leaves a part of a chunk in the file, and the
// whole chunk in the pipe.
func TestHalfWrittenChunkIsTakenBack(t *testing.T) {
	r := newRig(t, Options{})
	r.print([]byte("first\n"))
	r.wants([]byte("first\n"))
	r.sink.mu.Lock()
	chunk := []byte("second line\nthird line\n")
	r.sink.note(r.sink.inode, r.sink.size, len(chunk))
	r.sink.mu.Unlock()
	r.stop()
	f, err := os.OpenFile(r.opts.Path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(chunk[:7]); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	r.print(chunk)
	r.open()
	r.wants([]byte("first\nsecond line\nthird line\n"))
}

// A record of a complete write must not take anything back.
func TestCompleteChunkStays(t *testing.T) {
	r := newRig(t, Options{})
	r.print([]byte("first\n"))
	r.wants([]byte("first\n"))
	r.stop()
	r.open()
	r.print([]byte("second\n"))
	r.wants([]byte("first\nsecond\n"))
}

func TestRemovedFileIsMadeAgain(t *testing.T) {
	r := newRig(t, Options{})
	r.print([]byte("one\n"))
	r.wants([]byte("one\n"))
	if err := os.Remove(r.opts.Path); err != nil {
		t.Fatal(err)
	}
	r.sink.mu.Lock()
	r.sink.checked = time.Time{} // some seconds later
	r.sink.mu.Unlock()
	r.print([]byte("two\n"))
	r.wants([]byte("two\n"))
}

func TestFollowAcrossRotations(t *testing.T) {
	for _, compress := range []bool{false, true} {
		t.Run(fmt.Sprint("compress ", compress), func(t *testing.T) {
			r := newRig(t, Options{MaxSizeMB: 1, Compress: compress})
			r.print([]byte("a\nb\nc\n"))
			r.wants([]byte("a\nb\nc\n"))
			ctx, cancel := context.WithCancel(context.Background())
			var got safeBuffer
			done := make(chan error, 1)
			go func() { done <- r.sink.Follow(ctx, &got, 2, true) }()
			eventually(t, "last lines", func() bool { return got.String() == "b\nc\n" })
			want := []byte("b\nc\n")
			for i := range 40000 {
				line := fmt.Appendf(nil, "%06d %0100d\n", i, i)
				want = append(want, line...)
				r.print(line)
			}
			eventually(t, "everything", func() bool { return got.Len() >= len(want) })
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if got.String() != string(want) {
				t.Error("the follower saw something else than was printed")
			}
		})
	}
}

// A follower may come before the first output.
func TestFollowFromNothing(t *testing.T) {
	r := newRig(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	var got safeBuffer
	done := make(chan error, 1)
	go func() { done <- r.sink.Follow(ctx, &got, 10, true) }()
	r.print([]byte("hello\n"))
	eventually(t, "output", func() bool { return got.String() == "hello\n" })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestLastLinesReachIntoRotatedFiles(t *testing.T) {
	r := newRig(t, Options{MaxSizeMB: 1})
	var lines []string
	r.sink.mu.Lock()
	for i := range 30 {
		lines = append(lines, fmt.Sprintf("line %d\n", i))
		r.sink.write([]byte(lines[i]))
		if i%10 == 9 {
			if err := r.sink.rotate(); err != nil {
				t.Error(err)
			}
		}
	}
	r.sink.mu.Unlock()
	gz(t, r)
	for _, n := range []int{0, 1, 5, 10, 11, 25, 30, 99} {
		var got bytes.Buffer
		if err := r.sink.Follow(context.Background(), &got, n, false); err != nil {
			t.Fatal(err)
		}
		if want := strings.Join(lines[max(0, 30-n):], ""); got.String() != want {
			t.Errorf("last %d lines: %q", n, got.String())
		}
	}
}

// gz compresses the oldest rotated file by hand, while the worker does nothing.
func gz(t *testing.T, r *rig) {
	t.Helper()
	r.sink.filesMu.Lock()
	defer r.sink.filesMu.Unlock()
	files, _ := Files(r.opts.Path)
	if err := compress(files[0].Path, nil); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(files[0].Path + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gzip.NewReader(f); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
}

func TestSearch(t *testing.T) {
	r := newRig(t, Options{MaxSizeMB: 1})
	var b []byte
	for i := range 60000 {
		b = fmt.Appendf(b, "number %d of many lines in this file\n", i)
	}
	b = append(b, strings.Repeat("z", 200<<10)+" needle\nlast NEEDLE\n"...)
	r.print(b)
	r.wants(b)
	find := func(q Query) Result {
		t.Helper()
		res, err := Search(context.Background(), r.opts.Path, q)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	texts := func(res Result) (l []string) {
		for _, m := range res.Matches {
			l = append(l, m.Line)
		}
		return l
	}
	if got := texts(find(Query{Text: "number 4321 "})); !slices.Equal(got,
		[]string{"number 4321 of many lines in this file"}) {
		t.Errorf("found %q", got)
	}
	if got := texts(find(Query{Text: "needle", IgnoreCase: true})); !slices.Equal(got, []string{"last NEEDLE"}) {
		t.Errorf("found %q", got) // the other one stands beyond the searched part of its line
	}
	res := find(Query{Text: `number \d*77 `, Regexp: true, Limit: 3})
	if got := texts(res); len(got) != 3 || !strings.HasPrefix(got[2], "number 59977 ") || !res.Truncated {
		t.Errorf("found %q, truncated %v", got, res.Truncated)
	}
	if res := find(Query{Text: "nowhere", MaxBytes: 500 << 10}); !res.Truncated || res.Scanned > 700<<10 {
		t.Errorf("%+v", res)
	}
	if res := find(Query{Text: "nowhere"}); res.Truncated || res.Scanned != int64(len(b)) {
		t.Errorf("%+v of %d", res, len(b))
	}
	if _, err := Search(context.Background(), r.opts.Path, Query{Text: "(", Regexp: true}); err == nil {
		t.Error("a broken expression is accepted")
	}
	checkOffset(t, find(Query{Text: "number 59999 "}).Matches[0], "number 59999 ")
}

// checkOffset wants the text to begin at the match's place in its file.
func checkOffset(t *testing.T, m Match, text string) {
	t.Helper()
	part, err := os.ReadFile(m.File)
	if err != nil || !bytes.HasPrefix(part[m.Offset:], []byte(text)) {
		t.Errorf("the offset %d points elsewhere, %v", m.Offset, err)
	}
}

func TestPipeOutlivesTheManager(t *testing.T) {
	r := newRig(t, Options{})
	r.stop()
	r.print([]byte("while nobody listens\n"))
	r.open()
	r.wants([]byte("while nobody listens\n"))
}

func TestForgottenSinkLeavesNoPipe(t *testing.T) {
	r := newRig(t, Options{})
	r.sink.Close(true)
	for _, f := range []string{"a.pipe", "a.rec"} {
		if err := unix.Access(filepath.Join(r.dir, f), unix.F_OK); err == nil {
			t.Errorf("%s is still there", f)
		}
	}
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }
func (s *safeBuffer) Len() int       { s.mu.Lock(); defer s.mu.Unlock(); return s.b.Len() }
