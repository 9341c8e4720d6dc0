package ui

import (
	"context"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/onboarding"
	"flowhq/appliance/supervisor"
	"flowhq/locale/key"
)

// linkingPages link a tenant's phone, here or by a link that its owner gets.
type linkingPages struct {
	*tenantScreen
	devices *supervisor.Devices
	invites *onboarding.Invites
}

func (h *linkingPages) routes() []Route {
	return []Route{
		h.view("/linking", h.show), h.form("/link-code", h.linkCode), h.form("/links", h.createInvite),
		h.form("/links/:link/revoke", h.revokeInvite),
	}
}

// linkingView is the panel that links a phone: on the tenant's pages, and on the owner's own page.
type linkingView struct {
	ID, Number, Words string
	Self              string       // where the panel fetches itself anew
	CodeURL           string       // where a pairing code is asked for
	NewCodes          string       // where new codes are asked for; "": nowhere
	StartURL          string       // where a worker that is off is started; "": not here
	QR                template.URL // a data: URL that the fleet made
	Phase             status
	Expires           *time.Time
	Lifetime          int        // seconds, of the code that is shown
	Blocked           *time.Time // while WhatsApp bans or restricts the number: when it has said that this ends
	Linked, Wrong     bool
	Code              pairingView
	Polls             bool // there is no stream of changes: the panel asks
}

// pairingView is the other way to link: a code that is typed on the phone.
type pairingView struct {
	ID, URL, Code, Wrong, Phone string
	Expires                     time.Time
}

type linkingPage struct {
	tenantFrame
	Linking linkingView
	Invites invitesView
}

type invitesView struct {
	ID      string
	Can     bool
	Address string // of the link that was just made; it is shown once
	Wrong   string
	Rows    []inviteRow
	Self    string // where the list is fetched anew
	More    string
}

// invitesShown is how many links one page lists.
const invitesShown = 20

type inviteRow struct {
	ID        string
	Status    status
	Open      bool
	CreatedAt time.Time
	ExpiresAt time.Time
	OpenedAt  *time.Time
}

func (h *linkingPages) show(c *gin.Context, t flowhq.TenantDetail) {
	if c.Query("part") == "invites" {
		v, err := h.invitesView(c, t.ID)
		if err != nil {
			h.fail(c, err)
			return
		}
		h.render(c, http.StatusOK, pageLinking, "invites", v)
		return
	}
	opened(c, h.log, h.devices, t)
	h.draw(c, http.StatusOK, t, invitesView{})
}

func (h *linkingPages) draw(c *gin.Context, code int, t flowhq.TenantDetail, made invitesView) {
	v := linkingPage{tenantFrame: h.frame(c, t, "/linking"), Linking: h.panel(c, t)}
	invites, err := h.invitesView(c, t.ID)
	if err != nil {
		h.fail(c, err)
		return
	}
	invites.Address, invites.Wrong = made.Address, made.Wrong
	v.Invites = invites
	h.render(c, code, pageLinking, "layout", v)
}

func (h *linkingPages) invitesView(c *gin.Context, id string) (invitesView, error) {
	v := invitesView{ID: id, Can: h.invites.CanInvite(), Self: tenantURL(id, "/linking?part=invites")}
	before := cursor(c.Query("before"))
	if !before.IsZero() {
		v.Self += "&before=" + place(before.At, before.ID)
	}
	invites, err := h.invites.Invites(c.Request.Context(), id, flowhq.PageQuery{Before: before, Limit: invitesShown})
	if err != nil {
		return v, err
	}
	if len(invites) == invitesShown {
		last := invites[invitesShown-1]
		v.More = tenantURL(id, "/linking?before=") + place(last.CreatedAt, last.ID) + "#invites"
	}
	l := h.translator(c)
	for _, i := range invites {
		v.Rows = append(v.Rows, newInviteRow(l, i, h.now()))
	}
	return v, nil
}

func newInviteRow(l translator, i flowhq.LinkInvite, now time.Time) inviteRow {
	row := inviteRow{ID: i.ID, Open: i.Open(now), CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt, OpenedAt: i.OpenedAt}
	switch {
	case row.Open && i.OpenedAt != nil:
		row.Status = status{Tone: "good", Word: l.text(key.PageInviteOpened)}
	case row.Open:
		row.Status = status{Tone: "wait", Word: l.text(key.PageInviteWaiting)}
	case i.RevokedAt != nil:
		row.Status = status{Tone: "calm", Word: l.text(key.PageInviteRevoked)}
	default:
		row.Status = status{Tone: "calm", Word: l.text(key.PageInviteExpired)}
	}
	return row
}

// createInvite makes a link for the owner and shows it, once.
func (h *linkingPages) createInvite(c *gin.Context, t flowhq.TenantDetail) {
	address, _, err := h.invites.CreateInvite(c.Request.Context(), access.By(c), t.ID)
	if err != nil {
		h.draw(c, statusOf(err), t, invitesView{Wrong: h.sentence(c, err)})
		return
	}
	h.draw(c, http.StatusCreated, t, invitesView{Address: address})
}

func (h *linkingPages) revokeInvite(c *gin.Context, t flowhq.TenantDetail) {
	if err := h.invites.RevokeInvite(c.Request.Context(), access.By(c), t.ID, c.Param("link")); err != nil {
		h.draw(c, statusOf(err), t, invitesView{Wrong: h.sentence(c, err)})
		return
	}
	doneAt(c, tenantURL(t.ID, "/linking"), "revoked")
}

// linkingView is the panel as an admin sees it.
func (h *linkingPages) panel(c *gin.Context, t flowhq.TenantDetail) linkingView {
	v := newLinkingView(h.translator(c), t, h.now())
	v.Self, v.CodeURL = tenantURL(t.ID, "?part=linking"), tenantURL(t.ID, "/link-code")
	v.NewCodes, v.StartURL = tenantURL(t.ID, "/linking"), tenantURL(t.ID, "/worker/start")
	v.Code.URL = v.CodeURL
	v.offer(t)
	return v
}

// offer keeps the one button that helps in this state.
func (v *linkingView) offer(t flowhq.TenantDetail) {
	if phaseOf(t) != flowhq.PhaseNobody {
		v.NewCodes = ""
	}
	if phaseOf(t) != flowhq.PhaseOff || t.Status == flowhq.TenantPaused {
		v.StartURL = ""
	}
}

func newLinkingView(l translator, t flowhq.TenantDetail, now time.Time) linkingView {
	phase := phaseOf(t)
	v := linkingView{ID: t.ID, Phase: phaseStatus(l, phase), Code: pairingView{ID: t.ID, Phone: t.PhoneNumber}}
	if t.Session != nil && t.Session.State == flowhq.SessionQRReady {
		v.QR, v.Expires = pictureURL(t.Session.LastQR), t.Session.QRExpires
	}
	if v.Expires != nil {
		// WhatsApp shows the first code for a minute and the others for twenty seconds; which one this is is not told.
		v.Lifetime = 20
		if v.Expires.Sub(now) > 20*time.Second {
			v.Lifetime = 60
		}
	}
	if phase.Blocked() && t.Session.BlockedUntil != nil && t.Session.BlockedUntil.After(now) {
		v.Blocked = t.Session.BlockedUntil
	}
	v.say(l, t, phase)
	return v
}

func (v *linkingView) say(l translator, t flowhq.TenantDetail, phase flowhq.Phase) {
	switch phase {
	case flowhq.PhaseConnected:
		v.Linked, v.Number, v.Words = true, t.PhoneNumber, l.text(key.PageLinkConnected)
	case flowhq.PhaseConnecting:
		v.Words = l.text(key.PageLinkConnecting)
	case flowhq.PhaseReconnecting:
		v.Linked, v.Words = true, l.text(key.PageLinkReconnecting)
	case flowhq.PhaseNobody:
		v.Words = l.text(key.PageLinkNobody)
	case flowhq.PhaseOff:
		v.Words = l.text(key.PageLinkOff)
		if t.Status == flowhq.TenantPaused {
			v.Words = l.text(key.PageLinkPaused)
		}
	default:
		if v.Words = l.say(flowhq.Remedy(phase)); v.Words == "" {
			v.Words = l.text(key.PageLinkStarting)
		} else {
			v.Wrong = true
		}
	}
}

// pictureURL lets a PNG in a data: URL through and nothing else: the column is open to other programs.
func pictureURL(s string) template.URL {
	if !strings.HasPrefix(s, "data:image/png;base64,") {
		return ""
	}
	return template.URL(s) //nolint:gosec // the prefix says that it is a picture
}

func (h *linkingPages) newCodes(ctx context.Context, _, id string) error {
	return h.devices.OpenLinking(ctx, id)
}

// linkCode asks for a pairing code and shows it in place; without JavaScript, on the whole page.
func (h *linkingPages) linkCode(c *gin.Context, t flowhq.TenantDetail) {
	v := h.pairing(c, t)
	if c.GetHeader("HX-Request") != "" {
		h.render(c, http.StatusOK, pageLinking, "link-code-body", v)
		return
	}
	page := linkingPage{tenantFrame: h.frame(c, t, "/linking"), Linking: h.panel(c, t)}
	page.Linking.Code = v
	var err error
	if page.Invites, err = h.invitesView(c, t.ID); err != nil {
		h.fail(c, err)
		return
	}
	h.render(c, http.StatusOK, pageLinking, "layout", page)
}

func (h *linkingPages) pairing(c *gin.Context, t flowhq.TenantDetail) pairingView {
	v := pairingView{ID: t.ID, URL: tenantURL(t.ID, "/link-code"), Phone: strings.TrimSpace(c.PostForm("phone_number"))}
	code, err := h.devices.LinkCode(c.Request.Context(), t.ID, v.Phone)
	if err != nil {
		v.Wrong = h.pairingTrouble(c, err)
		return v
	}
	v.Code, v.Expires = code.Code, code.ExpiresAt
	return v
}

func (h *linkingPages) pairingTrouble(c *gin.Context, err error) string {
	fields, rest := h.fieldErrors(c, err)
	if wrong := fields["phone_number"]; wrong != "" {
		return wrong
	}
	return rest
}

// opened tells that somebody looks at the linking panel: a worker that gave up makes new codes. One that can't be
// reached says so itself.
func opened(c *gin.Context, log *slog.Logger, devices *supervisor.Devices, t flowhq.TenantDetail) {
	if phaseOf(t) != flowhq.PhaseNobody {
		return
	}
	if err := devices.OpenLinking(c.Request.Context(), t.ID); err != nil {
		log.Info("open linking", "tenant", t.ID, "error", err)
	}
}
