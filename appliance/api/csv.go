package api

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"flowhq"
)

// exportPage is how many rows are asked for at once, maxExport how many a file holds at most.
const (
	exportPage = flowhq.MaxLimit
	maxExport  = 100_000
)

// wantsCSV tells whether a table for a spreadsheet is asked for, by ?format=csv or by Accept.
func wantsCSV(c *gin.Context) bool {
	if f := c.Query("format"); f != "" {
		return f == "csv"
	}
	kind, _, _ := strings.Cut(c.GetHeader("Accept"), ";")
	return strings.TrimSpace(kind) == "text/csv"
}

func exportCustomers(c *gin.Context, file string, q flowhq.CustomerQuery,
	read func(flowhq.CustomerQuery) ([]flowhq.Customer, error)) error {
	head := []string{"name", "number", "chat", "language", "labels", "opted_out_at", "first_seen_at", "last_seen_at"}
	row := func(u *flowhq.Customer) []string {
		return []string{
			u.Name, u.Number, u.Chat, string(u.Language), strings.Join(u.Labels, ", "),
			csvTime(u.OptedOutAt), stamp(u.FirstSeenAt).String(), stamp(u.LastSeenAt).String(),
		}
	}
	next := func(before flowhq.Cursor, limit int) ([]flowhq.Customer, error) {
		q.Before, q.Limit = before, limit
		return read(q)
	}
	return export(c, file, head, q.Before, next, row, afterCustomer)
}

func exportRequests(c *gin.Context, q flowhq.RequestQuery,
	read func(flowhq.RequestQuery) ([]flowhq.CustomerRequest, error)) error {
	head := []string{
		"created_at", "type", "status", "chat", "name", "service", "date", "time", "items", "total", "currency",
		"delivery", "detail", "notes", "id",
	}
	row := func(r *flowhq.CustomerRequest) []string {
		f := r.Fields
		return []string{
			stamp(r.CreatedAt).String(), string(r.Type), string(r.Status), r.Chat, f.Name, f.Service, f.Date, f.Time,
			csvItems(f.Items), csvAmount(f.Total), f.Currency, f.Delivery, f.Detail, r.Notes, r.ID,
		}
	}
	next := func(before flowhq.Cursor, limit int) ([]flowhq.CustomerRequest, error) {
		q.Before, q.Limit = before, limit
		return read(q)
	}
	return export(c, "requests.csv", head, q.Before, next, row, afterRequest)
}

// export writes rows part by part, so that a long list needs no memory. Without ?limit= it writes all of them.
func export[R any](
	c *gin.Context, name string, head []string, before flowhq.Cursor,
	next func(before flowhq.Cursor, limit int) ([]R, error), row func(*R) []string, after func(*R) flowhq.Cursor,
) error {
	left := maxExport
	if n, err := strconv.Atoi(c.Query("limit")); err == nil {
		left = n
	}
	rows, err := next(before, min(left, exportPage))
	if err != nil {
		return err
	}
	c.Header("Content-Type", "text/csv; charset=utf-8")
	c.Header("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	c.Status(http.StatusOK)
	out := csv.NewWriter(c.Writer)
	out.UseCRLF = true // RFC 4180
	if err := out.Write(head); err != nil {
		return err
	}
	for {
		for i := range rows {
			if err := out.Write(defuse(row(&rows[i]))); err != nil {
				return err
			}
		}
		left -= len(rows)
		if len(rows) < exportPage || left <= 0 {
			break
		}
		if rows, err = next(after(&rows[len(rows)-1]), min(left, exportPage)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// defuse keeps spreadsheets from taking what a customer wrote for a formula: a cell that begins like one gets an
// apostrophe in front. A telephone number is let stand as it is.
func defuse(cells []string) []string {
	for i, cell := range cells {
		first, _ := utf8.DecodeRuneInString(cell)
		if cell != "" && strings.ContainsRune("=+-@|\t\r\n＝＋－＠", first) && !isNumber(cell) {
			cells[i] = "'" + cell
		}
	}
	return cells
}

// isNumber tells whether s is "+" and digits alone.
func isNumber(s string) bool {
	digits, plus := strings.CutPrefix(s, "+")
	return plus && digits != "" && strings.Trim(digits, "0123456789") == ""
}

func csvTime(t *time.Time) string {
	if s := maybe(t); s != nil {
		return s.String()
	}
	return ""
}

func csvAmount(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func csvItems(items []flowhq.OrderItem) string {
	parts := make([]string, len(items))
	for i, it := range items {
		parts[i] = fmt.Sprintf("%d x %s", it.Quantity, it.Product)
	}
	return strings.Join(parts, "; ")
}
