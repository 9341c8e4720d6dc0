package api

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/conversations"
	"flowhq/locale/key"
)

// chatView is a customer with the newest message of the chat.
type chatView struct {
	customerView
	LastMessage *messageView `json:"last_message"`
}

func viewChat(c *flowhq.ChatSummary) chatView {
	v := chatView{customerView: viewCustomer(&c.Customer)}
	if c.Last != nil {
		v.LastMessage = new(viewMessage(c.Last))
	}
	return v
}

// listChats shows a tenant's chats, last seen first.
func listChats(chats *conversations.Chats) call {
	return func(c *gin.Context) error {
		limit, before, err := page(c, flowhq.DefaultLimit)
		if err != nil {
			return err
		}
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		rows, err := chats.Chats(c.Request.Context(), id, customerQuery(c, before, limit))
		if err != nil {
			return err
		}
		linkNext(c, limit, len(rows), func() flowhq.Cursor { return afterCustomer(&rows[len(rows)-1].Customer) })
		c.JSON(http.StatusOK, list(rows, viewChat))
		return nil
	}
}

// showChat shows who the chat is with, and how it stands; its messages are in the log.
func showChat(chats *conversations.Chats, of target) call {
	return func(c *gin.Context) error {
		id, err := of(c)
		if err != nil {
			return err
		}
		customer, err := chats.Customer(c.Request.Context(), id, c.Param("chat"))
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewCustomer(&customer))
		return nil
	}
}

type labelsView struct {
	Labels []string `json:"labels"`
}

// setLabels replaces a customer's labels; a form writes them in one line, with commas between.
func setLabels(chats *conversations.Chats, of target) call {
	return func(c *gin.Context) error {
		id, err := of(c)
		if err != nil {
			return err
		}
		in, err := readInput(c)
		if err != nil {
			return err
		}
		labels := in.texts("labels")
		if err := in.err(); err != nil {
			return err
		}
		kept, err := chats.SetLabels(c.Request.Context(), id, c.Param("chat"), labels)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, labelsView{Labels: kept})
		return nil
	}
}

// texts gives a list of texts.
func (in *input) texts(name string) []string {
	if !in.has(name) {
		in.complain(name, key.InputTexts)
		return nil
	}
	if in.isForm {
		return strings.Split(in.form.Get(name), ",")
	}
	var out []string
	if json.Unmarshal(in.fields[name], &out) != nil {
		in.complain(name, key.InputTexts)
	}
	return out
}

// searchMessages looks for a text in all of a tenant's messages, newest first. It reads so many at a time: the Link
// header may be there although little or nothing was found, and says where to go on.
func searchMessages(chats *conversations.Chats) call {
	return func(c *gin.Context) error {
		limit, before, err := page(c, flowhq.DefaultLimit)
		if err != nil {
			return err
		}
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		text := strings.TrimSpace(c.Query("q"))
		if text == "" {
			return flowhq.Invalid([]flowhq.FieldError{flowhq.Wrong("q", key.FieldEmpty)})
		}
		found, next, err := chats.SearchMessages(c.Request.Context(), id, text,
			flowhq.MessageQuery{Chat: c.Query("chat"), Before: before, Limit: limit})
		if err != nil {
			return err
		}
		if !next.IsZero() {
			linkNext(c, limit, limit, func() flowhq.Cursor { return next })
		}
		c.JSON(http.StatusOK, list(found, viewMessage))
		return nil
	}
}

type requestWithHistory struct {
	Request requestView `json:"request"`
	History []eventView `json:"history"`
}

// showRequest shows one request and what happened to it, newest first.
func showRequest(requests *conversations.Requests, of target) call {
	return func(c *gin.Context) error {
		id, err := of(c)
		if err != nil {
			return err
		}
		request, err := pathID(c, "request", "Request")
		if err != nil {
			return err
		}
		r, history, err := requests.Request(c.Request.Context(), id, request)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, requestWithHistory{Request: viewRequest(&r), History: list(history, viewEvent)})
		return nil
	}
}
