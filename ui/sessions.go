package ui

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/locale/key"
)

const sessionsPath = "/admin/sessions"

type sessionsView struct {
	Page
	Rows   []sessionRow
	Others bool // there is another than this one
	More   string
}

// sessionsShown is how many one page lists.
const sessionsShown = 50

type sessionRow struct {
	ID, Browser, Address string
	Current              bool
	In, Seen, Ends       time.Time
}

// sessions lists the signed-in browsers, latest seen first.
func (h *accessPages) sessions(c *gin.Context) {
	before := cursor(c.Query("before"))
	rows, err := h.gate.Sessions(c.Request.Context(), flowhq.PageQuery{Before: before, Limit: sessionsShown})
	if err != nil {
		h.fail(c, err)
		return
	}
	l := h.translator(c)
	v := sessionsView{Page: h.page(c, "sessions", l.text(key.PageSessionsTitle))}
	v.Others = !before.IsZero()
	own := access.Session(c)
	for _, s := range rows {
		row := sessionRow{
			ID: s.ID, Browser: browserName(l, s.UserAgent), Address: s.Address, Current: own != nil && own.ID == s.ID,
			In: s.CreatedAt, Seen: s.LastSeenAt, Ends: s.ExpiresAt,
		}
		v.Others = v.Others || !row.Current
		v.Rows = append(v.Rows, row)
	}
	if len(rows) == sessionsShown {
		last := rows[sessionsShown-1]
		v.More = sessionsPath + "?before=" + place(last.LastSeenAt, last.ID)
	}
	h.render(c, http.StatusOK, pageSessions, "layout", v)
}

// endSession signs one browser out; the own one goes to the sign-in page by itself.
func (h *accessPages) endSession(c *gin.Context) {
	err := h.gate.EndSession(c.Request.Context(), c.Param("id"))
	if err != nil && flowhq.CodeOf(err) != flowhq.CodeNotFound { // gone already is what was wanted
		h.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, sessionsPath)
}

// endOtherSessions signs every browser out but the one that asks.
func (h *accessPages) endOtherSessions(c *gin.Context) {
	all, err := h.gate.Sessions(c.Request.Context(), flowhq.PageQuery{})
	own := access.Session(c)
	for _, s := range all {
		if err != nil {
			break
		}
		if own == nil || own.ID != s.ID {
			if err = h.gate.EndSession(c.Request.Context(), s.ID); flowhq.CodeOf(err) == flowhq.CodeNotFound {
				err = nil
			}
		}
	}
	if err != nil {
		h.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, sessionsPath)
}

// browserName makes two words of what a browser calls itself: "Firefox, Android".
func browserName(l translator, agent string) string {
	find := func(names ...string) string {
		for _, n := range names {
			key, word, _ := strings.Cut(n, "=")
			if strings.Contains(agent, key) {
				return word
			}
		}
		return ""
	}
	browser := find("Edg/=Edge", "OPR/=Opera", "OPT/=Opera", "SamsungBrowser=Samsung Internet", "Firefox=Firefox",
		"FxiOS=Firefox", "CriOS=Chrome",
		"Chrome=Chrome", "Safari=Safari")
	system := find("Android=Android", "iPhone=iPhone", "iPad=iPad", "Windows=Windows", "Mac OS X=macOS",
		"CrOS=ChromeOS", "Linux=Linux")
	switch {
	case browser != "" && system != "":
		return fmt.Sprintf("%s, %s", browser, system)
	case browser != "":
		return browser
	}
	if program := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,30}`).FindString(agent); program != "" {
		return program
	}
	return l.text(key.PageSessionsUnknown)
}
