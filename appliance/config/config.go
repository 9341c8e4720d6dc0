package config

import (
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"time"

	"flowhq"
)

// Config is a valid configuration.
type Config struct {
	File      string   // the environment file that was read, "" for none
	Installed bool     // runs from the package, not by hand
	Warnings  []string // what is allowed and should be looked at, one sentence each

	Development       bool
	DatabaseURL       Secret
	DatabaseWait      time.Duration // how long the start waits for a database that can't be reached; 0: not at all
	AdminPassword     Secret
	AdminPasswordHash Secret // counts alone where it is set
	PortalKey         Secret
	ListenAddr        string
	Port              int
	PublicURL         string // "" when the box is not reached from outside
	TrustedProxies    []string

	LogLevel     slog.Level
	SessionsPath string // absolute, as the two below
	LogsPath     string
	RuntimeDir   string

	WorkerMemoryMax int64 // bytes; 0: no limit
	StaleThreshold  time.Duration
	StaleCheck      time.Duration
	Limits          flowhq.Limits
	Retention       flowhq.Retention  // where a business wants nothing else
	Quiet           flowhq.QuietHours // for heavy work

	Backup Backup

	Simulator       *Simulator // nil: the real WhatsApp
	WhatsAppVersion string
}

// Simulator says where the WhatsApp simulator is. It is for demos, tests and benches.
type Simulator struct {
	Addr string // loopback host:port
	Key  string // its root key, 64 hexadecimal digits
}

// silenceBeforeRebuild is how long a connection to WhatsApp may be silent before a worker makes it anew: WhatsApp
// answers a ping at least every 30 s.
const silenceBeforeRebuild = 75 * time.Second

// Addr is what to listen on, host:port.
func (c *Config) Addr() string { return net.JoinHostPort(c.ListenAddr, strconv.Itoa(c.Port)) }

// Loopback tells whether nobody outside this machine can reach the listener.
func (c *Config) Loopback() bool { return isLoopback(c.ListenAddr) }

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// WorkerSocket is where workers dial.
func (c *Config) WorkerSocket() string { return filepath.Join(c.RuntimeDir, "workers.sock") }

// ControlSocket is where the command line reaches the running appliance.
func (c *Config) ControlSocket() string { return filepath.Join(c.RuntimeDir, ControlSocketName) }

// LocalURL is where a browser on this machine finds the appliance.
func (c *Config) LocalURL() string {
	host := c.ListenAddr
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsUnspecified() {
		host = "127.0.0.1"
		if addr.Is6() {
			host = "::1"
		}
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(c.Port))
}

// URL is where people find the appliance: PUBLIC_URL, or LocalURL.
func (c *Config) URL() string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	return c.LocalURL()
}
