package ui

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// The page under a link that was sent to an owner: one tenant, one panel, no sign-in and no cookie of an admin's. Whoever has
// the link can see the code of this one tenant, and nothing else, until it expires or is revoked.

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
func (u *UI) invited(c *gin.Context) (flowhq.TenantDetail, flowhq.LinkInvite, bool) {
	c.Header("Referrer-Policy", "no-referrer") // the address is the key
	c.Header("X-Robots-Tag", "noindex")
	token, who := c.Param("token"), u.addressOf(c)
	sum := sha256.Sum256([]byte(token))
	key := hex.EncodeToString(sum[:8])
	if u.pace.full("unknown "+who, linkUnknown, u.now()) || !u.pace.allow("ask "+key, linkAsks, linkAskWindow, u.now()) {
		c.Header("Retry-After", "60")
		u.linkGone(c, http.StatusTooManyRequests)
		return flowhq.TenantDetail{}, flowhq.LinkInvite{}, false
	}
	t, i, err := u.fleet.Invited(c.Request.Context(), token)
	switch {
	case err == nil:
		return t, i, true
	case flowhq.CodeOf(err) == flowhq.CodeNotFound:
		u.pace.allow("unknown "+who, linkUnknown, linkOtherWindow, u.now())
		u.linkGone(c, http.StatusNotFound)
	default:
		u.sentence(c, err)
		u.linkGone(c, statusOf(err))
	}
	return t, i, false
}

func (u *UI) addressOf(c *gin.Context) string {
	if d, ok := u.door.(interface {
		Address(*http.Request) netip.Addr
	}); ok {
		return d.Address(c.Request).String()
	}
	return c.RemoteIP()
}

func (u *UI) linkGone(c *gin.Context, code int) {
	lang := language(c.Request)
	u.renderIn(c, lang, code, pageLink, "link", linkPage{Lang: lang, Gone: true, Simulator: u.simulator})
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

func (u *UI) link(c *gin.Context) {
	t, i, ok := u.invited(c)
	if !ok {
		return
	}
	lang := linkLanguage(c, t)
	v := u.ownersPanel(c, lang, t)
	if c.Query("part") == "linking" {
		// The panel asks again and again; most of the time nothing has changed, and then next to nothing is sent.
		state := fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, v.Phase, v.Words, v.QR, v.Linked)))[:16]
		c.Header("ETag", `"`+state+`"`)
		if c.Query("have") == state {
			c.Status(http.StatusNoContent)
			return
		}
		v.Self += "&have=" + state
		u.renderIn(c, lang, http.StatusOK, pageLink, "linking", v)
		return
	}
	u.opened(c, t)
	u.renderIn(c, lang, http.StatusOK, pageLink, "link", u.linkPage(c, lang, t, i, v))
}

func (u *UI) linkPage(c *gin.Context, lang flowhq.Language, t flowhq.TenantDetail, i flowhq.LinkInvite, v linkingView) linkPage {
	page := linkPage{Lang: lang, Path: linkURL(c), Business: t.Name, Simulator: u.simulator, Linking: v, Expires: i.ExpiresAt, Other: flowhq.English}
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
func (u *UI) ownersPanel(c *gin.Context, lang flowhq.Language, t flowhq.TenantDetail) linkingView {
	v := newLinkingView(u.locales[lang], t, u.now())
	query := "?lang=" + string(lang)
	v.Self, v.Polls = linkURL(c)+query+"&part=linking", true
	v.CodeURL, v.NewCodes = linkURL(c)+"/code"+query, linkURL(c)+"/codes"+query
	v.Code.URL = v.CodeURL
	if phaseOf(t) != flowhq.PhaseNobody {
		v.NewCodes = ""
	}
	if phaseOf(t) == flowhq.PhaseOff {
		v.Words = u.locales[lang].text("link.owner_off")
	}
	return v
}

// linkNewCodes asks for new codes where nobody scanned the last ones.
func (u *UI) linkNewCodes(c *gin.Context) {
	t, _, ok := u.invited(c)
	if !ok {
		return
	}
	u.opened(c, t)
	c.Redirect(http.StatusSeeOther, linkURL(c)+"?lang="+string(linkLanguage(c, t)))
}

// linkPairing gives the owner a pairing code, a few times at most: WhatsApp counts them too.
func (u *UI) linkPairing(c *gin.Context) {
	t, i, ok := u.invited(c)
	if !ok {
		return
	}
	lang := linkLanguage(c, t)
	v := pairingView{ID: t.ID, URL: linkURL(c) + "/code?lang=" + string(lang), Phone: c.PostForm("phone_number")}
	if u.pace.allow("code "+i.ID, linkCodes, linkOtherWindow, u.now()) {
		v.ask(c.Request.Context(), u, lang, c, t.ID)
	} else {
		v.Wrong = u.locales[lang].text("link.code_slow")
	}
	if c.GetHeader("HX-Request") != "" {
		u.renderIn(c, lang, http.StatusOK, pageLink, "link-code-body", v)
		return
	}
	panel := u.ownersPanel(c, lang, t)
	panel.Code = v
	u.renderIn(c, lang, http.StatusOK, pageLink, "link", u.linkPage(c, lang, t, i, panel))
}

func (v *pairingView) ask(ctx context.Context, u *UI, lang flowhq.Language, c *gin.Context, id string) {
	code, err := u.fleet.LinkCode(ctx, id, v.Phone)
	if err == nil {
		v.Code, v.Expires = code.Code, code.ExpiresAt
		return
	}
	if e, ok := asDomain(err); ok && len(e.Fields) > 0 {
		v.Wrong = u.locales[lang].say(e.Fields[0].Message)
		return
	}
	v.Wrong = u.sentenceIn(c, lang, err)
}
