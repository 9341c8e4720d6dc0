package ui

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/conversations"
	"flowhq/locale/key"
)

// chatPages show a tenant's chats and write in them.
type chatPages struct {
	*tenantScreen
	chats *conversations.Chats
}

func (h *chatPages) routes() []Route {
	return []Route{
		h.view("/chats", h.list), h.view("/chats/:chat", h.show), h.form("/chats/:chat/send", h.send),
		h.form("/chats/:chat/take-over", h.onChat(h.chats.TakeOver)),
		h.form("/chats/:chat/release", h.onChat(h.chats.Release)),
	}
}

// How many chats, messages and finds one page shows.
const (
	chatsShown    = 30
	messagesShown = 40
	foundShown    = 20
)

type chatsPage struct {
	tenantFrame
	List chatListView
	Chat *chatView // nil: none is chosen
}

type chatListView struct {
	ID, Query, Chat string // the one that is open
	Self            string
	Rows            []chatRow
	More            string
	Found           []foundRow
	Further         string
}

type chatRow struct {
	URL, Name, Initial, Preview string
	Out, Human, OptedOut        bool
	Current                     bool
	At                          time.Time
}

// foundRow is a message that a search found: its text around the find.
type foundRow struct {
	URL, Name, Before, Find, After string
	At                             time.Time
}

type chatView struct {
	ID, Chat, Name, Number, Initial string
	URL                             string
	Language                        string
	Labels                          []string
	OptedOut, Human                 *time.Time
	HumanUntil                      *time.Time
	Messages                        messagesView
	Compose                         composeView
}

type messagesView struct {
	Tenant, URL string // URL: of the chat
	Older       string
	Rows        []messageRow
	Newer       string // where newer ones are asked for
	Fresh       bool   // only what is new: no frame, no older ones
}

type composeView struct {
	URL, Text, Wrong string
	OptedOut         bool
	Sent             bool
}

func (h *chatPages) list(c *gin.Context, t flowhq.TenantDetail) {
	list, err := h.listView(c, t.ID, strings.TrimSpace(c.Query("q")), chatsShown)
	if err != nil {
		h.fail(c, err)
		return
	}
	if c.Query("part") == "list" {
		h.render(c, http.StatusOK, pageChats, "chat-list", list)
		return
	}
	h.render(c, http.StatusOK, pageChats, "layout", chatsPage{tenantFrame: h.frame(c, t, "/chats"), List: list})
}

func (h *chatPages) show(c *gin.Context, t flowhq.TenantDetail) {
	customer, err := h.chats.Customer(c.Request.Context(), t.ID, c.Param("chat"))
	if err != nil {
		h.fail(c, err)
		return
	}
	switch c.Query("part") {
	case "head":
		v := h.chatView(c, t.ID, customer)
		h.render(c, http.StatusOK, pageChats, "chat-head", v)
	case "newer":
		h.newer(c, t.ID, customer.Chat)
	case "older":
		h.older(c, t.ID, customer.Chat)
	case "trace":
		h.trace(c, t.ID, customer.Chat)
	default:
		h.draw(c, http.StatusOK, t, customer, composeView{})
	}
}

func (h *chatPages) draw(c *gin.Context, code int, t flowhq.TenantDetail, customer flowhq.Customer,
	compose composeView) {
	v := h.chatView(c, t.ID, customer)
	compose.URL, compose.OptedOut = v.Compose.URL, v.Compose.OptedOut
	v.Compose = compose
	list, err := h.listView(c, t.ID, strings.TrimSpace(c.Query("q")), chatsShown)
	if err == nil {
		v.Messages, err = h.messagesView(c, t.ID, customer.Chat, cursor(c.Query("before")))
	}
	if err != nil {
		h.fail(c, err)
		return
	}
	page := chatsPage{tenantFrame: h.frame(c, t, "/chats"), List: list, Chat: &v}
	page.Title = v.Name + " · " + t.Name
	page.Path = v.URL
	h.render(c, code, pageChats, "layout", page)
}

func (h *chatPages) chatView(c *gin.Context, id string, customer flowhq.Customer) chatView {
	l := h.translator(c)
	v := chatView{
		ID: id, Chat: customer.Chat, Name: customerName(l, customer), Number: customer.Number,
		URL:    chatURL(id, customer.Chat),
		Labels: customer.Labels, OptedOut: customer.OptedOutAt, Human: customer.HandedOver,
		HumanUntil: customer.HandoffEnds,
	}
	v.Initial = initial(v.Name)
	if customer.HandoffEnds != nil && customer.HandoffEnds.Before(h.now()) {
		v.Human, v.HumanUntil = nil, nil // its worker has not said so yet
	}
	if customer.Language != "" {
		v.Language = l.word("lang", string(customer.Language))
	}
	v.Compose = composeView{URL: v.URL + "/send", OptedOut: v.OptedOut != nil}
	return v
}

// customerName gives what to call somebody: the own name, the number, or that it is hidden.
func customerName(l translator, c flowhq.Customer) string {
	switch {
	case c.Name != "":
		return c.Name
	case c.Number != "":
		return c.Number
	case strings.HasPrefix(c.Chat, "lid:"):
		digits := c.Chat[len("lid:"):]
		return l.text(key.PageChatHidden) + " …" + digits[max(0, len(digits)-4):]
	}
	return c.Chat
}

// initial gives the letter that stands for a name in a list; nothing for a number.
func initial(name string) string {
	if r, _ := utf8.DecodeRuneInString(name); unicode.IsLetter(r) {
		return string(unicode.ToUpper(r))
	}
	return ""
}

func (h *chatPages) listView(c *gin.Context, id, query string, limit int) (chatListView, error) {
	v := chatListView{ID: id, Query: query, Chat: c.Param("chat"), Self: tenantURL(id, "/chats?part=list")}
	if v.Chat == "" {
		v.Chat = c.Query("chat")
	}
	q := flowhq.CustomerQuery{Query: query, Limit: limit, Before: cursor(c.Query("more"))}
	chats, err := h.chats.Chats(c.Request.Context(), id, q)
	if err != nil {
		return v, err
	}
	l := h.translator(c)
	for _, chat := range chats {
		v.Rows = append(v.Rows, newChatRow(l, id, chat, v.Chat))
	}
	if len(chats) == limit {
		last := chats[limit-1]
		v.More = tenantURL(id, "/chats?"+withQuery(query)+"more="+place(last.LastSeenAt, last.ID))
	}
	v.Self += "&chat=" + url.QueryEscape(v.Chat) + "&" + withQuery(query) + "more=" + url.QueryEscape(c.Query("more"))
	if query == "" {
		return v, nil
	}
	return v, h.findMessages(c, &v)
}

func withQuery(query string) string {
	if query == "" {
		return ""
	}
	return "q=" + url.QueryEscape(query) + "&"
}

// findMessages looks for the query in what was said as well.
func (h *chatPages) findMessages(c *gin.Context, v *chatListView) error {
	q := flowhq.MessageQuery{Limit: foundShown, Before: cursor(c.Query("further"))}
	found, next, err := h.chats.SearchMessages(c.Request.Context(), v.ID, v.Query, q)
	if err != nil {
		return err
	}
	for _, m := range found {
		if m.Chat != "" {
			v.Found = append(v.Found, newFoundRow(v.ID, v.Query, m))
		}
	}
	if !next.IsZero() {
		v.Further = tenantURL(v.ID, "/chats?"+withQuery(v.Query)+"further="+place(next.At, next.ID))
	}
	return nil
}

// newFoundRow cuts a message around what was looked for.
func newFoundRow(id, query string, m flowhq.Message) foundRow {
	const around = 40
	other := m.FromNumber
	if m.Direction == flowhq.DirectionOut {
		other = m.ToNumber
	}
	row := foundRow{
		Name: other, At: m.CreatedAt, Before: flowhq.Shorten(m.Text, 2*around),
		URL: chatURL(id, m.Chat) + "?before=" + place(m.CreatedAt.Add(time.Millisecond), m.ID),
	}
	text := []rune(m.Text)
	lower, want := []rune(strings.ToLower(m.Text)), []rune(strings.ToLower(query))
	at := indexRunes(lower, want)
	if at < 0 || len(lower) != len(text) { // lower case of another length: shown from its beginning
		return row
	}
	end := at + len(want)
	row.Before, row.Find, row.After = string(text[max(0, at-around):at]), string(text[at:end]),
		string(text[end:min(len(text), end+around)])
	if at > around {
		row.Before = "…" + row.Before
	}
	if end+around < len(text) {
		row.After += "…"
	}
	return row
}

func indexRunes(text, want []rune) int {
	for i := 0; i+len(want) <= len(text); i++ {
		if string(text[i:i+len(want)]) == string(want) {
			return i
		}
	}
	return -1
}

func newChatRow(l translator, id string, chat flowhq.ChatSummary, current string) chatRow {
	row := chatRow{
		URL: chatURL(id, chat.Chat), Name: customerName(l, chat.Customer), At: chat.LastSeenAt,
		Human:    chat.HandedOver != nil,
		OptedOut: chat.OptedOutAt != nil, Current: chat.Chat == current,
	}
	row.Initial = initial(row.Name)
	if chat.Last != nil {
		row.Out, row.At = chat.Last.Direction == flowhq.DirectionOut, chat.Last.CreatedAt
		if row.Preview = flowhq.Shorten(strings.Join(strings.Fields(chat.Last.Text), " "), 80); row.Preview == "" {
			row.Preview = l.word("kind", string(chat.Last.Kind))
		}
	}
	return row
}

// send sends a text as the business.
func (h *chatPages) send(c *gin.Context, t flowhq.TenantDetail) {
	chat, text := c.Param("chat"), c.PostForm("text")
	err := h.chats.Send(c.Request.Context(), access.By(c), t.ID, chat, text)
	v := composeView{URL: chatURL(t.ID, chat) + "/send", Sent: err == nil}
	if err != nil {
		fields, rest := h.fieldErrors(c, err)
		if v.Wrong = fields["text"]; v.Wrong == "" {
			v.Wrong = rest
		}
		v.Text = text
	}
	switch {
	case c.GetHeader("HX-Request") != "":
		h.render(c, http.StatusOK, pageChats, "compose", v)
	case err == nil:
		c.Redirect(http.StatusSeeOther, chatURL(t.ID, chat))
	default:
		customer, readErr := h.chats.Customer(c.Request.Context(), t.ID, chat)
		if readErr != nil {
			h.fail(c, readErr)
			return
		}
		h.draw(c, statusOf(err), t, customer, v)
	}
}

// onChat does something to a chat and comes back to it.
func (h *chatPages) onChat(do func(ctx context.Context, by, id, chat string) error) func(*gin.Context,
	flowhq.TenantDetail) {
	return func(c *gin.Context, t flowhq.TenantDetail) {
		chat := c.Param("chat")
		err := do(c.Request.Context(), access.By(c), t.ID, chat)
		if err == nil {
			c.Redirect(http.StatusSeeOther, chatURL(t.ID, chat))
			return
		}
		customer, readErr := h.chats.Customer(c.Request.Context(), t.ID, chat)
		if readErr != nil {
			h.fail(c, readErr)
			return
		}
		h.draw(c, statusOf(err), t, customer, composeView{Wrong: h.sentence(c, err)})
	}
}

// place writes a place in a list for an address.
func place(at time.Time, id string) string {
	return url.QueryEscape(fmt.Sprintf("%s_%s", at.UTC().Format(cursorTime), id))
}

const cursorTime = "20060102T150405.000"

// cursor reads a place in a list from the address; the list's start when it says nothing that makes sense.
func cursor(s string) flowhq.Cursor {
	at, id, _ := strings.Cut(s, "_")
	t, err := time.Parse(cursorTime, at)
	if err != nil || id == "" {
		return flowhq.Cursor{}
	}
	return flowhq.Cursor{At: t, ID: id}
}
