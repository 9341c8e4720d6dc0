package wasim

import (
	"fmt"
	"log/slog"
	"net"
	"time"
)

// Config says how a simulator is set up. The zero value is usable: free ports on 127.0.0.1, nothing kept, fresh keys.
type Config struct {
	Listen  string // where clients connect, host:port; default 127.0.0.1:0
	Control string // where the control interface listens, host:port; default 127.0.0.1:0

	// StateDir is the folder that outlives the process: keys, phones, linked devices, customers, Signal sessions,
	// inboxes and undelivered messages. Empty: all of it is in memory only.
	StateDir string

	// Seed makes keys and ids the same in each run, as far as they do not come from the clients. 0: fresh ones. A state
	// folder remembers the keys it was made with, and wins over Seed.
	Seed uint64

	QRCodes int           // codes offered to a connection that wants to pair; default 6, as the real server
	QRFirst time.Duration // how long the first of six codes is current; default 60 s
	QRNext  time.Duration // how long each other code is current; default 20 s

	// Linger is how long a connection stays open after a refusal or a stream error. The client handles stanzas beside
	// its read loop, so a close right behind one can overtake it; on a busy machine that takes long. Default 500 ms.
	Linger time.Duration

	// Bare leaves out what a phone sends to a device right after linking it: an app state key and an empty history.
	Bare bool

	// FewKeys lets a new device believe that one of its one-time keys is at the server already. whatsmeow then uploads
	// 50 at first instead of 812, which makes linking several times quicker for both sides.
	FewKeys bool

	Logger *slog.Logger     // default: nothing is logged. Debug level shows every stanza
	Now    func() time.Time // default time.Now; stamps messages and ends bans and timelocks, does not drive timers
}

const (
	defaultAddr   = "127.0.0.1:0"
	maxInboxRows  = 20_000 // per phone or customer; older rows are forgotten
	maxReceipts   = 5_000  // per customer
	maxRecent     = 256    // confirmed messages a device can be given again
	handshakeTime = 20 * time.Second
)

func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = defaultAddr
	}
	if c.Control == "" {
		c.Control = defaultAddr
	}
	if c.QRCodes <= 0 {
		c.QRCodes = 6
	}
	if c.QRFirst <= 0 {
		c.QRFirst = 60 * time.Second
	}
	if c.QRNext <= 0 {
		c.QRNext = 20 * time.Second
	}
	if c.Linger <= 0 {
		c.Linger = 500 * time.Millisecond
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// listenLoopback opens a TCP listener. It fails for an address that is not on loopback.
func listenLoopback(addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("wasim: address %q: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("wasim: address %q is not a loopback address: the simulator serves only this machine",
			addr)
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("wasim: %w", err)
	}
	if a, ok := ln.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		_ = ln.Close()
		return nil, fmt.Errorf("wasim: %q resolved to %s, which is not a loopback address", addr, ln.Addr())
	}
	return ln, nil
}
