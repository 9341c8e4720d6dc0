package ui

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/supervisor"
	"flowhq/locale/key"
)

// settingsPages show and change a tenant's settings: what holds at once, and what has a draft and versions.
type settingsPages struct {
	*tenantScreen
	configs  *supervisor.Configs
	overview *tenantPages // says what was refused
}

func (h *settingsPages) routes() []Route {
	return []Route{
		h.view("/settings", h.show), h.form("/settings", h.save), h.form("/identity", h.saveIdentity),
		h.form("/settings/publish", h.publish),
		h.form("/settings/discard", h.discard), h.form("/settings/rollback", h.rollback),
	}
}

type settingsPage struct {
	tenantFrame
	Identity identityView
	Form     settingsForm
	Draft    draftView
	Versions versionsView
}

// identityView is what holds at once and has no versions.
type identityView struct {
	URL                          string
	Name, BusinessName, Phone    field
	Templates, Languages         []choice
	TemplateWrong, LanguageWrong string
}

// draftView tells what publishing would change.
type draftView struct {
	ID      string
	There   bool
	Author  string
	Changes []settingsChange
	Flow    bool // the flow differs too
}

type settingsChange struct{ What, From, To string }

// versionsView is a part of the versions that were in force, newest first.
type versionsView struct {
	Rows []versionRow
	More string
}

// versionsShown is how many one page lists.
const versionsShown = 30

type versionRow struct {
	Version, ID string
	Number      int
	Status      status
	Author      string
	Own         bool // with a flow of its own
	Back        bool // can be published again
	At          time.Time
}

func (h *settingsPages) show(c *gin.Context, t flowhq.TenantDetail) {
	shown, err := h.present(c, t.ID)
	if err != nil {
		h.fail(c, err)
		return
	}
	h.draw(c, http.StatusOK, t, newSettingsForm(h.translator(c), t.ID, shown.Settings), nil)
}

// settingsPage draws the page with a form as it is or was typed; change puts in what else was typed.
func (h *settingsPages) draw(c *gin.Context, code int, t flowhq.TenantDetail, form settingsForm,
	change func(*settingsPage)) {
	v := settingsPage{tenantFrame: h.frame(c, t, "/settings"), Identity: newIdentity(h.translator(c), t), Form: form}
	v.Form.Server = h.configs.Limits()
	published, draft, err := h.settings.Settings(c.Request.Context(), t.ID)
	if err == nil {
		v.Draft = newDraftView(h.translator(c), t.ID, published, draft)
		v.Versions, err = h.versionsView(c, t.ID, "/settings")
	}
	if err != nil {
		h.fail(c, err)
		return
	}
	if change != nil {
		change(&v)
	}
	h.render(c, code, pageSettings, "layout", v)
}

// versionsView gives the versions below the one that the address names; page is where they are shown.
func (h *settingsPages) versionsView(c *gin.Context, id, page string) (out versionsView, err error) {
	below, err := strconv.Atoi(c.Query("below"))
	if err != nil || below < 1 {
		below = 0
	}
	// One more tells whether there are more, and another may be the draft.
	versions, err := h.settings.SettingsVersions(c.Request.Context(), id,
		flowhq.VersionQuery{Below: below, Limit: versionsShown + 2})
	if err != nil {
		return out, err
	}
	l := h.translator(c)
	for _, v := range versions {
		if v.State == flowhq.SettingsDraft {
			continue
		}
		if len(out.Rows) == versionsShown {
			out.More = tenantURL(id, page) + "?below=" + strconv.Itoa(out.Rows[versionsShown-1].Number) +
				"#versions-title"
			break
		}
		row := versionRow{ID: id, Number: v.Version, Author: v.Author, Own: v.FlowYAML != "",
			Back: v.State == flowhq.SettingsOld, At: v.CreatedAt}
		row.Status = status{Tone: "calm", Word: l.text(key.PageVersionOld)}
		if v.State == flowhq.SettingsPublished {
			row.Status = status{Tone: "good", Word: l.text(key.PageVersionPublished)}
		}
		if v.PublishedAt != nil {
			row.At = *v.PublishedAt
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// saveSettings takes the form: to save it as a draft, or to give it one more row, or one less.
func (h *settingsPages) save(c *gin.Context, t flowhq.TenantDetail) {
	l := h.translator(c)
	form := readSettingsForm(l, t.ID, c)
	if form.edit(c.PostForm("do")) {
		h.draw(c, http.StatusOK, t, form, nil)
		return
	}
	settings, wrong := form.settings()
	err := flowhq.Invalid(wrong)
	if err == nil {
		var present flowhq.SettingsVersion
		if present, err = h.present(c, t.ID); err == nil {
			settings.Retention = present.Settings.Retention // it has no field here
			_, err = h.settings.SaveDraft(c.Request.Context(), access.By(c), t.ID, settings, present.FlowYAML)
		}
	}
	if err != nil {
		fields, rest := h.fieldErrors(c, err)
		form.mark(fields)
		if rest == "" {
			rest = l.text(key.PageSettingsRefused)
		}
		h.draw(c, statusOf(err), t, form, func(v *settingsPage) { v.Head.Wrong = rest })
		return
	}
	doneAt(c, tenantURL(t.ID, "/settings"), "draft")
}

// presentSettings gives what an editor begins with: the draft, else the version in force.
func (h *settingsPages) present(c *gin.Context, id string) (flowhq.SettingsVersion, error) {
	published, draft, err := h.settings.Settings(c.Request.Context(), id)
	if draft != nil {
		return *draft, err
	}
	return published, err
}

// publish puts the draft in force and comes back to where it was asked for.
func (h *settingsPages) publish(c *gin.Context, t flowhq.TenantDetail) {
	_, err := h.settings.PublishDraft(c.Request.Context(), access.By(c), t.ID)
	h.done(c, t, "published", err)
}

func (h *settingsPages) discard(c *gin.Context, t flowhq.TenantDetail) {
	h.done(c, t, "discarded", h.settings.DiscardDraft(c.Request.Context(), t.ID))
}

func (h *settingsPages) rollback(c *gin.Context, t flowhq.TenantDetail) {
	version, err := strconv.Atoi(c.PostForm("version"))
	if err != nil {
		err = flowhq.NotFound("Version")
	} else {
		_, err = h.settings.Rollback(c.Request.Context(), access.By(c), t.ID, version)
	}
	h.done(c, t, "rolled_back", err)
}

func (h *settingsPages) done(c *gin.Context, t flowhq.TenantDetail, what string, err error) {
	path := "/settings"
	if c.PostForm("back") == "flow" {
		path = "/flow"
	}
	if err == nil {
		doneAt(c, tenantURL(t.ID, path), what)
		return
	}
	h.overview.refused(c, t.ID, err)
}

func newIdentity(l translator, t flowhq.TenantDetail) identityView {
	v := identityView{URL: tenantURL(t.ID, "/identity"), Name: field{Value: t.Name}, Phone: field{Value: t.PhoneNumber}}
	template, language := flowhq.TemplateBooking, flowhq.Swahili
	if t.Config != nil {
		v.BusinessName.Value, template, language = t.Config.BusinessName, t.Config.TemplateType, t.Config.Language
	}
	v.choose(l, template, language)
	return v
}

func (v *identityView) choose(l translator, template flowhq.TemplateType, language flowhq.Language) {
	for _, one := range flowhq.TemplateTypes() {
		v.Templates = append(v.Templates, choice{string(one), l.word("template", string(one)), one == template})
	}
	for _, one := range flowhq.Languages() {
		v.Languages = append(v.Languages, choice{string(one), l.word("lang", string(one)), one == language})
	}
}

// saveIdentity changes name, number, template and language of a tenant; a running worker works by them at once.
func (h *settingsPages) saveIdentity(c *gin.Context, t flowhq.TenantDetail) {
	name, business := strings.TrimSpace(c.PostForm("name")), strings.TrimSpace(c.PostForm("business_name"))
	phone := strings.TrimSpace(c.PostForm("phone_number"))
	template, language := flowhq.TemplateType(c.PostForm("template_type")), flowhq.Language(c.PostForm("language"))
	p := flowhq.TenantPatch{Name: &name, BusinessName: &business, TemplateType: &template, Language: &language}
	if phone != t.PhoneNumber {
		p.PhoneNumber = &phone
	}
	_, err := h.tenants.UpdateTenant(c.Request.Context(), access.By(c), t.ID, p)
	if err == nil {
		doneAt(c, tenantURL(t.ID, "/settings"), "saved")
		return
	}
	present, readErr := h.present(c, t.ID)
	if readErr != nil {
		h.fail(c, readErr)
		return
	}
	fields, rest := h.fieldErrors(c, err)
	h.draw(c, statusOf(err), t, newSettingsForm(h.translator(c), t.ID, present.Settings), func(v *settingsPage) {
		i := identityView{
			URL: v.Identity.URL, Name: field{name, fields["name"]},
			BusinessName: field{business, fields["business_name"]},
			Phone:        field{phone, fields["phone_number"]}, TemplateWrong: fields["template_type"],
			LanguageWrong: fields["language"],
		}
		i.choose(h.translator(c), template, language)
		v.Identity, v.Head.Wrong = i, rest
	})
}
