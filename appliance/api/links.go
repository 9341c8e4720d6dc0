package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/onboarding"
	"flowhq/appliance/supervisor"
	"flowhq/appliance/tenants"
	"flowhq/locale/key"
)

// inviteView is a link for an owner; its address is told once, when it is made.
type inviteView struct {
	ID        string  `json:"id"`
	URL       *string `json:"url"`
	Open      bool    `json:"open"`
	Author    string  `json:"author"`
	CreatedAt stamp   `json:"created_at"`
	ExpiresAt stamp   `json:"expires_at"`
	RevokedAt *stamp  `json:"revoked_at"`
	OpenedAt  *stamp  `json:"opened_at"`
}

func viewInvite(i *flowhq.LinkInvite, address string, now time.Time) inviteView {
	return inviteView{
		ID: i.ID, URL: orNull(address), Open: i.Open(now), Author: i.Author, CreatedAt: stamp(i.CreatedAt),
		ExpiresAt: stamp(i.ExpiresAt),
		RevokedAt: maybe(i.RevokedAt), OpenedAt: maybe(i.OpenedAt),
	}
}

func (a *API) createInvite(links *onboarding.Invites) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		address, i, err := links.CreateInvite(c.Request.Context(), access.By(c), id)
		if err != nil {
			return err
		}
		c.JSON(http.StatusCreated, viewInvite(&i, address, a.cfg.Now()))
		return nil
	}
}

func (a *API) listInvites(links *onboarding.Invites) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		limit, before, err := page(c, flowhq.DefaultLimit)
		if err != nil {
			return err
		}
		invites, err := links.Invites(c.Request.Context(), id, flowhq.PageQuery{Before: before, Limit: limit})
		if err != nil {
			return err
		}
		linkNext(c, limit, len(invites), func() flowhq.Cursor {
			last := invites[len(invites)-1]
			return flowhq.Cursor{At: last.CreatedAt, ID: last.ID}
		})
		now := a.cfg.Now()
		c.JSON(http.StatusOK, list(invites, func(i *flowhq.LinkInvite) inviteView { return viewInvite(i, "", now) }))
		return nil
	}
}

func revokeInvite(links *onboarding.Invites) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		link, err := pathID(c, "link", "Link")
		if err != nil {
			return err
		}
		if err := links.RevokeInvite(c.Request.Context(), access.By(c), id, link); err != nil {
			return err
		}
		done(c, "Link revoked")
		return nil
	}
}

type pauseView struct {
	Paused bool    `json:"paused"`
	Reason *string `json:"reason"`
	Until  *stamp  `json:"until"`
	Author *string `json:"author"`
	Since  *stamp  `json:"since"`
}

// pauseFor switches a tenant off, with a reason and, where it is said, the moment at which it is resumed by itself.
func pauseFor(pauses *supervisor.Pauses, businesses *tenants.Service) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		in, err := readInput(c)
		if err != nil {
			return err
		}
		p := flowhq.Pause{Reason: in.text("reason")}
		if until := in.text("until"); until != "" {
			at, err := time.Parse(time.RFC3339, until)
			if err != nil {
				in.complain("until", key.InputMoment)
			}
			p.Until = &at
		}
		if err := in.err(); err != nil {
			return err
		}
		if err := pauses.PauseFor(c.Request.Context(), access.By(c), id, p); err != nil {
			return err
		}
		t, err := businesses.Tenant(c.Request.Context(), id)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewTenant(&t))
		return nil
	}
}

func showPause(pauses *supervisor.Pauses, businesses *tenants.Service) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		t, err := businesses.Tenant(c.Request.Context(), id)
		if err != nil {
			return err
		}
		p, err := pauses.PauseOf(c.Request.Context(), id)
		if err != nil {
			return err
		}
		v := pauseView{Paused: t.Status == flowhq.TenantPaused}
		if p != nil {
			v.Reason, v.Until = orNull(p.Reason), maybe(p.Until)
			v.Author, v.Since = orNull(p.Author), maybe(&p.CreatedAt)
		}
		c.JSON(http.StatusOK, v)
		return nil
	}
}

// resetSession removes the linked device's keys, for another phone or number.
func resetSession(devices *supervisor.Devices) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		in, err := readInput(c)
		if err != nil {
			return err
		}
		number := in.text("phone_number")
		if err := in.err(); err != nil {
			return err
		}
		if err := devices.ResetSession(c.Request.Context(), access.By(c), id, number); err != nil {
			return err
		}
		done(c, "Session reset")
		return nil
	}
}
