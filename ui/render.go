package ui

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

//go:embed templates
var templateFiles embed.FS

// The pages, each a file under templates that defines "content" and the parts of it that renew themselves.
const (
	pageSignIn        = "signin"
	pageTenants       = "tenants"
	pageTenantNew     = "tenant_new"
	pageSetupRequests = "setup_requests"
	pageSetupRequest  = "setup_request"
	pageError         = "error"
	pageBulk          = "bulk"
	pageOverview      = "overview"
	pageSessions      = "sessions"
	pageDocs          = "docs"
)

func pages() []string {
	return append([]string{pageSignIn, pageTenants, pageTenantNew, pageSetupRequests, pageSetupRequest, pageError, pageBulk, pageOverview, pageSessions, pageDocs}, tenantPages()...)
}

// engine holds the pages of one language. Each is parsed when it is first asked for: all of them take 12 MiB, and most
// servers' pages are looked at by nobody for weeks.
type engine struct {
	pages map[string]func() (*template.Template, error)
}

func newEngine(lang flowhq.Language, l locale, a *assets, now func() time.Time) *engine {
	funcs := template.FuncMap{
		"t":     l.text,
		"asset": a.url,
		"lower": func(l flowhq.Language) string { return strings.ToLower(string(l)) },
		"iso":   func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") },
		"clock": l.clock,
		"ago":   func(t time.Time) string { return l.ago(now().Sub(t)) },
		"icon":  icon,
		"say":   l.say,
		"num":   l.number,
		"hm":    func(t time.Time) string { return t.In(readersZone()).Format("15:04") },
		"join":  func(parts []string) string { return strings.Join(parts, ", ") },
	}
	e := &engine{pages: map[string]func() (*template.Template, error){}}
	for _, page := range pages() {
		e.pages[page] = sync.OnceValues(func() (*template.Template, error) {
			t, err := template.New(page).Funcs(funcs).ParseFS(templateFiles, "templates/layout.html", "templates/parts/*.html", "templates/"+page+".html")
			if err != nil {
				return nil, fmt.Errorf("page %s in %s: %w", page, lang, err)
			}
			return t, nil
		})
	}
	return e
}

// draw writes a page, or one part of it, to b.
func (e *engine) draw(b *bytes.Buffer, page, part string, view any) error {
	t, err := e.pages[page]()
	if err != nil {
		return err
	}
	return t.ExecuteTemplate(b, part, view)
}

// Page is what every whole page shows around its content.
type Page struct {
	Lang      flowhq.Language
	Title     string
	Nav       string // overview, tenants, requests, sessions or docs
	Path      string
	Waiting   int  // setup requests that wait for a decision
	Bare      bool // for a reader who is not signed in: no navigation, nothing live
	Refresh   int  // seconds after which the page is asked for again where there is no JavaScript; 0: not
	Simulator bool
}

func (u *UI) page(c *gin.Context, nav, title string) Page {
	lang := language(c.Request)
	p := Page{Lang: lang, Nav: nav, Title: title, Path: c.Request.URL.RequestURI(), Simulator: u.simulator}
	if c.Request.Method != http.MethodGet {
		p.Path = "/admin/tenants"
	}
	p.Waiting, _ = u.fleet.WaitingSetupRequests(c.Request.Context()) // the page itself says what is away
	return p
}

// locale gives the texts in the reader's language.
func (u *UI) locale(c *gin.Context) locale { return u.locales[language(c.Request)] }

// render writes a page, or one part of it, whole or not at all.
func (u *UI) render(c *gin.Context, status int, page, part string, view any) {
	u.write(c.Writer, c.Request, status, page, part, view)
}

func (u *UI) write(w http.ResponseWriter, r *http.Request, status int, page, part string, view any) {
	u.writeIn(w, r, language(r), status, page, part, view)
}

// renderIn is render in another language than the reader's own.
func (u *UI) renderIn(c *gin.Context, lang flowhq.Language, status int, page, part string, view any) {
	u.writeIn(c.Writer, c.Request, lang, status, page, part, view)
}

func (u *UI) writeIn(w http.ResponseWriter, r *http.Request, lang flowhq.Language, status int, page, part string, view any) {
	var b bytes.Buffer
	if err := u.engines[lang].draw(&b, page, part, view); err != nil {
		u.log.Error("draw page", "page", page, "part", part, "error", err)
		http.Error(w, u.locales[lang].text("error.unknown"), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	u.packers.send(w, r, status, b.Bytes())
}

// Refusal draws a sentence as a page for a browser that is turned away before it reaches one.
func (u *UI) Refusal(w http.ResponseWriter, r *http.Request, status int, sentence string) {
	lang := language(r)
	p := Page{Lang: lang, Title: u.locales[lang].text("error.title"), Path: "/admin/tenants", Simulator: u.simulator, Bare: true}
	u.write(w, r, status, pageError, "layout", errorView{Page: p, Message: u.locales[lang].say(sentence)})
}

type errorView struct {
	Page
	Message string
}

// fail shows an error as a page. What went wrong inside is logged, not shown.
func (u *UI) fail(c *gin.Context, err error) {
	view := errorView{Page: u.page(c, "", u.locale(c).text("error.title")), Message: u.sentence(c, err)}
	u.render(c, statusOf(err), pageError, "layout", view)
}

// sentence gives the words for a person, and logs what must not be shown.
func (u *UI) sentence(c *gin.Context, err error) string {
	return u.sentenceIn(c, language(c.Request), err)
}

func (u *UI) sentenceIn(c *gin.Context, lang flowhq.Language, err error) string {
	route := c.FullPath() // not the path: an owner's link has its key in it
	if e, ok := errors.AsType[*flowhq.Error](err); ok {
		if e.Cause != nil {
			u.log.Warn("page", slog.String("route", route), slog.String("tenant", c.Param("id")), slog.Any("error", err))
		}
		if len(e.Fields) > 0 {
			return u.locales[lang].faults(e.Fields)
		}
		if e.Code != flowhq.CodeInternal {
			return u.locales[lang].say(e.Message)
		}
	} else {
		u.log.Error("page", slog.String("route", route), slog.String("tenant", c.Param("id")), slog.Any("error", err))
	}
	return u.locales[lang].text("error.unknown")
}

func statusOf(err error) int {
	switch flowhq.CodeOf(err) {
	case flowhq.CodeInvalid:
		return http.StatusBadRequest
	case flowhq.CodeUnauthorized:
		return http.StatusUnauthorized
	case flowhq.CodeForbidden:
		return http.StatusForbidden
	case flowhq.CodeNotFound:
		return http.StatusNotFound
	case flowhq.CodeConflict:
		return http.StatusConflict
	case flowhq.CodeUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
