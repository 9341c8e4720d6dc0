package api

import "flowhq"

// userView is a row of users.
type userView struct {
	ID        string          `json:"id"`
	TenantID  *string         `json:"tenant_id"`
	Name      string          `json:"name"`
	Email     string          `json:"email"`
	Phone     *string         `json:"phone"`
	Role      flowhq.UserRole `json:"role"`
	CreatedAt stamp           `json:"created_at"`
	UpdatedAt stamp           `json:"updated_at"`
}

func viewUser(u *flowhq.User) userView {
	return userView{
		ID: u.ID, TenantID: orNull(u.TenantID), Name: u.Name, Email: u.Email, Phone: orNull(u.Phone), Role: u.Role,
		CreatedAt: stamp(u.CreatedAt), UpdatedAt: stamp(u.UpdatedAt),
	}
}

// portalUserView is what the portal sees of its user.
type portalUserView struct {
	ID    string          `json:"id"`
	Email string          `json:"email"`
	Name  string          `json:"name"`
	Role  flowhq.UserRole `json:"role"`
}

func viewPortalUser(u *flowhq.User) portalUserView {
	return portalUserView{ID: u.ID, Email: u.Email, Name: u.Name, Role: u.Role}
}

// setupRequestView is a row of setup_requests.
type setupRequestView struct {
	ID             string                    `json:"id"`
	TenantID       string                    `json:"tenant_id"`
	UserID         string                    `json:"user_id"`
	TemplateType   flowhq.TemplateType       `json:"template_type"`
	WhatsAppNumber string                    `json:"whatsapp_number"`
	Status         flowhq.SetupRequestStatus `json:"status"`
	Notes          *string                   `json:"notes"`
	CreatedAt      stamp                     `json:"created_at"`
	UpdatedAt      stamp                     `json:"updated_at"`
}

func viewSetupRequest(r *flowhq.SetupRequest) setupRequestView {
	return setupRequestView{
		ID: r.ID, TenantID: r.TenantID, UserID: r.UserID, TemplateType: r.TemplateType,
		WhatsAppNumber: r.WhatsAppNumber,
		Status:         r.Status, Notes: orNull(r.Notes), CreatedAt: stamp(r.CreatedAt), UpdatedAt: stamp(r.UpdatedAt),
	}
}

func maybeSetupRequest(r *flowhq.SetupRequest) *setupRequestView {
	if r == nil {
		return nil
	}
	v := viewSetupRequest(r)
	return &v
}

// setupRequestDetailView is a setup request with whom it concerns.
type setupRequestDetailView struct {
	setupRequestView
	Tenant  *tenantView          `json:"tenant"`
	User    *userView            `json:"user"`
	Remarks []flowhq.SetupRemark `json:"remarks"`
}

func viewSetupRequestDetail(r *flowhq.SetupRequestDetail) setupRequestDetailView {
	v := setupRequestDetailView{setupRequestView: viewSetupRequest(&r.SetupRequest), Tenant: maybeTenant(r.Tenant),
		Remarks: r.Remarks}
	if v.Remarks == nil {
		v.Remarks = []flowhq.SetupRemark{}
	}
	if r.User != nil {
		u := viewUser(r.User)
		v.User = &u
	}
	return v
}
