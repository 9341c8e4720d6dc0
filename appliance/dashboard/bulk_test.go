package dashboard_test

import (
	"context"
	"testing"
	"time"

	"flowhq"
)

func TestBulkJobs_StartBulk(t *testing.T) {
	w := newWorld(t)
	good, paused := w.named("Asha"), w.named("Neema")
	w.Must(w.Pause(w.Ctx, "admin", paused))
	ctx, cancel := context.WithCancel(w.Ctx)
	job, err := w.StartBulk(ctx, "admin", flowhq.BulkStart, []string{paused, good})
	w.Must(err)
	cancel() // the job goes on without its caller
	deadline := time.Now().Add(30 * time.Second)
	for job.Ended == nil {
		if time.Now().After(deadline) {
			t.Fatal("the job does not end")
		}
		job, err = w.Bulk(job.ID)
		w.Must(err)
	}
	if done, failed := job.Finished(); done != 2 || failed != 1 || job.Results[0].Name != "Asha" ||
		!job.Results[0].Error.Empty() || job.Results[1].Error.Empty() {
		t.Errorf("%+v", job)
	}
	if !w.Processes.Running(good) || w.Processes.Running(paused) {
		t.Error("the wrong worker runs")
	}
}
