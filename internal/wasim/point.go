package wasim

import (
	"context"
	"net"
	"net/http"
)

// Transport returns what a whatsmeow client needs to reach a simulator instead of the real servers: every TLS
// connection, wherever it is meant to go, becomes a plain TCP connection to addr. Give it to the client's three HTTP
// clients (SetWebsocketHTTPClient, SetPreLoginHTTPClient, SetMediaHTTPClient), and set whatsmeow.WACertPubKey to the
// RootKey.
func Transport(addr string) *http.Transport {
	return &http.Transport{DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", addr)
	}}
}
