package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flowhq/appliance/access"
	"flowhq/appliance/onboarding"
	"flowhq/appliance/supervisor"
	"flowhq/locale/key"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// The page under a link that was sent to an owner: one tenant, one panel, no sign-in and no cookie of an admin's.
// Whoever has the link can see the code of this one tenant, and nothing else, until it expires or is revoked.

// ownerLinkPages are what an owner sees under a link.
type ownerLinkPages struct {
	*renderer
	gate    *access.Gatekeeper
	invites *onboarding.Invites
	devices *supervisor.Devices
	pace    pace
}

func (h *ownerLinkPages) routes() []Route {
	const path = "/link/:token"
	return []Route{get(path, h.show).open(), post(path+"/codes", h.newCodes).open(),
		post(path+"/code", h.pairing).open()}
}

type linkPage struct {
	Lang      flowhq.Language
	Other     flowhq.Language
	Path      string
	Business  string
	Simulator bool
	Linking   linkingView
	Expires   time.Time
	Gone      bool
}

// How often one link, and one address, may ask. The panel itself asks every three seconds.
const (
	linkAsks        = 60 // in a minute, of one link
	linkCodes       = 3  // pairing codes in ten minutes, of one link
	linkUnknown     = 20 // in ten minutes, of one address, for links that there are not
	linkAskWindow   = time.Minute
	linkOtherWindow = 10 * time.Minute
)

// invited finds the tenant of a link, or says in the reader's language that there is none.
func (h *ownerLinkPages) invited(c *gin.Context) (flowhq.TenantDetail, flowhq.LinkInvite, bool) {
	c.Header("Referrer-Policy", "no-referrer") // the address is the key
	c.Header("X-Robots-Tag", "noindex")
	token, who := c.Param("token"), h.gate.Address(c.Request).String()
	sum := sha256.Sum256([]byte(token))
	key := hex.EncodeToString(sum[:8])
	if h.pace.full("unknown "+who, linkUnknown, h.now()) ||
		!h.pace.allow("ask "+key, linkAsks, linkAskWindow, h.now()) {
		c.Header("Retry-After", "60")
		h.gone(c, http.StatusTooManyRequests)
		return flowhq.TenantDetail{}, flowhq.LinkInvite{}, false
	}
	t, i, err := h.invites.Invited(c.Request.Context(), token)
	switch {
	case err == nil:
		return t, i, true
	case flowhq.CodeOf(err) == flowhq.CodeNotFound:
		h.pace.allow("unknown "+who, linkUnknown, linkOtherWindow, h.now())
		h.gone(c, http.StatusNotFound)
	default:
		h.sentence(c, err)
		h.gone(c, statusOf(err))
	}
	return t, i, false
}

func (h *ownerLinkPages) gone(c *gin.Context, code int) {
	lang := language(c.Request)
	h.renderLink(c, lang, code, "link", linkPage{Lang: lang, Gone: true, Simulator: h.simulator})
}

// linkLanguage is the owner's: what was chosen on this page, else what the business answers in.
func linkLanguage(c *gin.Context, t flowhq.TenantDetail) flowhq.Language {
	if l := flowhq.Language(c.Query("lang")); l == flowhq.Swahili || l == flowhq.English {
		return l
	}
	if t.Config != nil && t.Config.Language == flowhq.English {
		return flowhq.English
	}
	return flowhq.Swahili
}

func (h *ownerLinkPages) show(c *gin.Context) {
	t, i, ok := h.invited(c)
	if !ok {
		return
	}
	lang := linkLanguage(c, t)
	v := h.panel(c, lang, t)
	if c.Query("part") == "linking" {
		// The panel asks again and again; most of the time nothing has changed, and then next to nothing is sent.
		state := fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, v.Phase, v.Words, v.QR, v.Linked)))[:16]
		c.Header("ETag", `"`+state+`"`)
		if c.Query("have") == state {
			c.Status(http.StatusNoContent)
			return
		}
		v.Self += "&have=" + state
		h.renderLink(c, lang, http.StatusOK, "linking", v)
		return
	}
	opened(c, h.log, h.devices, t)
	h.renderLink(c, lang, http.StatusOK, "link", h.view(c, lang, t, i, v))
}

func (h *ownerLinkPages) view(c *gin.Context, lang flowhq.Language, t flowhq.TenantDetail, i flowhq.LinkInvite,
	v linkingView) linkPage {
	page := linkPage{Lang: lang, Path: linkURL(c), Business: t.Name, Simulator: h.simulator, Linking: v,
		Expires: i.ExpiresAt, Other: flowhq.English}
	if lang == flowhq.English {
		page.Other = flowhq.Swahili
	}
	if t.Config != nil && t.Config.BusinessName != "" {
		page.Business = t.Config.BusinessName
	}
	return page
}

func linkURL(c *gin.Context) string { return "/link/" + url.PathEscape(c.Param("token")) }

// ownersPanel is the panel as an owner sees it: no worker can be started from here.
func (h *ownerLinkPages) panel(c *gin.Context, lang flowhq.Language, t flowhq.TenantDetail) linkingView {
	v := newLinkingView(h.translators[lang], t, h.now())
	query := "?lang=" + string(lang)
	v.Self, v.Polls = linkURL(c)+query+"&part=linking", true
	v.CodeURL, v.NewCodes = linkURL(c)+"/code"+query, linkURL(c)+"/codes"+query
	v.Code.URL = v.CodeURL
	if phaseOf(t) != flowhq.PhaseNobody {
		v.NewCodes = ""
	}
	if phaseOf(t) == flowhq.PhaseOff {
		v.Words = h.translators[lang].text(key.PageLinkOwnerOff)
	}
	return v
}

// linkNewCodes asks for new codes where nobody scanned the last ones.
func (h *ownerLinkPages) newCodes(c *gin.Context) {
	t, _, ok := h.invited(c)
	if !ok {
		return
	}
	opened(c, h.log, h.devices, t)
	c.Redirect(http.StatusSeeOther, linkURL(c)+"?lang="+string(linkLanguage(c, t)))
}

// linkPairing gives the owner a pairing code, a few times at most: WhatsApp counts them too.
func (h *ownerLinkPages) pairing(c *gin.Context) {
	t, i, ok := h.invited(c)
	if !ok {
		return
	}
	lang := linkLanguage(c, t)
	v := pairingView{ID: t.ID, URL: linkURL(c) + "/code?lang=" + string(lang), Phone: c.PostForm("phone_number")}
	if h.pace.allow("code "+i.ID, linkCodes, linkOtherWindow, h.now()) {
		h.ask(c, lang, t.ID, &v)
	} else {
		v.Wrong = h.translators[lang].text(key.PageLinkCodeSlow)
	}
	if c.GetHeader("HX-Request") != "" {
		h.renderLink(c, lang, http.StatusOK, "link-code-body", v)
		return
	}
	panel := h.panel(c, lang, t)
	panel.Code = v
	h.renderLink(c, lang, http.StatusOK, "link", h.view(c, lang, t, i, panel))
}

// ask asks WhatsApp for a pairing code.
func (h *ownerLinkPages) ask(c *gin.Context, lang flowhq.Language, id string, v *pairingView) {
	code, err := h.devices.LinkCode(c.Request.Context(), id, v.Phone)
	if err == nil {
		v.Code, v.Expires = code.Code, code.ExpiresAt
		return
	}
	if e, ok := errors.AsType[*flowhq.Error](err); ok && len(e.Fields) > 0 {
		v.Wrong = h.translators[lang].fault(e.Fields[0])
		return
	}
	v.Wrong = h.sentenceIn(c, lang, err)
}
