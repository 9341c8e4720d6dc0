package storage_test

import (
	"path/filepath"
	"strings"
	"testing"

	"flowhq"
	"flowhq/storage"
)

// emptied makes a database that the predecessor made and nobody filled.
func emptied(t *testing.T) (dsn string) {
	t.Helper()
	dsn, db := predecessor(t, false)
	run(t, db, `TRUNCATE "tenants", "tenant_configs", "whatsapp_sessions", "message_logs", "worker_processes",
	"users", "setup_requests", "portal_event_logs"`)
	return dsn
}

// Values that nobody knows go from SQLite, which has no enums, into an empty database of the predecessor's, whose enums
// lack them.
func TestCopyOfStrangeValuesIntoThePredecessors(t *testing.T) {
	t.Parallel()
	from, _ := predecessor(t, true)
	open(t, from)
	there, back := "sqlite://"+filepath.Join(t.TempDir(), "x.db"), emptied(t)
	first := must(storage.Copy(t.Context(), from, there, copyOptions(), nil))(t)
	second := must(storage.Copy(t.Context(), there, back, copyOptions(), nil))(t)
	sameList(t, "tables, their rows and checksums", second.Tables, first.Tables...)
	equal(t, "status that nobody knows", must(open(t, back).Tenant(t.Context(), "t2"))(t).Status, "SUSPENDED")
}

// An early form of the predecessor's, whose enums lack values that this program writes, gets them; the dry run says so.
func TestEnumsThatLackValues(t *testing.T) {
	t.Parallel()
	dsn, db := predecessor(t, false)
	for column, enum := range map[string]string{"tenants.status": "TenantStatus",
		"setup_requests.status": "SetupRequestStatus"} {
		table, column, _ := strings.Cut(column, ".")
		run(t, db, `UPDATE `+table+` SET `+column+` = 'ACTIVE' WHERE `+column+`::text IN ('PAUSED', 'QR_PENDING',
	'REVIEWING', 'SUBMITTED')`)
		run(t, db, `ALTER TABLE `+table+` ALTER `+column+` DROP DEFAULT, ALTER `+column+` TYPE TEXT`)
		run(t, db, `DROP TYPE "`+enum+`"`)
	}
	run(t, db, `CREATE TYPE "TenantStatus" AS ENUM ('NEW', 'ACTIVE', 'ERROR')`)
	run(t, db, `CREATE TYPE "SetupRequestStatus" AS ENUM ('APPROVED', 'ACTIVE', 'REJECTED')`)
	run(t, db, `ALTER TABLE tenants ALTER status TYPE "TenantStatus" USING status::"TenantStatus", ALTER status SET
	DEFAULT 'NEW'`)
	run(t, db, `ALTER TABLE setup_requests ALTER status TYPE "SetupRequestStatus" USING status::"SetupRequestStatus"`)

	p := must(storage.MakePlan(t.Context(), dsn, storage.Options{}))(t)
	sameList(t, "values that the tenants' status gets", p.Labels["TenantStatus"], "QR_PENDING", "PAUSED")
	sameList(t, "values that the requests' status gets", p.Labels["SetupRequestStatus"], "SUBMITTED", "REVIEWING")
	equal(t, "enums that get any", len(p.Labels), 2)

	h := open(t, dsn)
	equal(t, "up to date", must(h.Migrated(h.ctx))(t), true)
	r := must(h.SubmitSetupRequest(h.ctx, "u1", flowhq.NewSetupRequest{BusinessName: "Asha",
		TemplateType: flowhq.TemplateBooking, WhatsAppNumber: "+255700000001"}))(t)
	equal(t, "reviewed", must(h.ReviewSetupRequest(h.ctx, r.ID))(t).Status, flowhq.SetupReviewing)
	_, to, err := h.Transition(h.ctx, "t1", flowhq.TriggerPaused, "test")
	noError(t, err)
	equal(t, "status", to, flowhq.TenantPaused)
	sameList(t, "values left to get", must(storage.MakePlan(h.ctx, dsn, storage.Options{}))(t).Labels["TenantStatus"])
}
