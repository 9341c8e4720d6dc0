package onboarding

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"strings"
	"time"

	"flowhq"
	"flowhq/appliance/supervisor"
	"flowhq/locale/key"
)

// inviteLife is how long a link for an owner leads somewhere.
const inviteLife = 48 * time.Hour

// inviteBytes is the length of a link's token: long enough that nobody can guess one.
const inviteBytes = 32

// InviteStore keeps links for owners by the SHA-256 of their tokens.
type InviteStore interface {
	CreateInvite(ctx context.Context, i flowhq.LinkInvite, tokenHash []byte) (flowhq.LinkInvite, error)
	// InviteByHash finds a link, whether or not it is still open; CodeNotFound "Link not found".
	InviteByHash(ctx context.Context, tokenHash []byte) (flowhq.LinkInvite, error)
	// Invites lists a tenant's links, newest first.
	Invites(ctx context.Context, tenantID string, p flowhq.PageQuery) ([]flowhq.LinkInvite, error)
	RevokeInvite(ctx context.Context, tenantID, id string) error
	// InviteOpened notes the first opening.
	InviteOpened(ctx context.Context, id string) error
	Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error)
}

// InviteConfig is what Invites is made of; all is required but PublicURL.
type InviteConfig struct {
	Store   InviteStore
	Workers *supervisor.Workers // writes the time line
	// where the box is reached from outside; "": nowhere, and no links are made
	PublicURL string
	Changed   func(kind flowhq.ChangeKind, tenantID, id string) // told of what pages should show
	Now       func() time.Time
	Logger    *slog.Logger
}

// Invites makes links under which owners link their phones. It is safe for use by many goroutines.
type Invites struct {
	store     InviteStore
	workers   *supervisor.Workers
	publicURL string
	changed   func(kind flowhq.ChangeKind, tenantID, id string)
	now       func() time.Time
	log       *slog.Logger
}

// NewInvites makes Invites.
func NewInvites(c InviteConfig) *Invites {
	return &Invites{
		store: c.Store, workers: c.Workers, publicURL: strings.TrimSuffix(c.PublicURL, "/"), changed: c.Changed,
		now: c.Now, log: c.Logger,
	}
}

// CanInvite tells whether links for owners can be made: the box has an address outside.
func (s *Invites) CanInvite() bool { return s.publicURL != "" }

// CreateInvite makes a link under which the owner of a tenant can link the phone for 48 hours without signing in. The
// address is told once; the store keeps a hash of its token. Without PUBLIC_URL it is CodeConflict.
func (s *Invites) CreateInvite(ctx context.Context, by, id string) (address string, i flowhq.LinkInvite, err error) {
	if !s.CanInvite() {
		return "", i, flowhq.Fail(flowhq.CodeConflict, key.RefusalNoPublicUrl)
	}
	if _, err = s.store.Tenant(ctx, id); err != nil {
		return "", i, err
	}
	raw := make([]byte, inviteBytes)
	if _, err = rand.Read(raw); err != nil {
		return "", i, err
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	i, err = s.store.CreateInvite(ctx, flowhq.LinkInvite{TenantID: id, Author: by, ExpiresAt: s.now().Add(inviteLife)},
		hashToken(token))
	if err != nil {
		return "", i, err
	}
	s.workers.Note(ctx, id, flowhq.TenantEventAdmin, "Link for the owner made by "+by)
	s.changed(flowhq.ChangeSession, id, "")
	return s.publicURL + "/link/" + token, i, nil
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Invites lists the links of a tenant, newest first; those that expired more than a month ago may be gone.
func (s *Invites) Invites(ctx context.Context, id string, p flowhq.PageQuery) ([]flowhq.LinkInvite, error) {
	if _, err := s.store.Tenant(ctx, id); err != nil {
		return nil, err
	}
	return s.store.Invites(ctx, id, p)
}

// RevokeInvite ends a link at once.
func (s *Invites) RevokeInvite(ctx context.Context, by, id, invite string) error {
	if err := s.store.RevokeInvite(ctx, id, invite); err != nil {
		return err
	}
	s.workers.Note(ctx, id, flowhq.TenantEventAdmin, "Link for the owner revoked by "+by)
	s.changed(flowhq.ChangeSession, id, "")
	return nil
}

// Invited gives the tenant that a link's token stands for. A token that is unknown, expired or revoked is the same
// CodeNotFound, so that nobody learns which.
func (s *Invites) Invited(ctx context.Context, token string) (flowhq.TenantDetail, flowhq.LinkInvite, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(inviteBytes) {
		return flowhq.TenantDetail{}, flowhq.LinkInvite{}, flowhq.NotFound("Link")
	}
	i, err := s.store.InviteByHash(ctx, hashToken(token))
	if err != nil {
		return flowhq.TenantDetail{}, i, err
	}
	if !i.Open(s.now()) {
		return flowhq.TenantDetail{}, i, flowhq.NotFound("Link")
	}
	t, err := s.store.Tenant(ctx, i.TenantID)
	if err == nil && i.OpenedAt == nil {
		if err := s.store.InviteOpened(ctx, i.ID); err != nil {
			s.log.Warn("the opening of a link could not be written", "tenant", i.TenantID, "error", err)
		}
		s.workers.Note(ctx, i.TenantID, flowhq.TenantEventAdmin, "The owner's link was opened")
		s.changed(flowhq.ChangeSession, i.TenantID, "")
	}
	return t, i, err
}
