package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/onboarding"
)

type meView struct {
	User         portalUserView    `json:"user"`
	Tenant       *tenantView       `json:"tenant"`
	SetupRequest *setupRequestView `json:"setupRequest"`
}

// showMe shows the portal's user and what is theirs.
func showMe(users *onboarding.Users) call {
	return func(c *gin.Context) error {
		u, t, r, err := users.Me(c.Request.Context(), access.Email(c))
		if err != nil {
			return missing(err, "User")
		}
		c.JSON(http.StatusOK, meView{User: viewPortalUser(&u), Tenant: maybeTenant(t),
			SetupRequest: maybeSetupRequest(r)})
		return nil
	}
}

// submitSetupRequest is an owner asking for a bot.
func submitSetupRequest(setups *onboarding.SetupRequests) call {
	return func(c *gin.Context) error {
		in, err := readInput(c)
		if err != nil {
			return err
		}
		r := flowhq.NewSetupRequest{
			BusinessName: in.text("businessName"), TemplateType: flowhq.TemplateType(in.text("templateType")),
			WhatsAppNumber: in.text("whatsappNumber"), Language: flowhq.Language(in.text("language")),
		}
		if err := in.err(); err != nil {
			return err
		}
		made, err := setups.SubmitSetupRequest(c.Request.Context(), access.Email(c), r)
		if err != nil {
			return err
		}
		c.JSON(http.StatusCreated, viewSetupRequest(&made))
		return nil
	}
}

type statusView struct {
	Tenant       statusTenantView  `json:"tenant"`
	SetupRequest *setupRequestView `json:"setupRequest"`
}

type statusTenantView struct {
	ID      string              `json:"id"`
	Name    string              `json:"name"`
	Status  flowhq.TenantStatus `json:"status"`
	Session *sessionView        `json:"whatsapp_session"`
	Worker  *workerView         `json:"worker_process"`
}

// showOwnStatus shows how the user's tenant is.
func showOwnStatus(users *onboarding.Users) call {
	return func(c *gin.Context) error {
		t, r, err := users.OwnTenant(c.Request.Context(), access.Email(c))
		if err != nil {
			return missing(err, "Tenant")
		}
		c.JSON(http.StatusOK, statusView{
			Tenant: statusTenantView{ID: t.ID, Name: t.Name, Status: t.Status, Session: viewSession(t.Session),
				Worker: viewWorker(t.Worker)},
			SetupRequest: maybeSetupRequest(r),
		})
		return nil
	}
}

// ownTenant finds the tenant of the portal's user.
func ownTenant(users *onboarding.Users) target {
	return func(c *gin.Context) (string, error) {
		t, _, err := users.OwnTenant(c.Request.Context(), access.Email(c))
		return t.ID, missing(err, "Tenant")
	}
}
