package storage

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"flowhq"
	"flowhq/storage/internal/db"
)

// endOfTime is later than every row, so that a list can start before it.
var endOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// startOfTime is earlier than every row.
var startOfTime = db.At(time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC))

// before gives the place that a list continues from.
func before(c flowhq.Cursor) (db.Time, string) {
	if c.IsZero() {
		return db.Time{Time: endOfTime}, ""
	}
	return db.At(c.At), c.ID
}

// after gives the place that a list continues from whose oldest comes first.
func after(c flowhq.Cursor) (db.Time, string) {
	if c.IsZero() {
		return startOfTime, ""
	}
	return db.At(c.At), c.ID
}

// sinceAny is a lower bound that a zero time leaves open.
func sinceAny(t time.Time) db.Time {
	if t.IsZero() {
		return startOfTime
	}
	return db.At(t)
}

// limit bounds the length of a list.
func limit(n int) int32 {
	switch {
	case n <= 0:
		return flowhq.DefaultLimit
	case n > flowhq.MaxLimit:
		return flowhq.MaxLimit
	default:
		return int32(n)
	}
}

// limitOrAll is limit for a list where 0 means all of it.
func limitOrAll(n int) int32 {
	if n <= 0 || n > math.MaxInt32 {
		return math.MaxInt32
	}
	return int32(n)
}

func tenantOf(r db.Tenant) flowhq.Tenant {
	return flowhq.Tenant{
		ID: r.ID, Name: r.Name, PhoneNumber: r.PhoneNumber, Status: flowhq.TenantStatus(r.Status),
		CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time,
	}
}

func detailOf(r db.TenantDetailRow) flowhq.TenantDetail {
	d := flowhq.TenantDetail{Tenant: tenantOf(db.Tenant{
		ID: r.ID, Name: r.Name, PhoneNumber: r.PhoneNumber, Status: r.Status, CreatedAt: r.CreatedAt,
		UpdatedAt: r.UpdatedAt,
	})}
	if r.ConfigID != "" {
		d.Config = configOf(db.TenantConfig{
			ID: string(r.ConfigID), TenantID: r.ID, TemplateType: string(r.TemplateType),
			BusinessName: string(r.BusinessName),
			Language:     string(r.Language), HoursJson: r.HoursJson, CreatedAt: r.ConfigCreatedAt,
			UpdatedAt: r.ConfigUpdatedAt,
		})
	}
	if r.SessionID != "" {
		d.Session = sessionOf(db.WhatsappSession{
			ID: string(r.SessionID), TenantID: r.ID, State: string(r.State), LastQr: r.LastQr, LastSeenAt: r.LastSeenAt,
			CreatedAt: r.SessionCreatedAt, UpdatedAt: r.SessionUpdatedAt, Phase: string(r.Phase), QrCode: r.QrCode,
			QrExpiresAt: r.QrExpiresAt,
			LinkedJid:   r.LinkedJid, LinkedAt: r.LinkedAt, WaHeardAt: r.WaHeardAt, BlockedUntil: r.BlockedUntil,
			BlockedCause: r.BlockedCause,
		})
	}
	if r.WorkerID != "" {
		d.Worker = &flowhq.Worker{
			ID: string(r.WorkerID), TenantID: r.ID, ProcessName: string(r.Pm2Name),
			Status:       flowhq.WorkerStatus(r.WorkerStatus),
			DesiredState: flowhq.DesiredState(r.Wish), LastError: string(r.LastError),
			CreatedAt: r.WorkerCreatedAt.Time, UpdatedAt: r.WorkerUpdatedAt.Time,
		}
	}
	return d
}

func configOf(r db.TenantConfig) *flowhq.TenantConfig {
	return &flowhq.TenantConfig{
		ID: r.ID, TenantID: r.TenantID, TemplateType: flowhq.TemplateType(r.TemplateType), BusinessName: r.BusinessName,
		Language: flowhq.Language(r.Language), HoursJSON: r.HoursJson, CreatedAt: r.CreatedAt.Time,
		UpdatedAt: r.UpdatedAt.Time,
	}
}

func sessionOf(r db.WhatsappSession) *flowhq.Session {
	return &flowhq.Session{
		ID: r.ID, TenantID: r.TenantID, State: flowhq.SessionState(r.State), Phase: flowhq.Phase(r.Phase),
		LastQR: string(r.LastQr),
		QRCode: string(r.QrCode), QRExpires: r.QrExpiresAt.Ptr(), LinkedJID: string(r.LinkedJid),
		LinkedAt:   r.LinkedAt.Ptr(),
		LastSeenAt: r.LastSeenAt.Ptr(), WAHeardAt: r.WaHeardAt.Ptr(),
		BlockedUntil: r.BlockedUntil.Ptr(), BlockedCause: string(r.BlockedCause), CreatedAt: r.CreatedAt.Time,
		UpdatedAt: r.UpdatedAt.Time,
	}
}

func userOf(r db.User) flowhq.User {
	return flowhq.User{
		ID: r.ID, TenantID: string(r.TenantID), Name: r.Name, Email: r.Email, Phone: string(r.Phone),
		Role:      flowhq.UserRole(r.Role),
		CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time,
	}
}

func setupRequestOf(r db.SetupRequest) flowhq.SetupRequest {
	return flowhq.SetupRequest{
		ID: r.ID, TenantID: r.TenantID, UserID: r.UserID, TemplateType: flowhq.TemplateType(r.TemplateType),
		WhatsAppNumber: r.WhatsappNumber,
		Status:         flowhq.SetupRequestStatus(r.Status), Notes: string(r.Notes), CreatedAt: r.CreatedAt.Time,
		UpdatedAt: r.UpdatedAt.Time,
	}
}

func settingsOf(r db.TenantSetting) (flowhq.SettingsVersion, error) {
	v := flowhq.SettingsVersion{
		ID: r.ID, TenantID: r.TenantID, Version: int(r.Version), State: flowhq.SettingsState(r.State),
		FlowYAML: string(r.FlowYaml),
		Author:   r.Author, CreatedAt: r.CreatedAt.Time, PublishedAt: r.PublishedAt.Ptr(),
	}
	if err := json.Unmarshal(r.SettingsJson, &v.Settings); err != nil {
		return v, fmt.Errorf("settings version %d: %w", r.Version, err)
	}
	return v, nil
}

func messageOf(r db.MessageLog) flowhq.Message {
	return flowhq.Message{
		ID: r.ID, TenantID: r.TenantID, Direction: flowhq.MessageDirection(r.Direction), FromNumber: r.FromNumber,
		ToNumber: r.ToNumber,
		Text:     r.MessageText, WAMessageID: string(r.WaMessageID), Chat: r.Chat, Author: flowhq.Author(r.Author),
		Kind:   flowhq.MessageKind(r.Kind),
		Target: string(r.Target), SentAt: r.SentAt.Ptr(), EditedAt: r.EditedAt.Ptr(), DeletedAt: r.DeletedAt.Ptr(),
		CreatedAt: r.CreatedAt.Time,
	}
}

func customerOf(r db.Customer) (flowhq.Customer, error) {
	c := flowhq.Customer{
		ID: r.ID, TenantID: r.TenantID, Chat: r.Chat, Number: r.Number, Name: r.Name,
		Language:   flowhq.Language(r.Language),
		OptedOutAt: r.OptedOutAt.Ptr(), HandedOver: r.HandedOverAt.Ptr(), HandoffEnds: r.HandoffEndsAt.Ptr(),
		FirstSeenAt: r.FirstSeenAt.Time, LastSeenAt: r.LastSeenAt.Time,
	}
	if len(r.LabelsJson) > 0 {
		if err := json.Unmarshal(r.LabelsJson, &c.Labels); err != nil {
			return c, fmt.Errorf("labels of customer %s: %w", r.ID, err)
		}
	}
	return c, nil
}

func requestOf(r db.CustomerRequest) (flowhq.CustomerRequest, error) {
	q := flowhq.CustomerRequest{
		ID: r.ID, TenantID: r.TenantID, CustomerID: r.CustomerID, Chat: r.Chat, Type: flowhq.RequestType(r.RequestType),
		Status: flowhq.RequestStatus(r.Status), Notes: r.Notes, CreatedAt: r.CreatedAt.Time,
		UpdatedAt: r.UpdatedAt.Time,
	}
	if err := json.Unmarshal(r.FieldsJson, &q.Fields); err != nil {
		return q, fmt.Errorf("fields of request %s: %w", r.ID, err)
	}
	return q, nil
}

func adminSessionOf(r db.AdminSession) flowhq.AdminSession {
	return flowhq.AdminSession{
		ID: r.ID, TokenHash: r.TokenHash, Address: r.Address, UserAgent: r.UserAgent,
		CreatedAt: r.CreatedAt.Time, LastSeenAt: r.LastSeenAt.Time, ExpiresAt: r.ExpiresAt.Time,
	}
}
