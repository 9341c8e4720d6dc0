package ui

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
)

type setupDesk interface {
	SetupRequests(ctx context.Context) ([]flowhq.SetupRequestDetail, error)
	SetupRequest(ctx context.Context, id string) (flowhq.SetupRequestDetail, error)
	ReviewSetupRequest(ctx context.Context, by, id string) (flowhq.SetupRequestDetail, error)
	ApproveSetupRequest(ctx context.Context, by, id, notes string) (flowhq.SetupRequestDetail, error)
	RejectSetupRequest(ctx context.Context, by, id, notes string) (flowhq.SetupRequestDetail, error)
}

type setupListView struct {
	Page
	Open, Decided []setupCard
}

type setupCard struct {
	ID, TenantID, Business, Number, Template, User, Notes string
	Status                                                status
	At                                                    *time.Time
}

type setupView struct {
	Page
	setupCard
	Decidable          bool
	Typed              string // the note as typed, when it was refused
	Wrong, WorkerError string
}

func waiting(requests []flowhq.SetupRequestDetail) (n int) {
	for _, r := range requests {
		if r.Status.Open() {
			n++
		}
	}
	return n
}

func (u *UI) setupRequests(c *gin.Context) {
	requests, err := u.fleet.SetupRequests(c.Request.Context())
	if err != nil {
		u.fail(c, err)
		return
	}
	l := u.locale(c)
	var v setupListView
	for _, r := range requests {
		if card := newSetupCard(l, r); r.Status.Open() {
			v.Open = append(v.Open, card)
		} else {
			v.Decided = append(v.Decided, card)
		}
	}
	switch c.Query("part") {
	case "list":
		u.render(c, http.StatusOK, pageSetupRequests, "setup-list", v)
	case "waiting":
		u.render(c, http.StatusOK, pageSetupRequests, "waiting", Page{Waiting: waiting(requests)})
	default:
		v.Page = u.page(c, "requests", l.text("setup.title"))
		u.render(c, http.StatusOK, pageSetupRequests, "layout", v)
	}
}

func newSetupCard(l locale, r flowhq.SetupRequestDetail) setupCard {
	card := setupCard{
		ID: r.ID, TenantID: r.TenantID, Number: r.WhatsAppNumber, Notes: r.Notes, Business: r.WhatsAppNumber,
		Template: l.word("template", string(r.TemplateType)), Status: setupStatus(l, r.Status), At: &r.CreatedAt,
	}
	if r.Tenant != nil {
		card.Business = r.Tenant.Name
	}
	if r.User != nil {
		card.User = r.User.Name + " · " + r.User.Email
	}
	return card
}

// setupRequest shows one request. To open a fresh one is to review it.
func (u *UI) setupRequest(c *gin.Context) {
	id := c.Param("id")
	r, err := u.fleet.SetupRequest(c.Request.Context(), id)
	if err == nil && r.Status == flowhq.SetupSubmitted {
		r, err = u.fleet.ReviewSetupRequest(c.Request.Context(), access.By(c), id)
	}
	if err != nil {
		u.fail(c, err)
		return
	}
	u.setupPage(c, http.StatusOK, r, "", "")
}

func (u *UI) setupPage(c *gin.Context, code int, r flowhq.SetupRequestDetail, typed, wrong string) {
	card := newSetupCard(u.locale(c), r)
	v := setupView{Page: u.page(c, "requests", card.Business), setupCard: card, Decidable: r.Status.Open(), Typed: typed, Wrong: wrong}
	if r.Status == flowhq.SetupApproved && r.Tenant != nil && r.Tenant.Worker != nil {
		v.WorkerError = r.Tenant.Worker.LastError
	}
	u.render(c, code, pageSetupRequest, "layout", v)
}

// decide approves or rejects and shows the request again.
func (u *UI) decide(do func(ctx context.Context, by, id, notes string) (flowhq.SetupRequestDetail, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		id, notes := c.Param("id"), strings.TrimSpace(c.PostForm("notes"))
		if _, err := do(c.Request.Context(), access.By(c), id, notes); err != nil {
			r, readErr := u.fleet.SetupRequest(c.Request.Context(), id)
			if readErr != nil {
				u.fail(c, readErr)
				return
			}
			u.setupPage(c, statusOf(err), r, notes, u.sentence(c, err))
			return
		}
		c.Redirect(http.StatusFound, "/admin/setup-requests/"+id)
	}
}
