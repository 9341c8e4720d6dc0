package storage

import (
	"context"
	"encoding/json"
	"strings"

	"flowhq"
	"flowhq/locale/key"
	"flowhq/storage/internal/db"
)

// CreateTenant makes a tenant with its config, its session (DISCONNECTED), its worker (STOPPED, and to stay so) and a first
// published version of its settings. A number that another tenant has is CodeInvalid on phone_number.
func (s *TenantStore) CreateTenant(ctx context.Context, n flowhq.NewTenant, settings flowhq.Settings, author string) (flowhq.TenantDetail, error) {
	var out flowhq.TenantDetail
	err := s.write(ctx, "create tenant", func(t *tx) (err error) {
		if err := t.claimNumber("", n.PhoneNumber, "phone_number"); err != nil {
			return err
		}
		out, err = t.insertTenant(n, settings, author)
		return err
	})
	return out, err
}

// Tenant gives one tenant with all that belongs to it one to one.
func (s *TenantStore) Tenant(ctx context.Context, id string) (flowhq.TenantDetail, error) {
	r, err := s.queries().TenantDetail(ctx, id)
	if err != nil {
		return flowhq.TenantDetail{}, s.fail("read tenant", orNotFound(err, "Tenant"))
	}
	return detailOf(r), nil
}

// Tenants lists tenants, newest first, in one query. Letters outside ASCII are case-folded on PostgreSQL alone.
func (s *TenantStore) Tenants(ctx context.Context, f flowhq.TenantFilter) ([]flowhq.TenantDetail, error) {
	at, id := before(f.Before)
	part := strings.TrimSpace(f.Query)
	rows, err := s.queries().TenantDetails(ctx, db.TenantDetailsParams{
		BeforeAt: at, BeforeID: id, Status: string(f.Status), Part: part, Folded: strings.ToLower(part), MaxRows: limitOrAll(f.Limit),
	})
	if err != nil {
		return nil, s.fail("list tenants", err)
	}
	out := make([]flowhq.TenantDetail, len(rows))
	for i, r := range rows {
		out[i] = detailOf(db.TenantDetailRow(r))
	}
	return out, nil
}

// UpdateTenant changes what the patch names. A number that another tenant has is CodeInvalid on phone_number. New hours are
// published as a new version of the settings too, which are what conversations go by; a draft stays as it is.
func (s *TenantStore) UpdateTenant(ctx context.Context, id string, p flowhq.TenantPatch) (flowhq.TenantDetail, error) {
	var out flowhq.TenantDetail
	err := s.write(ctx, "update tenant", func(t *tx) error {
		if err := t.lockTenant(id); err != nil {
			return err
		}
		if err := t.patchTenant(id, p); err != nil {
			return err
		}
		if err := t.patchConfig(id, p); err != nil {
			return err
		}
		if len(p.HoursJSON) > 0 {
			if err := t.publishHours(id, p.HoursJSON); err != nil {
				return err
			}
		}
		r, err := t.TenantDetail(ctx, id)
		out = detailOf(r)
		return err
	})
	return out, err
}

// DeleteTenant removes the tenant and everything that belongs to it. Its user stays, without a tenant.
func (s *TenantStore) DeleteTenant(ctx context.Context, id string) error {
	return s.write(ctx, "delete tenant", func(t *tx) error {
		if err := t.lockTenant(id); err != nil {
			return err
		}
		return t.deleteTenant(id)
	})
}

func (t *tx) deleteTenant(id string) error {
	// These do not go with the tenant by themselves in the predecessor's schema.
	if err := t.DeletePortalEvents(t.ctx, id); err != nil {
		return err
	}
	if err := t.DeleteSetupRequests(t.ctx, id); err != nil {
		return err
	}
	if err := t.ReleaseUser(t.ctx, db.ReleaseUserParams{TenantID: db.Text(id), UpdatedAt: t.now}); err != nil {
		return err
	}
	_, err := t.Queries.DeleteTenant(t.ctx, id)
	if isForeignKey(err) {
		return &flowhq.Error{Code: flowhq.CodeConflict, Text: flowhq.Say(key.TenantForeignRows), Cause: err}
	}
	return err
}

// Transition applies flowhq.NextStatus to the tenant; whether a device is linked is read in the same transaction. A change of
// status is recorded on the time line with its cause. A tenant that becomes ACTIVE turns its APPROVED setup requests ACTIVE.
func (s *TenantStore) Transition(ctx context.Context, id string, o flowhq.StatusTrigger, cause string) (from, to flowhq.TenantStatus, err error) {
	err = s.write(ctx, "change tenant status", func(t *tx) error {
		if err := t.lockTenant(id); err != nil {
			return err
		}
		r, err := t.TenantDetail(ctx, id)
		if err != nil {
			return err
		}
		d := detailOf(r)
		from, to = d.Status, flowhq.NextStatus(d.Status, o, d.Session.Linked())
		return t.setStatus(id, from, to, string(o), cause)
	})
	if err != nil {
		return "", "", err
	}
	return from, to, nil
}

// insertTenant inserts a tenant and what belongs to it, with a first published version of its settings.
func (t *tx) insertTenant(n flowhq.NewTenant, settings flowhq.Settings, author string) (flowhq.TenantDetail, error) {
	id := newID()
	if n.Language == "" {
		n.Language = flowhq.Swahili
	}
	if n.TemplateType == "" {
		n.TemplateType = flowhq.TemplateBooking
	}
	hours, err := hoursJSON(settings)
	if err != nil {
		return flowhq.TenantDetail{}, err
	}
	steps := []func() error{
		func() error {
			return t.InsertTenant(t.ctx, db.InsertTenantParams{
				ID: id, Name: n.Name, PhoneNumber: n.PhoneNumber, Status: string(flowhq.TenantNew), CreatedAt: t.now, UpdatedAt: t.now,
			})
		},
		func() error {
			return t.UpsertConfig(t.ctx, db.UpsertConfigParams{
				ID: newID(), TenantID: id, TemplateType: string(n.TemplateType), BusinessName: n.BusinessName, Language: string(n.Language),
				HoursJson: hours, CreatedAt: t.now, UpdatedAt: t.now,
			})
		},
		func() error { return t.ensureSession(id) },
		func() error { return t.ensureWorker(id) },
		func() error {
			_, err := t.insertSettings(id, 1, flowhq.SettingsPublished, settings, "", author)
			return err
		},
		func() error {
			return t.addEvent(id, flowhq.TenantEventStatus, "created", statusChange{To: flowhq.TenantNew, Cause: "created"})
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return flowhq.TenantDetail{}, err
		}
	}
	r, err := t.TenantDetail(t.ctx, id)
	return detailOf(r), err
}

func (t *tx) patchTenant(id string, p flowhq.TenantPatch) error {
	if p.Name == nil && p.PhoneNumber == nil {
		return nil
	}
	r, err := t.GetTenant(t.ctx, id)
	if err != nil {
		return err
	}
	if p.Name != nil {
		r.Name = *p.Name
	}
	if p.PhoneNumber != nil && *p.PhoneNumber != r.PhoneNumber {
		if err := t.claimNumber(id, *p.PhoneNumber, "phone_number"); err != nil {
			return err
		}
		r.PhoneNumber = *p.PhoneNumber
	}
	return t.Queries.UpdateTenant(t.ctx, db.UpdateTenantParams{
		ID: id, Name: r.Name, PhoneNumber: r.PhoneNumber, Status: r.Status, UpdatedAt: t.now,
	})
}

func (t *tx) patchConfig(id string, p flowhq.TenantPatch) error {
	if p.TemplateType == nil && p.BusinessName == nil && p.Language == nil {
		return nil
	}
	return t.changeConfig(id, func(c *flowhq.TenantConfig) {
		if p.TemplateType != nil {
			c.TemplateType = *p.TemplateType
		}
		if p.BusinessName != nil {
			c.BusinessName = *p.BusinessName
		}
		if p.Language != nil {
			c.Language = *p.Language
		}
	})
}

// changeConfig changes the tenant's config; where another program made the tenant without one, it is made here.
func (t *tx) changeConfig(tenantID string, change func(*flowhq.TenantConfig)) error {
	c, err := t.config(tenantID)
	if err != nil {
		return err
	}
	change(&c)
	return t.UpsertConfig(t.ctx, db.UpsertConfigParams{
		ID: c.ID, TenantID: tenantID, TemplateType: string(c.TemplateType), BusinessName: c.BusinessName, Language: string(c.Language),
		HoursJson: c.HoursJSON, CreatedAt: db.At(c.CreatedAt), UpdatedAt: t.now,
	})
}

// config gives the tenant's config, or what it is without one.
func (t *tx) config(tenantID string) (flowhq.TenantConfig, error) {
	r, err := t.GetConfig(t.ctx, tenantID)
	there, err := found(err)
	if err != nil {
		return flowhq.TenantConfig{}, err
	}
	if there {
		return *configOf(r), nil
	}
	tenant, err := t.GetTenant(t.ctx, tenantID)
	if err != nil {
		return flowhq.TenantConfig{}, orNotFound(err, "Tenant")
	}
	return flowhq.TenantConfig{
		ID: newID(), TenantID: tenantID, TemplateType: flowhq.TemplateBooking, BusinessName: tenant.Name, Language: flowhq.Swahili,
		CreatedAt: t.now.Time, UpdatedAt: t.now.Time,
	}, nil
}

// claimNumber makes sure that no other tenant has the number, and that none takes it before this transaction ends.
func (t *tx) claimNumber(tenantID, number, field string) error {
	if number == "" {
		return nil
	}
	if err := t.lockName("number", number); err != nil {
		return err
	}
	owners, err := t.TenantWithNumber(t.ctx, number)
	if err != nil {
		return err
	}
	for _, owner := range owners {
		if owner != tenantID {
			return flowhq.Invalid([]flowhq.FieldError{flowhq.Wrong(field, key.FieldNumberTaken)})
		}
	}
	return nil
}

// statusChange is the payload of a time line's entry about a change of status.
type statusChange struct {
	From       flowhq.TenantStatus `json:"from,omitempty"`
	To         flowhq.TenantStatus `json:"to"`
	Occurrence string              `json:"occurrence,omitempty"`
	Cause      string              `json:"cause,omitempty"`
}

// setStatus changes the tenant's status, if it changes, and records it.
func (t *tx) setStatus(id string, from, to flowhq.TenantStatus, occurrence, cause string) error {
	if from == to {
		return nil
	}
	if err := t.SetTenantStatus(t.ctx, db.SetTenantStatusParams{ID: id, Status: string(to), UpdatedAt: t.now}); err != nil {
		return err
	}
	if to == flowhq.TenantActive {
		if err := t.ActivateSetupRequests(t.ctx, db.ActivateSetupRequestsParams{TenantID: id, UpdatedAt: t.now}); err != nil {
			return err
		}
	}
	return t.addEvent(id, flowhq.TenantEventStatus, cause, statusChange{From: from, To: to, Occurrence: occurrence, Cause: cause})
}

func hoursJSON(s flowhq.Settings) (db.JSON, error) {
	if s.Hours == nil {
		return nil, nil
	}
	return json.Marshal(s.Hours)
}
