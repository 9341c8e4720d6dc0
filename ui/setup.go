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
	WaitingSetupRequests(ctx context.Context) (int, error)
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
	Open                                                  bool
	Remarks                                               []string
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

// decidedShown is how many decided requests are listed; the JSON API has all.
const decidedShown = 30

// setupRequests lists those that wait, the longest waiting first, then what was decided, newest first.
func (u *UI) setupRequests(c *gin.Context) {
	if c.Query("part") == "waiting" {
		u.waitingBadge(c)
		return
	}
	requests, err := u.fleet.SetupRequests(c.Request.Context())
	if err != nil {
		u.fail(c, err)
		return
	}
	l := u.locale(c)
	var v setupListView
	for _, r := range requests {
		if card := newSetupCard(l, r); r.Status.Open() {
			v.Open = append([]setupCard{card}, v.Open...)
		} else {
			v.Decided = append(v.Decided, card)
		}
	}
	if len(v.Decided) > decidedShown {
		v.Decided = v.Decided[:decidedShown]
	}
	if c.Query("part") == "list" {
		u.render(c, http.StatusOK, pageSetupRequests, "setup-list", v)
		return
	}
	v.Page = u.page(c, "requests", l.text("setup.title"))
	u.render(c, http.StatusOK, pageSetupRequests, "layout", v)
}

// waitingBadge draws how many requests wait, for the navigation of a page that renews it.
func (u *UI) waitingBadge(c *gin.Context) {
	n, err := u.fleet.WaitingSetupRequests(c.Request.Context())
	if err != nil {
		u.fail(c, err)
		return
	}
	u.render(c, http.StatusOK, pageSetupRequests, "waiting", Page{Waiting: n})
}

func newSetupCard(l locale, r flowhq.SetupRequestDetail) setupCard {
	card := setupCard{
		ID: r.ID, TenantID: r.TenantID, Number: r.WhatsAppNumber, Notes: r.Notes, Business: r.WhatsAppNumber,
		Template: l.word("template", string(r.TemplateType)), Status: setupStatus(l, r.Status), At: &r.CreatedAt,
	}
	card.Open, card.Notes = r.Status.Open(), l.say(r.Notes)
	for _, remark := range r.Remarks {
		card.Remarks = append(card.Remarks, l.word("remark", string(remark)))
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
		v.WorkerError = u.locale(c).say(r.Tenant.Worker.LastError)
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
