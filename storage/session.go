package storage

import (
	"context"

	"flowhq"
	"flowhq/storage/internal/db"
)

// SaveSession writes what a worker reports of its session: phase, state, code, linked device, and when WhatsApp was heard,
// which never goes backwards. qr is the code's data URL; it is kept only while codes are shown, and the end and the cause of
// a ban or a restriction only while it lasts. A device that appears sets LinkedAt, one that goes clears it.
func (s *WorkerStore) SaveSession(ctx context.Context, tenantID string, r flowhq.SessionReport, qr string) error {
	return s.write(ctx, "save session", func(t *tx) error {
		if err := t.lockTenant(tenantID); err != nil {
			return err
		}
		old, err := t.GetSession(ctx, tenantID)
		there, err := found(err)
		if err != nil {
			return err
		}
		if !there { // another program made the tenant
			if err := t.ensureSession(tenantID); err != nil {
				return err
			}
			old.TenantID = tenantID
		}
		_, err = t.Queries.SaveSession(ctx, t.sessionOf(old, r, qr))
		return err
	})
}

func (t *tx) sessionOf(old db.WhatsappSession, r flowhq.SessionReport, qr string) db.SaveSessionParams {
	p := db.SaveSessionParams{
		TenantID: old.TenantID, State: string(r.Phase.State()), Phase: string(r.Phase), UpdatedAt: t.now,
		LinkedJid: db.Text(r.LinkedJID), LinkedAt: old.LinkedAt, WaHeardAt: later(old.WaHeardAt, db.AtPtr(r.HeardAt)),
	}
	if r.Phase.State() == flowhq.SessionQRReady {
		p.LastQr, p.QrCode, p.QrExpiresAt = db.Text(qr), db.Text(r.QRCode), db.AtPtr(r.QRExpires)
	}
	if r.Phase.Blocked() {
		p.BlockedUntil, p.BlockedCause = db.AtPtr(r.Until), db.Text(r.Detail)
	}
	switch {
	case r.LinkedJID == "":
		p.LinkedAt = db.Time{}
	case old.LinkedJid != p.LinkedJid || old.LinkedAt.IsZero():
		p.LinkedAt = t.now
	}
	return p
}

func (t *tx) ensureSession(tenantID string) error {
	return t.InsertSession(t.ctx, db.InsertSessionParams{
		ID: newID(), TenantID: tenantID, State: string(flowhq.SessionDisconnected), Phase: string(flowhq.PhaseOff), CreatedAt: t.now, UpdatedAt: t.now,
	})
}
