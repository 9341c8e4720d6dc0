package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"flowhq"
)

// changeLimit is how soon after its publishing a change must be in what a running worker answers.
const changeLimit = time.Second

// changedFlow is a tenant's own flow; %s is what tells two of them apart.
const changedFlow = `flow: 1
template: SUPPORT
language: EN
menu:
  - {label: Report, intent: report}
intents:
  report:
    words: [report]
    reply: This is the %s flow.
`

// What is published is what the running worker answers by, within a second and without a restart. The test does not run
// beside others, since it measures.
func TestChangesReachARunningWorker(t *testing.T) {
	stores(t, func(t *testing.T, database string) {
		w := newWorld(t, database, nil)
		desk := w.business(t, "Help Desk", salonNumber, flowhq.TemplateSupport, flowhq.English)
		w.customer(t, asha, "Asha", "pn")
		pid := w.pid(t, desk.ID)
		one := 1
		for _, change := range []struct {
			kind      string
			settings  map[string]any
			ask, want string
		}{
			{"flow", map[string]any{"flow_yaml": fmt.Sprintf(changedFlow, "first")}, "report",
				"This is the first flow."},
			{"next version of the flow", map[string]any{"flow_yaml": fmt.Sprintf(changedFlow, "second")}, "report",
				"This is the second flow."},
			{"texts", map[string]any{"flow_yaml": "", "greeting": "Good to see you at the new desk!"}, "hello",
				"Good to see you at the new desk!"},
			{"hours", map[string]any{"hours": flowhq.Hours{}}, "hello", "We are closed at the moment."},
			{"limits", map[string]any{"limits": flowhq.OwnLimits{ContactReplies: &one}}, "hello", "Please slow down"},
		} {
			t.Run(change.kind, func(t *testing.T) {
				if before := w.ask(t, asha, salonNumber, change.ask, ""); strings.Contains(before, change.want) {
					t.Fatalf("the answer is the new one already: %q", before)
				}
				took := w.publish(t, desk.ID, change.settings, change.ask, change.want)
				if took > changeLimit {
					t.Errorf("the worker answered by it %s after it was published", took)
				}
				t.Logf("answered by it %s after it was published", took.Round(time.Millisecond))
			})
		}
		if now := w.pid(t, desk.ID); now != pid {
			t.Errorf("the worker was process %d, is %d", pid, now)
		}
	})
}

// publish puts settings in force, lets a customer ask at once and gives the time from the call's return to the answer.
// The first answer must be by the new settings.
func (w *world) publish(t *testing.T, id string, settings map[string]any, ask, want string) time.Duration {
	t.Helper()
	ctx := limit(t, 30*time.Second)
	path := "/admin/tenants/" + id + "/settings"
	if err := w.Admin(ctx, http.MethodPut, path, settings, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Admin(ctx, http.MethodPost, path+"/publish", nil, nil); err != nil {
		t.Fatal(err)
	}
	published := time.Now()
	before, err := w.sim.Inbox(ctx, asha, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.sim.SendText(ctx, asha, salonNumber, ask); err != nil {
		t.Fatal(err)
	}
	rows, err := w.sim.Inbox(ctx, asha, len(before), 20*time.Second)
	if err != nil || len(rows) == 0 {
		t.Fatalf("no answer: %v", err)
	}
	if !strings.Contains(rows[0].Text, want) {
		t.Errorf("asked at once after the publishing, the answer is %q, not %q", rows[0].Text, want)
	}
	return rows[0].At.Sub(published)
}
