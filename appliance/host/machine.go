package host

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
	"flowhq/appliance/dashboard"
	"flowhq/storage"
)

// Machine measures the machine for the overview.
type Machine struct {
	Version    string // of the appliance
	Sessions   string // the folder of the workers' folders, whose disk is measured
	PublicURL  string // "" for none
	Store      *storage.Store
	LastBackup func() *time.Time // the newest good backup; nil: not known

	mu     sync.Mutex
	ends   *time.Time // of the certificate, when it was last looked at
	size   int64      // of the database
	sizeAt time.Time
}

var _ dashboard.Box = (*Machine)(nil)

// Bounds of looking at things outside.
const (
	sizeKept           = 5 * time.Minute
	certificateTimeout = 10 * time.Second
)

// Measure tells memory, disk, database and what is known of certificate and backup.
func (m *Machine) Measure(ctx context.Context) flowhq.HostState {
	s := flowhq.HostState{DiskPath: m.Sessions, PublicURL: m.PublicURL, Version: m.Version}
	s.MemoryTotal, s.MemoryAvailable = memory()
	var fs unix.Statfs_t
	if unix.Statfs(m.Sessions, &fs) == nil {
		s.DiskTotal, s.DiskFree = int64(fs.Blocks)*fs.Bsize, int64(fs.Bavail)*fs.Bsize
	}
	switch m.Store.Engine() {
	case storage.PostgreSQL:
		s.Database = "PostgreSQL"
	case storage.SQLite:
		s.Database = "SQLite"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := time.Now(); now.Sub(m.sizeAt) >= sizeKept {
		if size, err := m.Store.Size(ctx); err == nil {
			m.size, m.sizeAt = size, now
		}
	}
	s.DatabaseSize, s.CertificateEnds = m.size, m.ends
	if m.LastBackup != nil {
		s.BackupAt = m.LastBackup()
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

// Certificate asks the appliance for its certificate as a browser would, under PUBLIC_URL.
func (m *Machine) Certificate(ctx context.Context) (host string, ends *time.Time, broken bool) {
	u, err := url.Parse(m.PublicURL)
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
	m.mu.Lock()
	m.ends = ends
	m.mu.Unlock()
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
