package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/conversations"
	"flowhq/locale/key"
)

type customerView struct {
	ID              string           `json:"id"`
	TenantID        string           `json:"tenant_id"`
	Chat            string           `json:"chat"`
	Number          *string          `json:"number"`
	Name            *string          `json:"name"`
	Language        *flowhq.Language `json:"language"`
	Labels          []string         `json:"labels"`
	OptedOutAt      *stamp           `json:"opted_out_at"`
	HandedOverSince *stamp           `json:"handed_over_since"`
	HandoffEnds     *stamp           `json:"handoff_ends"`
	FirstSeenAt     stamp            `json:"first_seen_at"`
	LastSeenAt      stamp            `json:"last_seen_at"`
}

func viewCustomer(u *flowhq.Customer) customerView {
	return customerView{
		ID: u.ID, TenantID: u.TenantID, Chat: u.Chat, Number: orNull(u.Number), Name: orNull(u.Name),
		Language: orNull(u.Language),
		Labels:   append([]string{}, u.Labels...), OptedOutAt: maybe(u.OptedOutAt),
		HandedOverSince: maybe(u.HandedOver),
		HandoffEnds:     maybe(u.HandoffEnds), FirstSeenAt: stamp(u.FirstSeenAt), LastSeenAt: stamp(u.LastSeenAt),
	}
}

type requestView struct {
	ID         string               `json:"id"`
	TenantID   string               `json:"tenant_id"`
	CustomerID *string              `json:"customer_id"`
	Chat       string               `json:"chat"`
	Type       flowhq.RequestType   `json:"type"`
	Status     flowhq.RequestStatus `json:"status"`
	Fields     flowhq.RequestFields `json:"fields"`
	Notes      *string              `json:"notes"`
	CreatedAt  stamp                `json:"created_at"`
	UpdatedAt  stamp                `json:"updated_at"`
}

func viewRequest(r *flowhq.CustomerRequest) requestView {
	return requestView{
		ID: r.ID, TenantID: r.TenantID, CustomerID: orNull(r.CustomerID), Chat: r.Chat, Type: r.Type, Status: r.Status,
		Fields: r.Fields, Notes: orNull(r.Notes), CreatedAt: stamp(r.CreatedAt), UpdatedAt: stamp(r.UpdatedAt),
	}
}

// listCustomers shows who wrote to a tenant, last seen first, as JSON or as a table for a spreadsheet.
func listCustomers(chats *conversations.Chats, of target) call {
	return customers(chats, of, "customers.csv", false)
}

// listOptOuts shows the register of those who want no messages, as JSON or as a table for a spreadsheet.
func listOptOuts(chats *conversations.Chats, of target) call {
	return customers(chats, of, "opt-outs.csv", true)
}

func customers(chats *conversations.Chats, of target, file string, optedOut bool) call {
	return func(c *gin.Context) error {
		limit, before, err := page(c, flowhq.DefaultLimit)
		if err != nil {
			return err
		}
		id, err := of(c)
		if err != nil {
			return err
		}
		q := customerQuery(c, before, limit)
		q.OptedOut = q.OptedOut || optedOut
		read := func(q flowhq.CustomerQuery) ([]flowhq.Customer, error) {
			return chats.Customers(c.Request.Context(), id, q)
		}
		if wantsCSV(c) {
			return exportCustomers(c, file, q, read)
		}
		rows, err := read(q)
		if err != nil {
			return err
		}
		linkNext(c, limit, len(rows), func() flowhq.Cursor { return afterCustomer(&rows[len(rows)-1]) })
		c.JSON(http.StatusOK, list(rows, viewCustomer))
		return nil
	}
}

// customerQuery reads what narrows a list of customers.
func customerQuery(c *gin.Context, before flowhq.Cursor, limit int) flowhq.CustomerQuery {
	return flowhq.CustomerQuery{
		Query: c.Query("q"), Label: c.Query("label"), OptedOut: c.Query("opted_out") == "1",
		HandedOver: c.Query("handed_over") == "1",
		Before:     before, Limit: limit,
	}
}

func afterCustomer(u *flowhq.Customer) flowhq.Cursor {
	return flowhq.Cursor{At: u.LastSeenAt, ID: u.ID}
}

func afterRequest(r *flowhq.CustomerRequest) flowhq.Cursor {
	return flowhq.Cursor{At: r.CreatedAt, ID: r.ID}
}

// requestQuery reads what narrows a list of requests.
func requestQuery(c *gin.Context) (flowhq.RequestQuery, error) {
	limit, before, err := page(c, flowhq.DefaultLimit)
	if err != nil {
		return flowhq.RequestQuery{}, err
	}
	q := flowhq.RequestQuery{
		Type:   flowhq.RequestType(strings.ToUpper(c.Query("type"))),
		Status: flowhq.RequestStatus(strings.ToUpper(c.Query("status"))),
		Chat:   c.Query("chat"), Query: c.Query("q"), Day: c.Query("day"), Before: before, Limit: limit,
	}
	var wrong []flowhq.FieldError
	if q.Day != "" {
		if _, err := time.Parse(time.DateOnly, q.Day); err != nil {
			wrong = append(wrong, flowhq.Wrong("day", key.FieldDay))
		}
	}
	for name, at := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		if text := c.Query(name); text != "" {
			if *at, err = time.Parse(time.RFC3339, text); err != nil {
				wrong = append(wrong, flowhq.Wrong(name, key.FieldTime))
			}
		}
	}
	switch q.Type {
	case "", flowhq.RequestBooking, flowhq.RequestOrder, flowhq.RequestTicket:
	default:
		wrong = append(wrong, flowhq.Wrong("type", key.InputRequestType))
	}
	switch q.Status {
	case "", flowhq.RequestNew, flowhq.RequestConfirmed, flowhq.RequestDone,
		flowhq.RequestCancelled, flowhq.RequestNoShow:
	default:
		wrong = append(wrong, flowhq.Wrong("status", key.InputRequestStatus))
	}
	return q, flowhq.Invalid(wrong)
}

// listRequests shows bookings, orders and tickets, newest first, as JSON or as a table for a spreadsheet.
func listRequests(requests *conversations.Requests, of target) call {
	return func(c *gin.Context) error {
		q, err := requestQuery(c)
		if err != nil {
			return err
		}
		id, err := of(c)
		if err != nil {
			return err
		}
		read := func(q flowhq.RequestQuery) ([]flowhq.CustomerRequest, error) {
			return requests.Requests(c.Request.Context(), id, q)
		}
		if wantsCSV(c) {
			return exportRequests(c, q, read)
		}
		rows, err := read(q)
		if err != nil {
			return err
		}
		linkNext(c, q.Limit, len(rows), func() flowhq.Cursor { return afterRequest(&rows[len(rows)-1]) })
		c.JSON(http.StatusOK, list(rows, viewRequest))
		return nil
	}
}

// patchRequest works a request off: its status, its notes.
func patchRequest(requests *conversations.Requests, of target) call {
	return func(c *gin.Context) error {
		id, err := of(c)
		if err != nil {
			return err
		}
		request, err := pathID(c, "request", "Request")
		if err != nil {
			return err
		}
		in, err := readInput(c)
		if err != nil {
			return err
		}
		p := flowhq.RequestPatch{Notes: in.maybeText("notes"), By: access.By(c)}
		if s := in.maybeText("status"); s != nil {
			p.Status = new(flowhq.RequestStatus(*s))
		}
		if err := in.err(); err != nil {
			return err
		}
		r, err := requests.UpdateRequest(c.Request.Context(), id, request, p)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewRequest(&r))
		return nil
	}
}
