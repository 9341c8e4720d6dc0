package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/onboarding"
)

const setupRequest = "Setup request"

// listSetupRequests shows them newest first: all of them, or a part.
func listSetupRequests(setups *onboarding.SetupRequests) call {
	return func(c *gin.Context) error {
		limit, before, err := page(c, 0)
		if err != nil {
			return err
		}
		rows, err := setups.SetupRequests(c.Request.Context(),
			flowhq.SetupQuery{PageQuery: flowhq.PageQuery{Before: before, Limit: limit}})
		if err != nil {
			return err
		}
		linkNext(c, limit, len(rows), func() flowhq.Cursor {
			last := rows[len(rows)-1]
			return flowhq.Cursor{At: last.CreatedAt, ID: last.ID}
		})
		c.JSON(http.StatusOK, list(rows, viewSetupRequestDetail))
		return nil
	}
}

// showSetupRequest shows one. It changes nothing: that somebody looks at it is told by POST …/review.
func showSetupRequest(setups *onboarding.SetupRequests) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", setupRequest)
		if err != nil {
			return err
		}
		r, err := setups.SetupRequest(c.Request.Context(), id)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewSetupRequestDetail(&r))
		return nil
	}
}

// reviewSetupRequest notes that somebody looks at the request.
func reviewSetupRequest(setups *onboarding.SetupRequests) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", setupRequest)
		if err != nil {
			return err
		}
		r, err := setups.ReviewSetupRequest(c.Request.Context(), access.By(c), id)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewSetupRequestDetail(&r))
		return nil
	}
}

// decideSetupRequest approves or rejects. A form is answered with the request's page, JSON with the request.
func decideSetupRequest(decide func(ctx context.Context, by, id,
	notes string) (flowhq.SetupRequestDetail, error)) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", setupRequest)
		if err != nil {
			return err
		}
		in, err := readInput(c)
		if err != nil {
			return err
		}
		notes := in.text("notes")
		if err := in.err(); err != nil {
			return err
		}
		r, err := decide(c.Request.Context(), access.By(c), id, notes)
		if err != nil {
			return err
		}
		if in.isForm && !asksForJSON(c) {
			c.Redirect(http.StatusFound, "/admin/setup-requests/"+id)
			return nil
		}
		c.JSON(http.StatusOK, viewSetupRequestDetail(&r))
		return nil
	}
}

// asksForJSON tells whether a client names JSON as what it wants, rather than taking anything.
func asksForJSON(c *gin.Context) bool {
	return strings.Contains(c.GetHeader("Accept"), "application/json") && !access.WantsHTML(c)
}
