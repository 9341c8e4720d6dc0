package ui

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/conversations"
	"flowhq/locale/key"
)

// requestPages show what customers of a tenant booked, ordered or reported.
type requestPages struct {
	*tenantScreen
	requests *conversations.Requests
}

func (h *requestPages) routes() []Route {
	return []Route{h.view("/requests", h.list), h.view("/requests/:request", h.show),
		h.form("/requests/:request", h.update)}
}

type boardPage struct {
	tenantFrame
	Board boardView
}

type boardView struct {
	ID, Self string
	Type     flowhq.RequestType
	Kinds    []boardFilter
	States   []boardFilter
	Groups   []boardGroup
	Cut      bool   // there are more open ones than a board holds
	More     string // of the closed ones
	CSV      string
}

type boardFilter struct {
	URL, Word, Icon string
	Current         bool
}

// boardGroup are the requests of one day, or of one state.
type boardGroup struct {
	Title string
	Late  bool // it lies behind us, and nobody said what became of it
	Cards []requestCard
}

type requestCard struct {
	ID, URL, ChatURL     string
	Customer, What, When string
	Items                []string
	Total, Delivery      string
	Detail, Notes        string
	Status               status
	Moves                []move
	At                   time.Time
	Single               bool // it stands alone on its page
	sort                 string
}

// move is one step that a request can take from where it is.
type move struct {
	Status     flowhq.RequestStatus
	Word       string
	Main, Grim bool
}

// waitingView is what waits for somebody, for the overview.
type waitingView struct {
	ID    string
	Cards []requestCard
	More  bool
}

// boardOpen is how many open requests a board reads at most, boardClosed how many closed ones a page shows.
const (
	boardOpen   = flowhq.MaxLimit
	boardClosed = 50
)

func (h *requestPages) list(c *gin.Context, t flowhq.TenantDetail) {
	v, err := h.boardView(c, t)
	if err != nil {
		h.fail(c, err)
		return
	}
	if c.Query("part") == "board" {
		h.render(c, http.StatusOK, pageBoard, "board", v)
		return
	}
	h.render(c, http.StatusOK, pageBoard, "layout", boardPage{tenantFrame: h.frame(c, t, "/requests"), Board: v})
}

func (h *requestPages) boardView(c *gin.Context, t flowhq.TenantDetail) (boardView, error) {
	l := h.translator(c)
	kind := flowhq.RequestType(strings.ToUpper(c.Query("type")))
	if !slices.Contains(requestTypes(), kind) {
		kind = usualRequest(t)
	}
	closed := c.Query("closed") == "1"
	base := tenantURL(t.ID, "/requests?type=") + string(kind)
	v := boardView{ID: t.ID, Type: kind, Self: base + "&part=board",
		CSV: tenantURL(t.ID, "/requests?format=csv&type=") + string(kind)}
	icons := map[flowhq.RequestType]string{flowhq.RequestBooking: "calendar", flowhq.RequestOrder: "shop",
		flowhq.RequestTicket: "support"}
	for _, k := range requestTypes() {
		v.Kinds = append(v.Kinds, boardFilter{tenantURL(t.ID, "/requests?type=") + string(k),
			l.word("requests", string(k)), icons[k], k == kind})
	}
	v.States = []boardFilter{{base, l.text(key.PageRequestsOpen), "", !closed},
		{base + "&closed=1", l.text(key.PageRequestsClosed), "", closed}}
	if closed {
		v.Self += "&closed=1"
		return v, h.closed(c, t.ID, &v)
	}
	return v, h.open(c, t.ID, &v)
}

func requestTypes() []flowhq.RequestType {
	return []flowhq.RequestType{flowhq.RequestBooking, flowhq.RequestOrder, flowhq.RequestTicket}
}

// usualRequest is what a tenant's customers mostly ask for.
func usualRequest(t flowhq.TenantDetail) flowhq.RequestType {
	if t.Config != nil {
		switch t.Config.TemplateType {
		case flowhq.TemplateEcommerce:
			return flowhq.RequestOrder
		case flowhq.TemplateSupport:
			return flowhq.RequestTicket
		}
	}
	return flowhq.RequestBooking
}

// openRequests groups what is new or confirmed: bookings by their day, others by how far they are.
func (h *requestPages) open(c *gin.Context, id string, v *boardView) error {
	l := h.translator(c)
	var open []flowhq.CustomerRequest
	for _, s := range []flowhq.RequestStatus{flowhq.RequestNew, flowhq.RequestConfirmed} {
		rows, err := h.requests.Requests(c.Request.Context(), id,
			flowhq.RequestQuery{Type: v.Type, Status: s, Limit: boardOpen})
		if err != nil {
			return err
		}
		v.Cut = v.Cut || len(rows) == boardOpen
		if v.Type != flowhq.RequestBooking && len(rows) > 0 {
			group := boardGroup{Title: l.word("request", string(s))}
			for _, r := range rows {
				group.Cards = append(group.Cards, newRequestCard(l, r))
			}
			v.Groups = append(v.Groups, group)
		}
		open = append(open, rows...)
	}
	if v.Type == flowhq.RequestBooking {
		v.Groups = byDay(l, open, h.now().In(h.zone(c, id)))
	}
	return nil
}

// byDay puts bookings under their days: the coming ones in order, what lies behind us last.
func byDay(l translator, rows []flowhq.CustomerRequest, now time.Time) []boardGroup {
	today, _ := time.Parse(time.DateOnly, now.Format(time.DateOnly))
	days := map[string]*boardGroup{}
	var dates []string
	for _, r := range rows {
		date := r.Fields.Date
		day, err := time.Parse(time.DateOnly, date)
		if err != nil {
			date = ""
		}
		g, ok := days[date]
		if !ok {
			g = &boardGroup{Title: l.text(key.PageDayNone)}
			if date != "" {
				g.Title, g.Late = l.relativeDay(day, today), day.Before(today)
			}
			days[date] = g
			dates = append(dates, date)
		}
		g.Cards = append(g.Cards, newRequestCard(l, r))
	}
	slices.SortFunc(dates, func(a, b string) int {
		if late := compareBool(days[a].Late || a == "", days[b].Late || b == ""); late != 0 {
			return late
		}
		return strings.Compare(a, b)
	})
	var groups []boardGroup
	for _, d := range dates {
		slices.SortStableFunc(days[d].Cards, func(a, b requestCard) int { return strings.Compare(a.sort, b.sort) })
		groups = append(groups, *days[d])
	}
	return groups
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// closedRequests lists what is over, newest first.
func (h *requestPages) closed(c *gin.Context, id string, v *boardView) error {
	l := h.translator(c)
	before := cursor(c.Query("before"))
	group := boardGroup{Title: l.text(key.PageRequestsClosed)}
	for len(group.Cards) < boardClosed {
		rows, err := h.requests.Requests(c.Request.Context(), id,
			flowhq.RequestQuery{Type: v.Type, Before: before, Limit: 200})
		if err != nil {
			return err
		}
		for _, r := range rows {
			before = flowhq.Cursor{At: r.CreatedAt, ID: r.ID}
			if r.Status == flowhq.RequestNew || r.Status == flowhq.RequestConfirmed {
				continue
			}
			if group.Cards = append(group.Cards, newRequestCard(l, r)); len(group.Cards) == boardClosed {
				v.More = tenantURL(id, "/requests?closed=1&type=") + string(v.Type) + "&before=" + place(before.At,
					before.ID)
				break
			}
		}
		if len(rows) < 200 {
			break
		}
	}
	if len(group.Cards) > 0 {
		v.Groups = []boardGroup{group}
	}
	return nil
}

func (h *requestPages) waitingView(c *gin.Context, id string) (waitingView, error) {
	v := waitingView{ID: id}
	rows, err := h.requests.Requests(c.Request.Context(), id,
		flowhq.RequestQuery{Status: flowhq.RequestNew, Limit: overviewRequests + 1})
	if err != nil {
		return v, err
	}
	for i, r := range rows {
		if v.More = i == overviewRequests; v.More {
			break
		}
		v.Cards = append(v.Cards, newRequestCard(h.translator(c), r))
	}
	return v, nil
}

func newRequestCard(l translator, r flowhq.CustomerRequest) requestCard {
	f := r.Fields
	card := requestCard{
		ID: r.ID, URL: tenantURL(r.TenantID, "/requests/"+url.PathEscape(r.ID)), ChatURL: chatURL(r.TenantID, r.Chat),
		Customer: f.Name, What: f.Service, Delivery: f.Delivery, Detail: f.Detail, Notes: r.Notes, At: r.CreatedAt,
		Status: requestStatus(l, r.Status), Moves: movesOf(l, r), sort: f.Time + r.ID,
	}
	if card.Customer == "" {
		card.Customer = customerName(l, flowhq.Customer{Chat: r.Chat, Number: numberOf(r.Chat)})
	}
	if card.What == "" {
		card.What = l.word("requests.one", string(r.Type))
	}
	if f.Time != "" {
		card.When = l.hour(f.Time)
	}
	for _, i := range f.Items {
		card.Items = append(card.Items, strconv.Itoa(i.Quantity)+" × "+i.Product)
	}
	if f.Total > 0 {
		card.Total = f.Currency + " " + l.number(f.Total)
	}
	return card
}

func numberOf(chat string) string {
	if strings.HasPrefix(chat, "+") {
		return chat
	}
	return ""
}

func requestStatus(l translator, s flowhq.RequestStatus) status {
	tone := "calm"
	switch s {
	case flowhq.RequestNew:
		tone = "wait"
	case flowhq.RequestConfirmed:
		tone = "good"
	}
	return status{Tone: tone, Word: l.word("request", string(s))}
}

// movesOf gives the steps that make sense, the likeliest first. Every state leads back, so that a slip can be undone.
func movesOf(l translator, r flowhq.CustomerRequest) []move {
	to := func(s flowhq.RequestStatus, main, grim bool) move {
		return move{Status: s, Word: l.word("request.move", string(s)), Main: main, Grim: grim}
	}
	booking := r.Type == flowhq.RequestBooking
	switch r.Status {
	case flowhq.RequestNew:
		return []move{to(flowhq.RequestConfirmed, true, false), to(flowhq.RequestDone, false, false),
			to(flowhq.RequestCancelled, false, true)}
	case flowhq.RequestConfirmed:
		moves := []move{to(flowhq.RequestDone, true, false)}
		if booking {
			moves = append(moves, to(flowhq.RequestNoShow, false, false))
		}
		return append(moves, to(flowhq.RequestCancelled, false, true))
	default:
		return []move{to(flowhq.RequestNew, false, false)}
	}
}

type requestPage struct {
	tenantFrame
	Card    requestCard
	Note    field
	History []eventRow
	Made    bool // the history does not tell that it was made: it is older than that
}

func (h *requestPages) show(c *gin.Context, t flowhq.TenantDetail) {
	h.draw(c, http.StatusOK, t, field{}, "")
}

func (h *requestPages) draw(c *gin.Context, code int, t flowhq.TenantDetail, note field, wrong string) {
	r, history, err := h.requests.Request(c.Request.Context(), t.ID, c.Param("request"))
	if err != nil {
		h.fail(c, err)
		return
	}
	l := h.translator(c)
	v := requestPage{tenantFrame: h.frame(c, t, "/requests"), Card: newRequestCard(l, r), Note: note}
	if v.Note.Wrong == "" && v.Note.Value == "" {
		v.Note.Value = r.Notes
	}
	if date, err := time.Parse(time.DateOnly, r.Fields.Date); err == nil {
		v.Card.When = strings.TrimSpace(l.day(date) + " " + v.Card.When)
	}
	v.Card.Single = true
	v.Head.Wrong, v.Title = wrong, v.Card.What+" · "+v.Card.Customer
	v.Made = true
	for _, e := range history {
		v.History = append(v.History, newEventRow(l, e))
		v.Made = v.Made && !tellsOfMaking(e)
	}
	h.render(c, code, pageRequest, "layout", v)
}

// tellsOfMaking tells whether an entry is about the beginning of a request: it was nothing before.
func tellsOfMaking(e flowhq.TenantEvent) bool {
	var change struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	return json.Unmarshal(e.Payload, &change) == nil && change.To != "" && change.From == ""
}

// updateRequest moves a request on, or changes its notes, and offers to take it back.
func (h *requestPages) update(c *gin.Context, t flowhq.TenantDetail) {
	id := c.Param("request")
	p := flowhq.RequestPatch{By: access.By(c)}
	if s := flowhq.RequestStatus(c.PostForm("status")); s != "" {
		p.Status = &s
	}
	if notes, ok := c.GetPostForm("notes"); ok {
		p.Notes = &notes
	}
	before, _, err := h.requests.Request(c.Request.Context(), t.ID, id)
	if err == nil {
		_, err = h.requests.UpdateRequest(c.Request.Context(), t.ID, id, p)
	}
	if err != nil {
		fields, rest := h.fieldErrors(c, err)
		if rest == "" {
			rest = fields["status"]
		}
		h.draw(c, statusOf(err), t, field{c.PostForm("notes"), fields["notes"]}, rest)
		return
	}
	if p.Status == nil {
		doneAt(c, tenantURL(t.ID, "/requests/"+url.PathEscape(id)), "saved")
		return
	}
	to := tenantURL(t.ID, "/requests?type=") + string(before.Type)
	if c.PostForm("back") == "request" {
		to = tenantURL(t.ID, "/requests/"+url.PathEscape(id))
	}
	if before.Status != *p.Status {
		to = addQuery(to, "undo", id+"_"+string(before.Status))
	}
	doneAt(c, to, "request_"+strings.ToLower(string(*p.Status)))
}

func addQuery(address, name, value string) string {
	sep := "?"
	if strings.Contains(address, "?") {
		sep = "&"
	}
	return address + sep + name + "=" + url.QueryEscape(value)
}
