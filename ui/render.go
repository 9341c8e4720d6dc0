package ui

import (
	"bytes"
	"embed"
	"errors"
	"flowhq/appliance/access"
	"flowhq/appliance/onboarding"
	"flowhq/locale/key"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
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

// pages gives the name of each page: that of its file.
func pages() ([]string, error) {
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	var names []string
	for _, f := range files {
		if name := strings.TrimSuffix(path.Base(f), ".html"); name != "layout" {
			names = append(names, name)
		}
	}
	return names, nil
}

// engine holds the pages of one language. Each is parsed when it is first asked for: all of them take 12 MiB, and most
// servers' pages are looked at by nobody for weeks.
type engine struct {
	pages map[string]func() (*template.Template, error)
}

func newEngine(l translator, a *assets, set icons, now func() time.Time) (*engine, error) {
	names, err := pages()
	if err != nil {
		return nil, err
	}
	funcs := template.FuncMap{
		"t":     l.text,
		"asset": a.url,
		"lower": func(l flowhq.Language) string { return strings.ToLower(string(l)) },
		"iso":   func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") },
		"clock": l.clock,
		"ago":   func(t time.Time) string { return l.ago(now().Sub(t)) },
		"icon":  set.draw,
		"say":   l.say,
		"num":   l.number,
		"hm":    func(t time.Time) string { return t.In(readersZone()).Format("15:04") },
		"join":  func(parts []string) string { return strings.Join(parts, ", ") },
	}
	e := &engine{pages: map[string]func() (*template.Template, error){}}
	for _, page := range names {
		e.pages[page] = sync.OnceValues(func() (*template.Template, error) {
			t, err := template.New(page).Funcs(funcs).ParseFS(templateFiles, "templates/layout.html",
				"templates/parts/*.html", "templates/"+page+".html")
			if err != nil {
				return nil, fmt.Errorf("page %s in %s: %w", page, l.lang, err)
			}
			return t, nil
		})
	}
	return e, nil
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

// renderer draws pages in the reader's language. Every group of pages holds it.
type renderer struct {
	log         *slog.Logger
	now         func() time.Time
	simulator   bool
	requests    *onboarding.SetupRequests // counted for the badge that every page shows
	compress    compressor
	translators map[flowhq.Language]translator
	engines     map[flowhq.Language]*engine
}

func newRenderer(c Config, a *assets, compress compressor) (*renderer, error) {
	h := &renderer{
		log: c.Logger, now: c.Now, simulator: c.Simulator, requests: c.Services.SetupRequests, compress: compress,
		translators: map[flowhq.Language]translator{}, engines: map[flowhq.Language]*engine{},
	}
	if h.now == nil {
		h.now = time.Now
	}
	set, err := loadIcons()
	if err != nil {
		return nil, err
	}
	for _, lang := range flowhq.Languages() {
		l, err := newTranslator(c.Texts, lang)
		if err != nil {
			return nil, err
		}
		h.translators[lang] = l
		if h.engines[lang], err = newEngine(l, a, set, h.now); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *renderer) page(c *gin.Context, nav, title string) Page {
	lang := language(c.Request)
	p := Page{Lang: lang, Nav: nav, Title: title, Path: c.Request.URL.RequestURI(), Simulator: h.simulator}
	if c.Request.Method != http.MethodGet {
		p.Path = tenantsPath
	}
	p.Waiting, _ = h.requests.WaitingSetupRequests(c.Request.Context()) // the page itself says what is away
	return p
}

// translator gives the words of the reader's language.
func (h *renderer) translator(c *gin.Context) translator {
	return h.translators[language(c.Request)]
}

// render writes a page, or one part of it, whole or not at all.
func (h *renderer) render(c *gin.Context, status int, page, part string, view any) {
	h.write(c.Writer, c.Request, language(c.Request), drawing{status, page, part, view})
}

// renderLink is render for the page of a link invite, which has a language of its own.
func (h *renderer) renderLink(c *gin.Context, lang flowhq.Language, status int, part string, view any) {
	h.write(c.Writer, c.Request, lang, drawing{status, pageLink, part, view})
}

// drawing is a page, or one part of it, with what it shows.
type drawing struct {
	status     int
	page, part string
	view       any
}

func (h *renderer) write(w http.ResponseWriter, r *http.Request, lang flowhq.Language, d drawing) {
	var b bytes.Buffer
	if err := h.engines[lang].draw(&b, d.page, d.part, d.view); err != nil {
		h.log.Error("draw page", "page", d.page, "part", d.part, "error", err)
		http.Error(w, h.translators[lang].text(key.PageErrorUnknown), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	h.compress.send(w, r, d.status, b.Bytes())
}

// refuse draws a sentence as a page for a browser that is turned away before it reaches one.
func (h *renderer) refuse(w http.ResponseWriter, r *http.Request, status int, sentence string) {
	l := h.translators[language(r)]
	p := Page{Lang: l.lang, Title: l.text(key.PageErrorTitle), Path: tenantsPath, Simulator: h.simulator, Bare: true}
	h.write(w, r, l.lang, drawing{status, pageError, "layout", errorView{Page: p, Message: l.say(sentence)}})
}

type errorView struct {
	Page
	Message string
}

// fail shows an error as a page. What went wrong inside is logged, not shown.
func (h *renderer) fail(c *gin.Context, err error) {
	view := errorView{Page: h.page(c, "", h.translator(c).text(key.PageErrorTitle)), Message: h.sentence(c, err)}
	h.render(c, statusOf(err), pageError, "layout", view)
}

// sentence gives the words for a person, and logs what must not be shown.
func (h *renderer) sentence(c *gin.Context, err error) string {
	return h.sentenceIn(c, language(c.Request), err)
}

func (h *renderer) sentenceIn(c *gin.Context, lang flowhq.Language, err error) string {
	l := h.translators[lang]
	e, ok := errors.AsType[*flowhq.Error](err)
	if !ok {
		h.note(c, slog.LevelError, err)
		return l.text(key.PageErrorUnknown)
	}
	if e.Cause != nil {
		h.note(c, slog.LevelWarn, err)
	}
	switch {
	case len(e.Fields) > 0:
		return l.faults(e.Fields)
	case e.Code != flowhq.CodeInternal:
		return l.message(e)
	}
	return l.text(key.PageErrorUnknown)
}

// note logs what went wrong inside. It names the route, not the path: an owner's link has its key in it.
func (h *renderer) note(c *gin.Context, level slog.Level, err error) {
	h.log.Log(c.Request.Context(), level, "page",
		slog.String("route", c.FullPath()), slog.String("tenant", c.Param("id")), slog.Any("error", err))
}

// fieldErrors gives what is wrong by field, and a sentence when it is about no field.
func (h *renderer) fieldErrors(c *gin.Context, err error) (fields map[string]string, rest string) {
	fields = map[string]string{}
	e, ok := errors.AsType[*flowhq.Error](err)
	if !ok || len(e.Fields) == 0 {
		return fields, h.sentence(c, err)
	}
	for _, f := range e.Fields {
		fields[f.Field] = h.translator(c).fault(f)
	}
	return fields, ""
}

func statusOf(err error) int { return access.StatusOf(flowhq.CodeOf(err)) }
