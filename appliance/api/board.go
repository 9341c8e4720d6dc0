package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/dashboard"
	"flowhq/locale"
	"flowhq/locale/key"
)

// lineView is a tenant as lists show it, with the figures of the day.
type lineView struct {
	ID           string              `json:"id"`
	Name         string              `json:"name"`
	BusinessName string              `json:"business_name"`
	PhoneNumber  string              `json:"phone_number"`
	Template     flowhq.TemplateType `json:"template_type"`
	Language     flowhq.Language     `json:"language"`
	Status       flowhq.TenantStatus `json:"status"`
	Phase        flowhq.Phase        `json:"phase"`
	Linked       bool                `json:"linked"`
	LastSeenAt   *stamp              `json:"last_seen_at"`
	WAHeardAt    *stamp              `json:"wa_heard_at"`
	WorkerStatus flowhq.WorkerStatus `json:"worker_status"`
	Wish         flowhq.DesiredState `json:"wish"`
	LastError    *string             `json:"last_error"`
	Received     int                 `json:"received_today"`
	Sent         int                 `json:"sent_today"`
	Hours        [24]int             `json:"received_by_hour"`
	OpenRequests int                 `json:"open_requests"`
	Memory       int64               `json:"memory"`
	MemoryMax    int64               `json:"memory_max"`
	Restarts     int                 `json:"restarts"`
	CreatedAt    stamp               `json:"created_at"`
}

func viewLine(l *flowhq.TenantSummary) lineView {
	return lineView{
		ID: l.ID, Name: l.Name, BusinessName: l.BusinessName, PhoneNumber: l.PhoneNumber, Template: l.Template,
		Language: l.Language,
		Status:   l.Status, Phase: l.Phase, Linked: l.Linked, LastSeenAt: maybe(l.SeenAt), WAHeardAt: maybe(l.HeardAt),
		WorkerStatus: l.Worker, Wish: l.DesiredState, LastError: orNull(l.LastError), Received: l.Received,
		Sent: l.Sent, Hours: l.Hours,
		OpenRequests: l.OpenRequests, Memory: l.Memory, MemoryMax: l.MemoryMax, Restarts: l.Restarts,
		CreatedAt: stamp(l.CreatedAt),
	}
}

type countsView struct {
	New       int `json:"NEW"`
	QRPending int `json:"QR_PENDING"`
	Active    int `json:"ACTIVE"`
	Paused    int `json:"PAUSED"`
	Error     int `json:"ERROR"`
}

func viewCounts(c map[flowhq.TenantStatus]int) countsView {
	return countsView{
		New: c[flowhq.TenantNew], QRPending: c[flowhq.TenantQRPending], Active: c[flowhq.TenantActive],
		Paused: c[flowhq.TenantPaused], Error: c[flowhq.TenantError],
	}
}

type boardView struct {
	Lines  []lineView `json:"lines"`
	All    int        `json:"all"`
	Found  int        `json:"found"`
	Counts countsView `json:"counts"`
	Page   int        `json:"page"`
	Pages  int        `json:"pages"`
	Length int        `json:"length"`
}

// showBoard lists tenants with the figures of the day: q, status, order, back, page and length say which.
func showBoard(summaries *dashboard.Summaries) call {
	return func(c *gin.Context) error {
		q, err := boardQuery(c)
		if err != nil {
			return err
		}
		b, err := summaries.Board(c.Request.Context(), q)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, boardView{
			Lines: list(b.Summaries, viewLine), All: b.All, Found: b.Found, Counts: viewCounts(b.Counts), Page: b.Page,
			Pages: b.Pages, Length: b.Length,
		})
		return nil
	}
}

func boardQuery(c *gin.Context) (flowhq.BoardQuery, error) {
	var wrong []flowhq.FieldError
	refuse := func(field, message string) {
		wrong = append(wrong, flowhq.FieldError{Field: field, Message: message})
	}
	q := flowhq.BoardQuery{
		Query: c.Query("q"), Status: flowhq.TenantStatus(strings.ToUpper(c.Query("status"))),
		Order: flowhq.SummaryOrder(c.Query("order")), Back: c.Query("back") == "1" || c.Query("back") == "true",
	}
	switch q.Status {
	case "", flowhq.TenantNew, flowhq.TenantQRPending, flowhq.TenantActive, flowhq.TenantPaused, flowhq.TenantError:
	default:
		refuse("status", "must be NEW, QR_PENDING, ACTIVE, PAUSED or ERROR")
	}
	if q.Order != "" && !slices.Contains(flowhq.SummaryOrders(), q.Order) {
		refuse("order", "must be urgency, name, newest, messages, requests, heard or memory")
	}
	number := func(name string, most int) int {
		if c.Query(name) == "" {
			return 0
		}
		n, err := strconv.Atoi(c.Query(name))
		if err != nil || n < 1 || n > most {
			refuse(name, "must be a whole number from 1 to "+strconv.Itoa(most))
		}
		return n
	}
	q.Page, q.Length = number("page", 1_000_000), number("length", flowhq.MaxLimit)
	return q, flowhq.Invalid(wrong)
}

type overviewView struct {
	Tenants       int         `json:"tenants"`
	Counts        countsView  `json:"counts"`
	Needing       []lineView  `json:"needing"`
	NeedingAll    int         `json:"needing_all"`
	SetupRequests int         `json:"setup_requests_waiting"`
	OpenRequests  int         `json:"open_requests"`
	Alarms        []alarmView `json:"alarms"`
	Received      int         `json:"received_today"`
	Sent          int         `json:"sent_today"`
	Before        int         `json:"received_until_now_yesterday"`
	Hours         [24]int     `json:"received_by_hour"`
	ResponseMS    *int64      `json:"response_ms"`
	Workers       int         `json:"workers"`
	Memory        int64       `json:"memory"`
	Capacity      *int        `json:"room_for_more"`
	Box           boxView     `json:"box"`
	Since         stamp       `json:"since"`
}

type boxView struct {
	MemoryTotal     int64   `json:"memory_total"`
	MemoryAvailable int64   `json:"memory_available"`
	DiskPath        string  `json:"disk_path"`
	DiskTotal       int64   `json:"disk_total"`
	DiskFree        int64   `json:"disk_free"`
	Database        string  `json:"database"`
	DatabaseSize    int64   `json:"database_size"`
	PublicURL       *string `json:"public_url"`
	CertificateEnds *stamp  `json:"certificate_ends"`
	BackupAt        *stamp  `json:"backup_at"`
	Version         string  `json:"version"`
}

// showOverview tells what needs a person now and how the day goes.
func showOverview(overviews *dashboard.Overviews, texts *locale.Catalogue) call {
	return func(c *gin.Context) error {
		o, err := overviews.Overview(c.Request.Context())
		if err != nil {
			return err
		}
		v := overviewView{
			Tenants: o.Tenants, Counts: viewCounts(o.Counts), Needing: list(o.Needing, viewLine),
			NeedingAll:    o.NeedingAll,
			SetupRequests: o.SetupRequests, OpenRequests: o.OpenRequests,
			Alarms:   list(o.Alarms, viewAlarm(texts, speaks(c))),
			Received: o.Received, Sent: o.Sent, Before: o.Before, Hours: o.Hours, Workers: o.Workers, Memory: o.Memory,
			Since: stamp(o.Since),
			Box: boxView{
				MemoryTotal: o.Host.MemoryTotal, MemoryAvailable: o.Host.MemoryAvailable, DiskPath: o.Host.DiskPath,
				DiskTotal: o.Host.DiskTotal,
				DiskFree:  o.Host.DiskFree, Database: o.Host.Database, DatabaseSize: o.Host.DatabaseSize,
				PublicURL:       orNull(o.Host.PublicURL),
				CertificateEnds: maybe(o.Host.CertificateEnds), BackupAt: maybe(o.Host.BackupAt),
				Version: o.Host.Version,
			},
		}
		if o.Response > 0 {
			v.ResponseMS = new(o.Response.Milliseconds())
		}
		if o.Capacity >= 0 {
			v.Capacity = new(o.Capacity)
		}
		c.Header("Vary", "Accept-Language")
		c.JSON(http.StatusOK, v)
		return nil
	}
}

type bulkView struct {
	ID      string            `json:"id"`
	Action  flowhq.BulkAction `json:"action"`
	By      string            `json:"by"`
	Begun   stamp             `json:"begun_at"`
	Ended   *stamp            `json:"ended_at"`
	Done    int               `json:"done"`
	Failed  int               `json:"failed"`
	Results []bulkResultView  `json:"results"`
}

type bulkResultView struct {
	TenantID string  `json:"tenant_id"`
	Name     string  `json:"name"`
	Done     bool    `json:"done"`
	Error    *string `json:"error"`
}

func viewBulk(texts *locale.Catalogue, j flowhq.BulkJob) bulkView {
	done, failed := j.Finished()
	return bulkView{
		ID: j.ID, Action: j.Action, By: j.By, Begun: stamp(j.Begun), Ended: maybe(j.Ended), Done: done, Failed: failed,
		Results: list(j.Results, func(r *flowhq.BulkResult) bulkResultView {
			return bulkResultView{TenantID: r.TenantID, Name: r.Name, Done: r.Done,
				Error: orNull(texts.Say(flowhq.English, r.Error))}
		}),
	}
}

// startBulk does one action to several tenants; the answer comes at once, the job goes on.
func startBulk(jobs *dashboard.BulkJobs, texts *locale.Catalogue) call {
	return func(c *gin.Context) error {
		in, err := readInput(c)
		if err != nil {
			return err
		}
		action := flowhq.BulkAction(in.text("action"))
		var ids []string
		if in.isForm {
			ids = in.form["ids"]
		} else {
			in.into("ids", &ids, key.InputIds)
		}
		if err := in.err(); err != nil {
			return err
		}
		job, err := jobs.StartBulk(c.Request.Context(), access.By(c), action, ids)
		if err != nil {
			return err
		}
		c.Header("Location", "/admin/bulk/"+job.ID)
		c.JSON(http.StatusAccepted, viewBulk(texts, job))
		return nil
	}
}

// showBulk tells how far a bulk action is.
func showBulk(jobs *dashboard.BulkJobs, texts *locale.Catalogue) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Job")
		if err != nil {
			return err
		}
		job, err := jobs.Bulk(id)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewBulk(texts, job))
		return nil
	}
}
