package access

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// network answers where a request comes from and under which name it reached us.
type network struct {
	listen  string // the host part of LISTEN_ADDR
	public  *url.URL
	proxies []netip.Prefix
}

// trusted tells whether a is one of the proxies whose headers are believed.
func (n *network) trusted(a netip.Addr) bool {
	for _, p := range n.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// peer gives the address at the other end of the connection; the zero address when there is none (a unix socket).
func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// client gives the address that a request comes from: the peer's, or behind trusted proxies the last one in
// X-Forwarded-For that is not a trusted proxy itself. Everything left of it could be made up by the client.
func (n *network) client(r *http.Request) netip.Addr {
	addr := peer(r)
	if !n.trusted(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return addr
		}
		addr = hop.Unmap().WithZone("")
		if !n.trusted(addr) {
			return addr
		}
	}
	return addr
}

// proxied says in words whether a proxy stands in between; a log line of a refused password carries it, since behind a
// proxy that is not trusted everybody has the same address and is slowed down together.
func (n *network) proxied(r *http.Request) string {
	switch {
	case n.trusted(peer(r)):
		return "trusted"
	case r.Header.Get("X-Forwarded-For") != "":
		return "not in TRUSTED_PROXIES, so all its clients count as one"
	default:
		return "none"
	}
}

// forwarded gives a header of the nearest proxy, or "" when the peer is none that we trust.
func (n *network) forwarded(r *http.Request, name string) string {
	if !n.trusted(peer(r)) {
		return ""
	}
	values := strings.Split(strings.Join(r.Header.Values(name), ","), ",")
	return strings.TrimSpace(values[len(values)-1])
}

// host gives the name and port that the client asked for.
func (n *network) host(r *http.Request) string {
	if h := n.forwarded(r, "X-Forwarded-Host"); h != "" {
		return h
	}
	return r.Host
}

// secure tells whether the client's side of the connection is encrypted, as far as it can be known: by TLS of our own,
// by the word of a trusted proxy, or because the client asked for PUBLIC_URL's host and that one is https.
func (n *network) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	if proto := n.forwarded(r, "X-Forwarded-Proto"); proto != "" {
		return strings.EqualFold(proto, "https")
	}
	return n.public != nil && n.public.Scheme == "https" && strings.EqualFold(hostOf(n.host(r)), n.public.Hostname())
}

// knows tells whether host is a name of ours. A page of another site whose name was made to point at our address (DNS
// rebinding) carries its own name here. Where the appliance listens on every address, it may be asked for under each of
// them: an address in the Host header can't come from a rebound name.
func (n *network) knows(host string) bool {
	name := strings.TrimSuffix(strings.ToLower(hostOf(host)), ".")
	if name == "" {
		return false
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	if n.public != nil && name == strings.ToLower(n.public.Hostname()) {
		return true
	}
	if name == strings.ToLower(n.listen) {
		return true
	}
	addr, err := netip.ParseAddr(name)
	if err != nil {
		return false
	}
	return addr.Unmap().IsLoopback() || n.everywhere()
}

func (n *network) everywhere() bool {
	if n.listen == "" {
		return true // ":3000"
	}
	a, err := netip.ParseAddr(n.listen)
	return err == nil && a.IsUnspecified()
}

// hostOf cuts the port, and the brackets of an IPv6 address, off a host.
func hostOf(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		return h
	}
	return strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
}
