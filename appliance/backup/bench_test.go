package backup_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/appliance/backup"
	"flowhq/appliance/backup/archive"
	"flowhq/storage/storetest"
)

// benchMessages is how many messages the benchmark's backup holds, with a trace for every second one.
const benchMessages = 300_000

// benchSource fills a SQLite database with messages of 50 businesses and 5,000 customers, as a year of small businesses
// would.
func benchSource(b *testing.B) (file string, rows int64) {
	b.Helper()
	dir := b.TempDir()
	dsn := "sqlite://" + filepath.Join(dir, "flowhq.db")
	s, err := openStore(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var ids []string
	for i := range 50 {
		d, err := s.CreateTenant(b.Context(), flowhq.NewTenant{
			Name: fmt.Sprint("Duka ", i), PhoneNumber: fmt.Sprintf("+2557000%05d", i),
			TemplateType: flowhq.TemplateBooking, BusinessName: "Duka", Language: flowhq.Swahili,
		}, flowhq.Settings{}.Normalize(), "admin")
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, d.ID)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "flowhq.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	values := make([]string, len(ids))
	for i, id := range ids {
		values[i] = fmt.Sprintf("(%d, '%s')", i, id)
	}
	const id = "printf('019c%04x-%04x-7%03x-%04x-%012x', (i >> 16) & 65535, i & 65535, i % 4096, 32768 + i % 16384, " +
		"abs(random()) % 281474976710656)"
	const common = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?), t(k, id) AS (VALUES %s)
INSERT INTO %s SELECT %s FROM n JOIN t ON t.k = i %% 50 WHERE %s ORDER BY i`
	for _, fill := range []struct{ into, columns, where string }{
		{"customers (id, tenant_id, chat, number, name, first_seen_at, last_seen_at)",
			id + ", t.id, '+25571' || printf('%07d', i), '+25571' || printf('%07d', i), 'Mteja ' || i, " +
				"1760000000000, 1770000000000 + i", "i < 5000"},
		{"message_logs (id, tenant_id, direction, from_number, to_number, message_text, wa_message_id, created_at, " +
			"chat, author, kind, sent_at)",
			id + `, t.id, CASE i % 2 WHEN 0 THEN 'IN' ELSE 'OUT' END, '+25571' || printf('%07d', i % 5000), '+255700000000',
			'Habari, nataka kuweka miadi ya ' || hex(randomblob(8)) || ' kesho saa nne asubuhi', '3EB0' || hex(randomblob(9)), 1770000000000 + i * 100,
			'+25571' || printf('%07d', i % 5000), CASE i % 2 WHEN 0 THEN 'customer' ELSE 'bot' END, 'text', 1770000000000 + i * 100`, "1"},
		{"message_traces (id, tenant_id, wa_message_id, chat, entries_json, created_at)",
			id + `, t.id, '3EB0' || hex(randomblob(9)), '+25571' || printf('%07d', i % 5000),
			'[{"at":"2026-02-02T02:40:00Z","detail":"Intent booking, step service.","step":"step"}]', 1770000000000 + i * 100`, "i % 2 = 0"},
	} {
		if _, err := db.ExecContext(b.Context(), fmt.Sprintf(common, strings.Join(values, ", "), fill.into,
			fill.columns, fill.where), benchMessages); err != nil {
			b.Fatal(err)
		}
	}
	file = filepath.Join(dir, "backup.tar.zst")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	c, err := backup.Take(b.Context(), backup.Source{Store: s, Sessions: filepath.Join(dir, "sessions"), Host: "bots",
		Now: time.Now}, f, archive.Keys{})
	if err != nil {
		b.Fatal(err)
	}
	return file, c.Rows()
}

// BenchmarkRestore brings a backup of 300,000 messages back into each of the two databases:
//
//	go test ./appliance/backup -run '^$' -bench Restore -benchtime 1x -cpuprofile cpu.out
func BenchmarkRestore(b *testing.B) {
	file, rows := benchSource(b)
	text := plainSize(b, file)
	for name, fresh := range map[string]func(testing.TB) string{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(text)
			for range b.N {
				b.StopTimer()
				s, err := openStore(b.Context(), fresh(b))
				if err != nil {
					b.Fatal(err)
				}
				target := backup.Target{Store: s, Sessions: filepath.Join(b.TempDir(), "sessions"), Now: time.Now}
				b.StartTimer()
				_, err = backup.Restore(b.Context(), target, backup.Wanted{},
					func(context.Context) (io.ReadCloser, error) {
						return os.Open(file)
					}, archive.Keys{})
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// plainSize gives how many bytes of rows a backup holds before they are compressed.
func plainSize(b *testing.B, file string) (n int64) {
	b.Helper()
	f, err := os.Open(file)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	_, err = archive.Read(f, archive.Keys{}, archive.Visitor{Rows: func(_ string, lines [][]byte) error {
		for _, line := range lines {
			n += int64(len(line)) + 1
		}
		return nil
	}})
	if err != nil {
		b.Fatal(err)
	}
	return n
}
