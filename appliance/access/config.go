package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"flowhq"
)

// Defaults of Config.
const (
	DefaultIdle       = 12 * time.Hour
	DefaultAbsolute   = 7 * 24 * time.Hour
	DefaultSignInPath = "/sign-in"
)

// HomePath is the home page: where / leads, and a browser that has just signed in.
const HomePath = "/admin/tenants"

// MaxBody is how many bytes of a request's body are read at most; a longer one is answered with 413.
const MaxBody = 1 << 20

// SessionStore keeps the sessions of signed-in browsers. A session that is not there is a flowhq.Error with
// CodeNotFound.
type SessionStore interface {
	CreateAdminSession(ctx context.Context, s flowhq.AdminSession) error
	AdminSessionByHash(ctx context.Context, tokenHash []byte) (flowhq.AdminSession, error)
	// TouchAdminSession writes LastSeenAt.
	TouchAdminSession(ctx context.Context, id string, at time.Time) error
	DeleteAdminSession(ctx context.Context, id string) error
	AdminSessions(ctx context.Context, q flowhq.AdminSessionQuery) ([]flowhq.AdminSession, error)
}

// Config is what a Gatekeeper works by. Password or PasswordHash, PortalKey and Sessions are required.
type Config struct {
	Password       string   // the admin password in plain
	PasswordHash   string   // or as an argon2id PHC string; where both are given, this one alone counts
	PortalKey      string   // shared secret of the portal API
	ListenAddr     string   // what the appliance listens on: a host, or host:port
	PublicURL      string   // where it is reached from outside, "" when nowhere: https://bots.example.com
	TrustedProxies []string // addresses or CIDR ranges whose X-Forwarded-* headers are believed
	SignInPath     string   // where a browser is sent that is not signed in
	Idle           time.Duration
	Absolute       time.Duration
	Sessions       SessionStore
	Now            func() time.Time // nil: time.Now
	Log            *slog.Logger     // nil: discards

	// Page renders a refusal for a browser; nil: a plain sentence.
	Page func(w http.ResponseWriter, r *http.Request, status int, sentence string)
}

// Gatekeeper decides who comes in. It is safe for use by many goroutines and starts none.
type Gatekeeper struct {
	cfg        Config
	credential *credential
	portalKey  [32]byte // SHA-256, so that comparing tells nothing of the length
	throttle   *throttle
	net        network
	origins    *http.CrossOriginProtection
}

// New makes a gatekeeper, or says in words everything that is wrong with the configuration.
func New(cfg Config) (*Gatekeeper, error) {
	cfg = cfg.withDefaults()
	g := &Gatekeeper{cfg: cfg, throttle: newThrottle(), portalKey: digest(cfg.PortalKey)}
	var wrong []error
	if cfg.PortalKey == "" {
		wrong = append(wrong, errors.New("PORTAL_INTERNAL_KEY is missing"))
	}
	if cfg.Sessions == nil {
		wrong = append(wrong, errors.New("access: no store for sessions"))
	}
	var err error
	if g.credential, err = newCredential(cfg.Password, cfg.PasswordHash); err != nil {
		wrong = append(wrong, err)
	}
	if g.net, err = newNetwork(cfg); err != nil {
		wrong = append(wrong, err)
	}
	g.origins = http.NewCrossOriginProtection()
	if g.net.public != nil {
		if err := g.origins.AddTrustedOrigin(g.net.public.Scheme + "://" + g.net.public.Host); err != nil {
			wrong = append(wrong, fmt.Errorf("PUBLIC_URL: %w", err))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return g, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.SignInPath == "" {
		cfg.SignInPath = DefaultSignInPath
	}
	if cfg.Idle <= 0 {
		cfg.Idle = DefaultIdle
	}
	if cfg.Absolute <= 0 {
		cfg.Absolute = DefaultAbsolute
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return cfg
}

func newNetwork(cfg Config) (network, error) {
	n := network{listen: hostOf(cfg.ListenAddr)}
	var wrong []error
	for _, p := range cfg.TrustedProxies {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		prefix, err := parsePrefix(p)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("TRUSTED_PROXIES: %q is no address and no range", p))
			continue
		}
		n.proxies = append(n.proxies, prefix)
	}
	if cfg.PublicURL != "" {
		u, err := url.Parse(cfg.PublicURL)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			wrong = append(wrong, errors.New("PUBLIC_URL must look like https://bots.example.com"))
		} else {
			n.public = u
		}
	}
	return n, errors.Join(wrong...)
}

func parsePrefix(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		return netip.ParsePrefix(s)
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}
