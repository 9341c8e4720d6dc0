package ui

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/onboarding"
	"flowhq/locale/key"
)

const setupPath = "/admin/setup-requests"

// setupPages list the setup requests of owners and decide about them.
type setupPages struct {
	*renderer
	requests *onboarding.SetupRequests
}

func (h *setupPages) routes() []Route {
	return []Route{
		get(setupPath, h.list), get(setupPath+"/:id", h.show),
		post(setupPath+"/:id/approve", h.decide(h.requests.ApproveSetupRequest)),
		post(setupPath+"/:id/reject", h.decide(h.requests.RejectSetupRequest)),
	}
}

// setupListView is both lists at their beginnings, or one of them further on.
type setupListView struct {
	Page
	Self                  string // where the lists are fetched anew
	ShowOpen, ShowDecided bool
	Open, Decided         []setupCard
	MoreOpen, MoreDecided string
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

// How many requests one page lists of those that wait and of those that were decided.
const openShown, decidedShown = 50, 30

// setupRequests lists those that wait, the longest waiting first, then what was decided, newest first.
func (h *setupPages) list(c *gin.Context) {
	if c.Query("part") == "waiting" {
		h.waitingBadge(c)
		return
	}
	v, err := h.lists(c)
	if err != nil {
		h.fail(c, err)
		return
	}
	if c.Query("part") == "list" {
		h.render(c, http.StatusOK, pageSetupRequests, "setup-list", v)
		return
	}
	v.Page = h.page(c, "requests", h.translator(c).text(key.PageSetupTitle))
	h.render(c, http.StatusOK, pageSetupRequests, "layout", v)
}

// setupLists reads both lists; or those that wait after a place, or what was decided before one.
func (h *setupPages) lists(c *gin.Context) (v setupListView, err error) {
	from, before := cursor(c.Query("after")), cursor(c.Query("before"))
	v.Self, v.ShowOpen, v.ShowDecided = "/admin/setup-requests?part=list", before.IsZero(), from.IsZero()
	if !from.IsZero() {
		v.Self += "&after=" + place(from.At, from.ID)
	} else if !before.IsZero() {
		v.Self += "&before=" + place(before.At, before.ID)
	}
	if v.ShowOpen {
		if v.Open, v.MoreOpen, err = h.openCards(c, from); err != nil {
			return v, err
		}
	}
	if v.ShowDecided {
		v.Decided, v.MoreDecided, err = h.decidedCards(c, before)
	}
	return v, err
}

func (h *setupPages) openCards(c *gin.Context, from flowhq.Cursor) (cards []setupCard, more string, err error) {
	rows, err := h.requests.OpenSetupRequests(c.Request.Context(), from, openShown)
	for _, r := range rows {
		cards = append(cards, newSetupCard(h.translator(c), r))
	}
	if len(rows) == openShown {
		last := rows[openShown-1]
		more = "/admin/setup-requests?after=" + place(last.CreatedAt, last.ID)
	}
	return cards, more, err
}

func (h *setupPages) decidedCards(c *gin.Context, before flowhq.Cursor) (cards []setupCard, more string, err error) {
	rows, err := h.requests.SetupRequests(c.Request.Context(),
		flowhq.SetupQuery{PageQuery: flowhq.PageQuery{Before: before, Limit: decidedShown}, Decided: true})
	for _, r := range rows {
		cards = append(cards, newSetupCard(h.translator(c), r))
	}
	if len(rows) == decidedShown {
		last := rows[decidedShown-1]
		more = "/admin/setup-requests?before=" + place(last.CreatedAt, last.ID)
	}
	return cards, more, err
}

// waitingBadge draws how many requests wait, for the navigation of a page that renews it.
func (h *setupPages) waitingBadge(c *gin.Context) {
	n, err := h.requests.WaitingSetupRequests(c.Request.Context())
	if err != nil {
		h.fail(c, err)
		return
	}
	h.render(c, http.StatusOK, pageSetupRequests, "waiting", Page{Waiting: n})
}

func newSetupCard(l translator, r flowhq.SetupRequestDetail) setupCard {
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
func (h *setupPages) show(c *gin.Context) {
	id := c.Param("id")
	r, err := h.requests.SetupRequest(c.Request.Context(), id)
	if err == nil && r.Status == flowhq.SetupSubmitted {
		r, err = h.requests.ReviewSetupRequest(c.Request.Context(), access.By(c), id)
	}
	if err != nil {
		h.fail(c, err)
		return
	}
	h.draw(c, http.StatusOK, r, "", "")
}

func (h *setupPages) draw(c *gin.Context, code int, r flowhq.SetupRequestDetail, typed, wrong string) {
	card := newSetupCard(h.translator(c), r)
	v := setupView{Page: h.page(c, "requests", card.Business), setupCard: card, Decidable: r.Status.Open(),
		Typed: typed, Wrong: wrong}
	if r.Status == flowhq.SetupApproved && r.Tenant != nil && r.Tenant.Worker != nil {
		v.WorkerError = h.translator(c).say(r.Tenant.Worker.LastError)
	}
	h.render(c, code, pageSetupRequest, "layout", v)
}

// decide approves or rejects and shows the request again.
func (h *setupPages) decide(do func(ctx context.Context, by, id, notes string) (flowhq.SetupRequestDetail,
	error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		id, notes := c.Param("id"), strings.TrimSpace(c.PostForm("notes"))
		if _, err := do(c.Request.Context(), access.By(c), id, notes); err != nil {
			r, readErr := h.requests.SetupRequest(c.Request.Context(), id)
			if readErr != nil {
				h.fail(c, readErr)
				return
			}
			h.draw(c, statusOf(err), r, notes, h.sentence(c, err))
			return
		}
		c.Redirect(http.StatusFound, "/admin/setup-requests/"+id)
	}
}
