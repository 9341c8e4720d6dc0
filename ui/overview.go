package ui

import (
	"flowhq/appliance/dashboard"
	"flowhq/locale/key"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// overviewPage shows how all businesses and the server are.
type overviewPage struct {
	*renderer
	overviews *dashboard.Overviews
}

func (h *overviewPage) routes() []Route { return []Route{get("/admin/overview", h.show)} }

type overviewView struct {
	Page
	overviewParts
}

type overviewParts struct {
	Steps    []step // first run; none once a business answers
	Needs    []need
	More     string // how many businesses need somebody beyond those named
	MoreURL  string
	Figures  []figure
	Hours    spark
	Statuses []tenantFilter
	Box      []fact
}

// need is something that a person should look at, and what to do about it.
type need struct {
	Tone, Icon    string
	Title, Remedy string
	URL, Link     string
	Since         *time.Time
}

type figure struct{ Word, Value, Hint, Icon string }

type fact struct {
	Word, Value, Hint string
	Tone              string
	At                *time.Time
}

// step is one of the three to the first live business.
type step struct {
	Number       int
	Title, Words string
	URL, Link    string
	Done, Now    bool
}

func (h *overviewPage) show(c *gin.Context) {
	o, err := h.overviews.Overview(c.Request.Context())
	if err != nil {
		h.fail(c, err)
		return
	}
	l := h.translator(c)
	v := overviewView{overviewParts: newOverview(l, o, h.now())}
	if c.Query("part") == "overview" {
		h.render(c, http.StatusOK, pageOverview, "overview", v.overviewParts)
		return
	}
	v.Page = h.page(c, "overview", l.text(key.PageNavOverview))
	h.render(c, http.StatusOK, pageOverview, "layout", v)
}

func newOverview(l translator, o flowhq.Overview, now time.Time) overviewParts {
	v := overviewParts{Steps: firstSteps(l, o), Needs: needs(l, o), Hours: newSpark(l, o.Hours),
		Box: boxFacts(l, o, now)}
	if rest := o.NeedingAll - len(o.Needing); rest > 0 {
		v.More, v.MoreURL = l.text(key.PageOverviewMore, "number", l.number(int64(rest))), "/admin/tenants"
	}
	board := flowhq.Board{Found: o.Tenants, Counts: o.Counts}
	v.Statuses = tenantFilters(l, board, flowhq.BoardQuery{})
	v.Figures = figuresOf(l, o)
	return v
}

// needs lists what needs a person: the box first, then requests, then businesses, the gravest first.
func needs(l translator, o flowhq.Overview) []need {
	var out []need
	for _, a := range o.Alarms {
		n := need{Tone: "wait", Icon: "alert", Title: l.texts.Say(l.lang, a.Sentence()),
			Remedy: l.texts.Say(l.lang, a.Remedy()), Since: &a.Since}
		if a.Kind.Grave() {
			n.Tone = "bad"
		}
		if a.TenantID != "" {
			n.URL, n.Link = "/admin/tenants/"+a.TenantID, l.text(key.PageActionShow)
		}
		out = append(out, n)
	}
	if o.SetupRequests > 0 {
		out = append(out, need{
			Tone: "wait", Icon: "bell", Title: l.text(key.PageOverviewRequests, "count", o.SetupRequests),
			Remedy: l.text(key.PageOverviewRequestsRemedy), URL: "/admin/setup-requests",
			Link: l.text(key.PageActionReview),
		})
	}
	for _, t := range o.Needing {
		shown := tenantStatus(l, t.Status)
		n := need{Tone: shown.Tone, Icon: "shop", Title: t.Name + ": " + shown.Word, URL: "/admin/tenants/" + t.ID,
			Link: l.text(key.PageActionShow)}
		n.Remedy, _ = why(l, t)
		switch t.Status {
		case flowhq.TenantQRPending:
			n.Icon, n.Link = "qr", l.text(key.PageActionLink)
			if n.Remedy == "" {
				n.Remedy = l.text(key.PageOverviewUnlinked)
			}
		case flowhq.TenantActive:
			n.Tone = "calm"
		}
		out = append(out, n)
	}
	return out
}

func figuresOf(l translator, o flowhq.Overview) []figure {
	before := l.text(key.PageOverviewBefore, "number", l.number(int64(o.Before)))
	response, hint := l.text(key.PageOverviewNoneYet), l.text(key.PageOverviewResponseHint)
	if o.Response > 0 {
		response = l.duration(o.Response)
	}
	room := l.text(key.PageOverviewUnknown)
	if o.Capacity >= 0 {
		room = l.text(key.PageOverviewRoom, "number", l.number(int64(roundDown(o.Capacity))))
	}
	memory := l.bytes(o.Memory)
	return []figure{
		{l.text(key.PageOverviewReceived), l.number(int64(o.Received)), before, "message-in"},
		{l.text(key.PageOverviewSent), l.number(int64(o.Sent)), "", "message-out"},
		{l.text(key.PageOverviewResponse), response, hint, "clock"},
		{l.text(key.PageOverviewOpen), l.number(int64(o.OpenRequests)), l.text(key.PageOverviewOpenHint), "calendar"},
		{l.text(key.PageOverviewWorkers), l.number(int64(o.Workers)),
			l.text(key.PageOverviewWorkersHint, "memory", memory), "cpu"},
		{l.text(key.PageOverviewCapacity), room, l.text(key.PageOverviewCapacityHint), "box"},
	}
}

// roundDown gives a number that promises no more than it knows: 7, 40, 350.
func roundDown(n int) int {
	switch {
	case n < 20:
		return n
	case n < 100:
		return n / 5 * 5
	case n < 1000:
		return n / 50 * 50
	default:
		return n / 100 * 100
	}
}

func boxFacts(l translator, o flowhq.Overview, now time.Time) []fact {
	b := o.Host
	var out []fact
	add := func(f fact) { out = append(out, f) }
	if b.DiskTotal > 0 {
		f := fact{Word: l.text(key.PageBoxDisk), Value: l.text(key.PageBoxFreeOf, "free", l.bytes(b.DiskFree), "total",
			l.bytes(b.DiskTotal)), Hint: b.DiskPath, Tone: "good"}
		if b.DiskFree < flowhq.DiskLow {
			f.Tone = "bad"
		}
		add(f)
	}
	if b.MemoryTotal > 0 {
		add(fact{Word: l.text(key.PageBoxMemory), Value: l.text(key.PageBoxFreeOf, "free", l.bytes(b.MemoryAvailable),
			"total", l.bytes(b.MemoryTotal)), Tone: "good"})
	}
	if b.Database != "" {
		f := fact{Word: l.text(key.PageBoxDatabase), Value: b.Database, Tone: "good"}
		if b.DatabaseSize > 0 {
			f.Value += " · " + l.bytes(b.DatabaseSize)
		}
		for _, a := range o.Alarms {
			if a.Kind == flowhq.AlarmDatabaseAway || a.Kind == flowhq.AlarmDatabaseFault {
				f.Tone = "bad"
			}
		}
		add(f)
	}
	add(certificateFact(l, o, now))
	add(backupFact(l, b, now))
	add(fact{Word: l.text(key.PageBoxVersion), Value: b.Version, Tone: "calm"})
	add(fact{Word: l.text(key.PageBoxSince), At: &o.Since, Tone: "calm"})
	return out
}

func certificateFact(l translator, o flowhq.Overview, now time.Time) fact {
	f := fact{Word: l.text(key.PageBoxCertificate), Value: l.text(key.PageBoxCertificateNone), Tone: "calm"}
	if o.Host.PublicURL != "" {
		f.Value, f.Hint = l.text(key.PageBoxCertificateUnknown), o.Host.PublicURL
	}
	if ends := o.Host.CertificateEnds; ends != nil {
		days := int(ends.Sub(now) / (24 * time.Hour))
		f.Value, f.Tone = l.text(key.PageBoxCertificateDays, "count", days), "good"
		if days <= flowhq.CertificateDays {
			f.Tone = "wait"
		}
	}
	return f
}

func backupFact(l translator, b flowhq.HostState, now time.Time) fact {
	f := fact{Word: l.text(key.PageBoxBackup), Value: l.text(key.PageBoxBackupNone),
		Hint: l.text(key.PageBoxBackupHint), Tone: "wait"}
	if b.BackupAt != nil {
		f.Value, f.Hint, f.At, f.Tone = "", "", b.BackupAt, "good"
		if now.Sub(*b.BackupAt) > 48*time.Hour {
			f.Tone = "wait"
		}
	}
	return f
}

// firstSteps leads to the first live business; nil once one was linked and has had messages.
func firstSteps(l translator, o flowhq.Overview) []step {
	linked := o.Counts[flowhq.TenantActive] > 0
	talked := o.Received > 0 || o.Sent > 0 || o.Before > 0
	if (linked && talked) || o.Tenants > 1 {
		return nil
	}
	steps := []step{
		{Number: 1, Title: l.text(key.PageFirstCreate), Words: l.text(key.PageFirstCreateWords),
			URL: "/admin/tenants/new", Link: l.text(key.PageActionNewTenant), Done: o.Tenants > 0},
		{Number: 2, Title: l.text(key.PageFirstLink), Words: l.text(key.PageFirstLinkWords), Done: linked},
		{Number: 3, Title: l.text(key.PageFirstWrite), Words: l.text(key.PageFirstWriteWords), Done: talked && linked},
	}
	if len(o.Needing) > 0 {
		steps[1].URL, steps[1].Link = "/admin/tenants/"+o.Needing[0].ID, l.text(key.PageActionLink)
	} else if o.Tenants > 0 {
		steps[1].URL, steps[1].Link = "/admin/tenants", l.text(key.PageNavTenants)
	}
	for i := range steps {
		if !steps[i].Done {
			steps[i].Now = true
			break
		}
	}
	return steps
}
