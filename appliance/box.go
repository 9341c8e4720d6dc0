package appliance

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"flowhq"
	"flowhq/appliance/config"
	"flowhq/appliance/dashboard"
	"flowhq/storage"
)

// box measures the machine for the overview.
type box struct {
	config *config.Config
	store  *storage.Store

	mu       sync.Mutex
	ends     *time.Time // of the certificate, when it was last looked at
	size     int64      // of the database
	sizeAt   time.Time
	lastGood func() *time.Time // the newest good backup; nil: not known
}

var _ dashboard.Box = (*box)(nil)

// Bounds of looking at things outside.
const (
	sizeKept           = 5 * time.Minute
	certificateTimeout = 10 * time.Second
)

// Measure tells memory, disk, database and what is known of certificate and backup.
func (b *box) Measure(ctx context.Context) flowhq.HostState {
	s := flowhq.HostState{DiskPath: b.config.SessionsPath, PublicURL: b.config.PublicURL, Version: Version}
	s.MemoryTotal, s.MemoryAvailable = memory()
	var fs unix.Statfs_t
	if unix.Statfs(b.config.SessionsPath, &fs) == nil {
		s.DiskTotal, s.DiskFree = int64(fs.Blocks)*fs.Bsize, int64(fs.Bavail)*fs.Bsize
	}
	switch b.store.Engine() {
	case storage.PostgreSQL:
		s.Database = "PostgreSQL"
	case storage.SQLite:
		s.Database = "SQLite"
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := time.Now(); now.Sub(b.sizeAt) >= sizeKept {
		if size, err := b.store.Size(ctx); err == nil {
			b.size, b.sizeAt = size, now
		}
	}
	s.DatabaseSize, s.CertificateEnds = b.size, b.ends
	if b.lastGood != nil {
		s.BackupAt = b.lastGood()
	}
	return s
}

// memory reads what the kernel says of the machine's memory; zeros where it does not.
func memory() (total, available int64) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, 0
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan() && (total == 0 || available == 0); {
		name, rest, _ := strings.Cut(lines.Text(), ":")
		kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		if err != nil {
			continue
		}
		switch name {
		case "MemTotal":
			total = kb << 10
		case "MemAvailable":
			available = kb << 10
		}
	}
	return total, available
}

// Certificate asks the box for its certificate as a browser would, under PUBLIC_URL.
func (b *box) Certificate(ctx context.Context) (host string, ends *time.Time, broken bool) {
	u, err := url.Parse(b.config.PublicURL)
	if err != nil || u.Scheme != "https" {
		return "", nil, false
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	ctx, cancel := context.WithTimeout(ctx, certificateTimeout)
	defer cancel()
	dial := tls.Dialer{Config: &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}}
	conn, err := dial.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		_, refused := errors.AsType[*tls.CertificateVerificationError](err)
		return u.Hostname(), nil, refused // not reached from here tells nothing of the certificate
	}
	defer func() { _ = conn.Close() }()
	ends = firstEnd(conn.(*tls.Conn).ConnectionState().PeerCertificates)
	b.mu.Lock()
	b.ends = ends
	b.mu.Unlock()
	return u.Hostname(), ends, false
}

// firstEnd gives when the first of a chain's certificates ends.
func firstEnd(chain []*x509.Certificate) *time.Time {
	var first *time.Time
	for _, c := range chain {
		if end := c.NotAfter.UTC(); first == nil || end.Before(*first) {
			first = &end
		}
	}
	return first
}
