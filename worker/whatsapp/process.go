package whatsapp

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	signallog "go.mau.fi/libsignal/logger"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
	"google.golang.org/protobuf/proto"
)

// deviceName is what the owner's phone shows in its list of linked devices.
const deviceName = "Flow HQ"

// process locks whatsmeow's process-wide settings, which are plain variables. A worker process has one Client, so this
// matters to tests only. There, values that are right already are not written, since other clients may read them.
var process sync.Mutex

// prepareProcess makes the process-wide settings.
func prepareProcess(cfg Config) {
	process.Lock()
	defer process.Unlock()
	if signallog.Logger == nil {
		var to signallog.Loggable = signalLogger{log: cfg.Logger.With("part", "signal")}
		signallog.Setup(&to)
	}
	if store.DeviceProps.GetOs() != deviceName {
		store.DeviceProps.Os = proto.String(deviceName)
		// The account's history is not used here: ask for as little of it as possible.
		history := store.DeviceProps.HistorySyncConfig
		history.FullSyncDaysLimit = proto.Uint32(1)
		history.RecentSyncDaysLimit = proto.Uint32(1)
		history.FullSyncSizeMbLimit = proto.Uint32(1)
	}
	if cfg.Simulator != nil && whatsmeow.WACertPubKey != cfg.Simulator.RootKey {
		whatsmeow.WACertPubKey = cfg.Simulator.RootKey
	}
}

// announce sets the client version that the process tells WhatsApp.
func announce(v store.WAVersionContainer) {
	process.Lock()
	defer process.Unlock()
	if !v.IsZero() && v != store.GetWAVersion() {
		store.SetWAVersion(v)
	}
}

// transport is how WhatsApp is reached; with a simulator, every connection goes to its loopback address in the clear.
// made is given each connection, nil when nobody wants them.
func transport(sim *Simulator, made func(net.Conn)) *http.Transport {
	d := net.Dialer{Timeout: 20 * time.Second}
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		if sim != nil {
			if err := sim.check(); err != nil {
				return nil, err
			}
			network, addr = "tcp", sim.Addr
		}
		conn, err := d.DialContext(ctx, network, addr)
		if err == nil && made != nil {
			made(conn)
		}
		return conn, err
	}
	if sim != nil {
		return &http.Transport{DialContext: dial, DialTLSContext: dial, DisableKeepAlives: true}
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = dial
	t.MaxIdleConns, t.MaxIdleConnsPerHost, t.IdleConnTimeout = 1, 1, 5*time.Second
	return t
}

// direct makes a whatsmeow client use t for everything: before and after login, and for media.
func direct(wa *whatsmeow.Client, t http.RoundTripper) {
	h := &http.Client{Transport: t}
	wa.SetPreLoginHTTPClient(h)
	wa.SetWebsocketHTTPClient(h)
	wa.SetMediaHTTPClient(h)
}

var _ signallog.Loggable = signalLogger{log: (*slog.Logger)(nil)}
