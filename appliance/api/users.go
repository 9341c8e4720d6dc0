package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/onboarding"
)

// listUsers shows the portal's users, newest first: all of them, or a part.
func listUsers(users *onboarding.Users) call {
	return func(c *gin.Context) error {
		limit, before, err := page(c, 0)
		if err != nil {
			return err
		}
		users, err := users.Users(c.Request.Context(), flowhq.PageQuery{Before: before, Limit: limit})
		if err != nil {
			return err
		}
		linkNext(c, limit, len(users), func() flowhq.Cursor {
			last := users[len(users)-1]
			return flowhq.Cursor{At: last.CreatedAt, ID: last.ID}
		})
		c.JSON(http.StatusOK, list(users, viewUser))
		return nil
	}
}

// createUser makes a portal user.
func createUser(users *onboarding.Users) call {
	return func(c *gin.Context) error {
		in, err := readInput(c)
		if err != nil {
			return err
		}
		u := flowhq.User{
			Email: in.text("email"), Name: in.text("name"), Phone: in.text("phone"),
			Role: flowhq.UserRole(in.text("role")), TenantID: in.text("tenant_id"),
		}
		if err := in.err(); err != nil {
			return err
		}
		made, err := users.CreateUser(c.Request.Context(), u)
		if err != nil {
			return err
		}
		c.JSON(http.StatusCreated, viewUser(&made))
		return nil
	}
}

type ownerView struct {
	User   portalUserView `json:"user"`
	Tenant tenantView     `json:"tenant"`
}

// createOwner is the portal's first sign-in of somebody: a tenant and its owner, or those there are.
func createOwner(users *onboarding.Users) call {
	return func(c *gin.Context) error {
		in, err := readInput(c)
		if err != nil {
			return err
		}
		email, name := in.text("email"), in.text("name")
		if err := in.err(); err != nil {
			return err
		}
		u, t, created, err := users.CreateOwner(c.Request.Context(), email, name)
		if err != nil {
			return err
		}
		status := http.StatusOK
		if created {
			status = http.StatusCreated
		}
		c.JSON(status, ownerView{User: viewPortalUser(&u), Tenant: viewTenant(&t)})
		return nil
	}
}
