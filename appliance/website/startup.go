package website

import (
	"encoding/json"
	"errors"
	"flowhq/locale"
	"fmt"
	"html"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"flowhq"
	"flowhq/appliance/host"
)

// StartupPage answers on the appliance's address while the start waits for the database, so that a person sees what is
// wrong. It begins with the first word of why.
type StartupPage struct {
	listener net.Listener
	log      *slog.Logger
	server   *http.Server
	done     chan struct{}
	why      atomic.Value // string: a sentence for people
}

// OpenStartupPage makes the page; it answers from the first SayWhy until Close, and never closes l.
func OpenStartupPage(l net.Listener, log *slog.Logger) *StartupPage {
	return &StartupPage{listener: l, log: log}
}

// SayWhy tells what the start waits for, and the service manager that it is not stuck.
func (p *StartupPage) SayWhy(err error) {
	sentence := "The database can't be reached."
	if domain, ok := errors.AsType[*flowhq.Error](err); ok {
		sentence = locale.English(domain)
	}
	p.why.Store(sentence)
	host.TellSystemd(p.log, fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d\nSTATUS=Waiting for the database",
		(30*time.Second).Microseconds()))
	if p.server != nil {
		return
	}
	p.server = &http.Server{
		Handler: p, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		_ = p.server.Serve(keepOpen{p.listener}) // it ends by close
	}()
}

// Close ends it and leaves the listener as it was.
func (p *StartupPage) Close() error {
	if p.server == nil {
		return nil
	}
	_ = p.server.Close() // connections of people who wait; their pages ask again
	<-p.done
	return unblock(p.listener, time.Time{})
}

// keepOpen is a listener that its server does not close: an Accept under way is ended by a deadline. Closing it would
// lose those who are just coming.
type keepOpen struct{ net.Listener }

func (k keepOpen) Close() error { return unblock(k.Listener, time.Now()) }

func unblock(l net.Listener, at time.Time) error {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return fmt.Errorf("a %T has no deadline", l)
	}
	return tcp.SetDeadline(at)
}

// ServeHTTP says that the appliance is not ready, and why: to monitors that it lives, to programs in JSON, to people in
// both languages, with a page that looks again by itself. Only the server's own machine is told which database it is.
func (p *StartupPage) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	why, _ := p.why.Load().(string)
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err != nil || !net.ParseIP(host).IsLoopback() ||
		r.Header.Get("X-Forwarded-For") != "" {
		why = ""
	}
	h := rw.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Retry-After", "3")
	switch {
	case r.URL.Path == "/healthz":
		_, _ = rw.Write([]byte("ok\n")) // the process lives; whether it is ready is asked elsewhere
	case strings.Contains(r.Header.Get("Accept"), "text/html"):
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		rw.WriteHeader(http.StatusServiceUnavailable)
		_, _ = fmt.Fprintf(rw, waitingPage, html.EscapeString(why))
	default:
		h.Set("Content-Type", "application/json")
		rw.WriteHeader(http.StatusServiceUnavailable)
		_ = json.NewEncoder(rw).Encode(map[string]string{"error": "Waiting for the database", "message": why})
	}
}

const waitingPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="3"><title>Flow HQ</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem;
color-scheme:light dark}p{color:GrayText}</style></head>
<body><h1>Flow HQ</h1>
<p lang="en">Flow HQ is waiting for its database. Bots that are running go on answering. This page
looks again by itself.</p>
<p lang="sw">Flow HQ inasubiri hifadhidata yake. Bot zinazofanya kazi zinaendelea kujibu. Ukurasa huu
utajaribu tena wenyewe.</p>
<p><small>%s</small></p></body></html>
`
