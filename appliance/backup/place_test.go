package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"flowhq"
	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
	"flowhq/appliance/backup/s3"
	"flowhq/storage/storetest"
)

// storageServer is a real S3-compatible server with a bucket, and with faults that a test can switch on.
type storageServer struct {
	*httptest.Server
	fail atomic.Pointer[func(http.ResponseWriter, *http.Request) bool] // true: it answered
}

func newStorage(t *testing.T) *storageServer {
	t.Helper()
	backend := s3mem.New()
	must(t, backend.CreateBucket("akiba"))
	inner := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	s := &storageServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=key/") {
			http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
			return
		}
		if f := s.fail.Load(); f != nil && (*f)(w, r) {
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *storageServer) bucket(t *testing.T, address string, change func(*s3.Config)) *backup.Bucket {
	t.Helper()
	c := s3.Config{Endpoint: s.URL, AccessKey: "key", SecretKey: "secret", PartSize: 1 << 20, Patience: 2 * time.Second}
	if change != nil {
		change(&c)
	}
	b, err := backup.NewBucket(address, c)
	must(t, err)
	return b
}

func (s *storageServer) failing(f func(http.ResponseWriter, *http.Request) bool) { s.fail.Store(&f) }

func put(ctx context.Context, p backup.Place, name string, content []byte) error {
	_, _, err := backup.Put(ctx, p, name, func(w io.Writer) (archive.Contents, error) {
		_, err := w.Write(content)
		return archive.Contents{}, err
	})
	return err
}

// A folder and S3 storage keep backups in the same way.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for kind, place := range map[string]backup.Place{
		"folder": backup.Directory{Path: filepath.Join(t.TempDir(), "deep", "backups")},
		"s3":     newStorage(t).bucket(t, "s3://akiba/flow hq/ä", nil),
	} {
		t.Run(kind, func(t *testing.T) {
			ctx := t.Context()
			if list, err := place.List(ctx); err != nil || len(list) != 0 {
				t.Fatalf("empty: %v, %v", list, err)
			}
			content := make([]byte, 3<<20+17)
			for i := range content {
				content[i] = byte(rand.Uint32())
			}
			at := time.Date(2026, 3, 1, 2, 30, 0, 0, time.UTC)
			name := backup.NameOf(at, "", true)
			must(t, put(ctx, place, name, content))
			must(t, put(ctx, place, backup.NameOf(at.Add(time.Hour), "0198c0de-0000-7000-8000-000000000000", false),
				[]byte("x")))
			broken := errors.New("broken off")
			if _, _, err := backup.Put(ctx, place, backup.NameOf(at.Add(2*time.Hour), "", false),
				func(w io.Writer) (archive.Contents, error) {
					_, _ = w.Write(content)
					return archive.Contents{}, broken
				}); !errors.Is(err, broken) {
				t.Errorf("broken off: %v", err)
			}
			list, err := place.List(ctx)
			must(t, err)
			if len(list) != 2 || list[1].Name != name || list[1].Size != int64(len(content)) || !list[1].Encrypted ||
				list[0].TenantID != "0198c0de-0000" {
				t.Fatalf("listed %+v", list)
			}
			r, err := place.Open(ctx, name)
			must(t, err)
			got, err := io.ReadAll(r)
			must(t, err)
			noError(t, r.Close())
			if !bytes.Equal(got, content) {
				t.Errorf("%d bytes came back of %d", len(got), len(content))
			}
			must(t, place.Remove(ctx, name))
			must(t, place.Remove(ctx, name))
			if _, err := place.Open(ctx, name); flowhq.CodeOf(err) != flowhq.CodeNotFound {
				t.Errorf("removed, and opened: %v", err)
			}
		})
	}
}

func TestStorageInTrouble(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	b := s.bucket(t, "s3://akiba", nil)
	ctx := t.Context()
	name := backup.NameOf(time.Now(), "", false)
	content := make([]byte, 2<<20)

	var n atomic.Int32
	s.failing(func(w http.ResponseWriter, r *http.Request) bool { // every other request fails
		if n.Add(1)%2 == 0 {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	must(t, put(ctx, b, name, content))

	n.Store(0)
	s.failing(func(w http.ResponseWriter, r *http.Request) bool { // downloads break off
		if r.Method != http.MethodGet || n.Add(1) > 3 {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:1000])
		panic(http.ErrAbortHandler)
	})
	if r, err := b.Open(ctx, name); err == nil {
		_, err = io.Copy(io.Discard, r)
		if err != nil && flowhq.CodeOf(err) != flowhq.CodeUnavailable {
			t.Errorf("a download that breaks off: %v", err)
		}
		noError(t, r.Close())
	}

	for what, tt := range map[string]struct {
		fail func(http.ResponseWriter, *http.Request) bool
		code flowhq.Code
	}{
		"denies": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusForbidden)
			return true
		}, flowhq.CodeForbidden},
		"is down": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}, flowhq.CodeUnavailable},
		"hangs up": {func(http.ResponseWriter, *http.Request) bool {
			panic(http.ErrAbortHandler)
		}, flowhq.CodeUnavailable},
		"is mute": {func(_ http.ResponseWriter, r *http.Request) bool {
			select {
			case <-r.Context().Done():
			case <-ctx.Done():
			}
			return true
		}, flowhq.CodeUnavailable},
	} {
		s.failing(tt.fail)
		began := time.Now()
		if err := put(ctx, b, name, content); flowhq.CodeOf(err) != tt.code {
			t.Errorf("storage that %s: %v", what, err)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("storage that %s held the backup up for %s", what, took)
		}
	}
	s.fail.Store(nil)
	if err := put(ctx, s.bucket(t, "s3://nobody", nil), name, nil); flowhq.CodeOf(err) != flowhq.CodeNotFound {
		t.Errorf("a bucket that is not there: %v", err)
	}
	stranger := s.bucket(t, "s3://akiba", func(c *s3.Config) { c.AccessKey = "other" })
	if _, err := stranger.List(ctx); flowhq.CodeOf(err) != flowhq.CodeForbidden {
		t.Errorf("a wrong key: %v", err)
	}
	if up, err := stranger.Create(ctx, name); up != nil || flowhq.CodeOf(err) != flowhq.CodeForbidden {
		t.Errorf("a backup with a wrong key: %v, %v", up, err)
	}
	s.Close()
	if err := put(ctx, b, name, nil); flowhq.CodeOf(err) != flowhq.CodeUnavailable {
		t.Errorf("storage that is gone: %v", err)
	}
}

// A whole backup goes to storage and comes back from there.
func TestBackupInStorage(t *testing.T) {
	t.Parallel()
	b := newBox(t, storetest.SQLite(t))
	b.business(t, "Asha Salon", "+255700000001")
	place := newStorage(t).bucket(t, "s3://akiba/flowhq", nil)
	name := backup.NameOf(time.Now(), "", false)
	_, _, err := backup.Put(t.Context(), place, name, func(w io.Writer) (archive.Contents, error) {
		return backup.Take(t.Context(), b.source(), w, archive.Keys{})
	})
	must(t, err)
	_, err = backup.Verify(t.Context(), t.TempDir(), func(ctx context.Context) (io.ReadCloser, error) {
		return place.Open(ctx, name)
	}, archive.Keys{}, nil)
	must(t, err)
}

// A disk that is full (a real one, of half a megabyte) ends a backup in a sentence; nothing stays, and earlier ones do.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	must(t, syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k"))
	t.Cleanup(func() { noError(t, syscall.Unmount(dir, 0)) })
	place := backup.Directory{Path: dir}
	first := backup.NameOf(time.Now().Add(-time.Hour), "", false)
	must(t, put(t.Context(), place, first, make([]byte, 1000)))
	err := put(t.Context(), place, backup.NameOf(time.Now(), "", false), make([]byte, 2<<20))
	if flowhq.CodeOf(err) != flowhq.CodeUnavailable || !strings.Contains(err.Error(), "The disk is full") {
		t.Errorf("error is %v", err)
	}
	entries, err := os.ReadDir(dir)
	must(t, err)
	if len(entries) != 1 || entries[0].Name() != first {
		t.Errorf("left are %v", entries)
	}

	b := newBox(t, storetest.SQLite(t))
	b.business(t, "Asha Salon", "+255700000001")
	file := take(t, b.source(), archive.Keys{})
	fresh := newBox(t, storetest.SQLite(t))
	fresh.sessions = filepath.Join(dir, "sessions")
	must(t, os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 460<<10), 0o600))
	_, err = backup.Restore(t.Context(), fresh.target(), backup.Wanted{}, opener(file), archive.Keys{})
	if flowhq.CodeOf(err) != flowhq.CodeUnavailable {
		t.Errorf("a restore onto a full disk: %v", err)
	}
	must(t, os.Remove(filepath.Join(dir, "filler")))
	must(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=8m"))
	_, err = backup.Restore(t.Context(), fresh.target(), backup.Wanted{}, opener(file), archive.Keys{})
	must(t, err)
}
