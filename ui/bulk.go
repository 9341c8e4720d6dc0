package ui

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/dashboard"
	"flowhq/locale/key"
)

// bulkPages do one thing to several businesses.
type bulkPages struct {
	*renderer
	jobs      *dashboard.BulkJobs
	summaries *dashboard.Summaries
}

func (h *bulkPages) routes() []Route {
	return []Route{post("/admin/bulk", h.start), get("/admin/bulk/:id", h.show)}
}

// bulkView is the question before an action on several businesses, or how far it is.
type bulkView struct {
	Page
	Confirm        bool
	Heading, Hint  string
	Word, Wrong    string
	Action, Undo   flowhq.BulkAction
	UndoWord       string // "": it can't be taken back, or is not done
	ID             string
	Running        bool
	Status         status
	Progress       string
	Total, Done    int
	Rows           []bulkRow
	RefreshSeconds int // for who has no JavaScript
}

type bulkRow struct {
	ID, Name, Error string
	Status          status
}

// bulk asks once what is chosen in the list, and does it when that is confirmed.
func (h *bulkPages) start(c *gin.Context) {
	l := h.translator(c)
	action, ids := flowhq.BulkAction(c.PostForm("action")), c.PostFormArray("ids")
	if !slices.Contains(flowhq.BulkActions(), action) {
		h.fail(c, flowhq.NotFound("Part"))
		return
	}
	if len(ids) == 0 {
		h.fail(c, flowhq.Fail(flowhq.CodeInvalid, key.BulkNoneChosen))
		return
	}
	if c.PostForm("confirm") == "yes" {
		job, err := h.jobs.StartBulk(c.Request.Context(), access.By(c), action, ids)
		if err != nil {
			h.fail(c, err)
			return
		}
		c.Redirect(http.StatusSeeOther, "/admin/bulk/"+job.ID)
		return
	}
	board, err := h.summaries.Board(c.Request.Context(),
		flowhq.BoardQuery{Order: flowhq.OrderName, Length: flowhq.MaxLimit})
	if err != nil {
		h.fail(c, err)
		return
	}
	word := l.word("action", string(action))
	v := bulkView{Confirm: true, Action: action, Hint: l.word("bulk", "hint_"+string(action))}
	for _, line := range board.Summaries {
		if slices.Contains(ids, line.ID) {
			v.Rows = append(v.Rows, bulkRow{ID: line.ID, Name: line.Name})
		}
	}
	v.Heading = l.text(key.PageBulkAsk, "action", word, "count", len(v.Rows))
	v.Word = v.Heading
	v.Page = h.page(c, "tenants", v.Heading)
	h.render(c, http.StatusOK, pageBulk, "layout", v)
}

// bulkJob shows how far an action on several businesses is.
func (h *bulkPages) show(c *gin.Context) {
	job, err := h.jobs.Bulk(c.Param("id"))
	if err != nil {
		h.fail(c, err)
		return
	}
	l := h.translator(c)
	v := newBulkView(l, job)
	if c.Query("part") == "job" {
		h.render(c, http.StatusOK, pageBulk, "bulk-job", v)
		return
	}
	v.Page = h.page(c, "tenants", v.Heading)
	if v.Running {
		v.Page.Refresh = 2
	}
	h.render(c, http.StatusOK, pageBulk, "layout", v)
}

func newBulkView(l translator, job flowhq.BulkJob) bulkView {
	done, failed := job.Finished()
	total := len(job.Results)
	v := bulkView{
		ID: job.ID, Action: job.Action, Running: job.Ended == nil, Total: total, Done: done,
		Heading: l.text(key.PageBulkAsk, "action", l.word("action", string(job.Action)), "count", total),
	}
	v.Progress = l.text(key.PageBulkProgress, "done", done, "total", total, "failed", failed)
	switch {
	case v.Running:
		v.Status = status{"wait", l.text(key.PageBulkRunning)}
	case failed > 0:
		v.Status = status{"bad", l.text(key.PageBulkFailed)}
	default:
		v.Status = status{"good", l.text(key.PageBulkDone)}
	}
	if undo := job.Action.Undo(); undo != "" && !v.Running && failed < total {
		v.Undo, v.UndoWord = undo, l.text(key.PageBulkUndo, "action", l.word("action", string(undo)))
	}
	for _, r := range job.Results {
		row := bulkRow{ID: r.TenantID, Name: r.Name, Error: l.tell(r.Error),
			Status: status{"calm", l.text(key.PageBulkWaits)}}
		switch {
		case !r.Error.Empty():
			row.Status = status{"bad", l.text(key.PageBulkFailed)}
		case r.Done:
			row.Status = status{"good", l.text(key.PageBulkDone)}
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}
