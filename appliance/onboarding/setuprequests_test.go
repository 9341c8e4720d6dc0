package onboarding_test

import (
	"errors"
	"sync"
	"testing"

	"flowhq"
)

func (w *world) submitted(number string) flowhq.SetupRequest {
	w.T.Helper()
	_, _, _, err := w.CreateOwner(w.Ctx, "amina@example.com", "Amina")
	w.Must(err)
	r, err := w.SubmitSetupRequest(w.Ctx, "amina@example.com", flowhq.NewSetupRequest{
		BusinessName: "Salon Amina", TemplateType: flowhq.TemplateBooking, WhatsAppNumber: number,
	})
	w.Must(err)
	return r
}

func TestSetupRequests_ApproveSetupRequest(t *testing.T) {
	w := newWorld(t)
	r := w.submitted("+255712000001")
	if _, err := w.ReviewSetupRequest(w.Ctx, "admin", r.ID); err != nil {
		t.Fatal(err)
	}
	d, err := w.ApproveSetupRequest(w.Ctx, "admin", r.ID, "welcome")
	w.Must(err)
	if d.Status != flowhq.SetupApproved || d.Notes != "welcome" || d.Tenant == nil ||
		d.Tenant.Status != flowhq.TenantQRPending {
		t.Errorf("request %+v", d)
	}
	w.Want(r.TenantID, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
	_, err = w.ApproveSetupRequest(w.Ctx, "admin", r.ID, "")
	w.WantCode(err, flowhq.CodeConflict)
	_, err = w.RejectSetupRequest(w.Ctx, "admin", r.ID, "")
	w.WantCode(err, flowhq.CodeConflict)
	_, err = w.SubmitSetupRequest(w.Ctx, "amina@example.com", flowhq.NewSetupRequest{
		BusinessName: "B", TemplateType: flowhq.TemplateBooking, WhatsAppNumber: "+255712000002",
	})
	w.WantCode(err, flowhq.CodeConflict)
	_, err = w.ApproveSetupRequest(w.Ctx, "admin", "0198c0de-0000-7000-8000-000000000000", "")
	w.WantCode(err, flowhq.CodeNotFound)
}

func TestSetupRequests_ApproveSetupRequest_WorkerFails(t *testing.T) {
	w := newWorld(t)
	r := w.submitted("+255712000001")
	w.Processes.Failing("start", errors.New("no such file"))
	d, err := w.ApproveSetupRequest(w.Ctx, "admin", r.ID, "")
	if err != nil || d.Status != flowhq.SetupApproved {
		t.Errorf("request %s, %v", d.Status, err)
	}
	w.Want(r.TenantID, flowhq.TenantError, flowhq.WorkerError, flowhq.PhaseStarting,
		"The worker could not be started: no such file.")
	w.Processes.Failing("start", nil)
	w.Must(w.StartWorker(w.Ctx, "admin", r.TenantID))
	w.Want(r.TenantID, flowhq.TenantQRPending, flowhq.WorkerRunning, flowhq.PhaseStarting, "")
}

func TestSetupRequests_RejectSetupRequest(t *testing.T) {
	w := newWorld(t)
	r := w.submitted("+255712000001")
	d, err := w.RejectSetupRequest(w.Ctx, "admin", r.ID, "  ")
	w.Must(err)
	if d.Status != flowhq.SetupRejected || d.Notes != "No reason provided" {
		t.Errorf("request %s, notes %q", d.Status, d.Notes)
	}
	if got := w.Processes.Took(); len(got) != 0 {
		t.Errorf("processes were asked %q", got)
	}
}

func TestSetupRequests_TwoAdminsAtOnce(t *testing.T) {
	w := newWorld(t)
	r := w.submitted("+255712000001")
	var all sync.WaitGroup
	results := make(chan error, 8)
	for i := range 8 {
		all.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = w.ApproveSetupRequest(w.Ctx, "a", r.ID, "")
			} else {
				_, err = w.RejectSetupRequest(w.Ctx, "b", r.ID, "")
			}
			results <- err
		})
	}
	all.Wait()
	close(results)
	good := 0
	for err := range results {
		if err == nil {
			good++
		} else {
			w.WantCode(err, flowhq.CodeConflict)
		}
	}
	d, err := w.SetupRequest(w.Ctx, r.ID)
	if good != 1 || err != nil || (d.Status == flowhq.SetupApproved) != w.Processes.Running(r.TenantID) {
		t.Errorf("%d decisions, request %s, running %v, %v", good, d.Status, w.Processes.Running(r.TenantID), err)
	}
}
