package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
)

type userDesk interface {
	Users(ctx context.Context, p flowhq.PageQuery) ([]flowhq.User, error)
	CreateUser(ctx context.Context, u flowhq.User) (flowhq.User, error)
	CreateOwner(ctx context.Context, email, name string) (u flowhq.User, t flowhq.TenantDetail, created bool, err error)
}

// listUsers shows the portal's users, newest first: all of them, or a part.
func listUsers(f userDesk) call {
	return func(c *gin.Context) error {
		limit, before, err := page(c, 0)
		if err != nil {
			return err
		}
		users, err := f.Users(c.Request.Context(), flowhq.PageQuery{Before: before, Limit: limit})
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
func createUser(f userDesk) call {
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
		made, err := f.CreateUser(c.Request.Context(), u)
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
func createOwner(f userDesk) call {
	return func(c *gin.Context) error {
		in, err := readInput(c)
		if err != nil {
			return err
		}
		email, name := in.text("email"), in.text("name")
		if err := in.err(); err != nil {
			return err
		}
		u, t, created, err := f.CreateOwner(c.Request.Context(), email, name)
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
