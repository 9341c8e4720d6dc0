package settings_test

import (
	"slices"
	"testing"

	"flowhq"
	"flowhq/appliance/services/servicestest"
)

func TestSettings_PublishDraft(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	_, err := w.PublishDraft(w.Ctx, "admin", id)
	w.WantCode(err, flowhq.CodeConflict)
	_, err = w.SaveDraft(w.Ctx, "admin", id, flowhq.Settings{Timezone: "Mars/Olympus", OwnerNumber: "7"}, "bad")
	if got := servicestest.FieldsOf(err); !slices.Equal(got, []string{"timezone", "owner_number", "flow_yaml"}) {
		t.Errorf("wrong fields %q of %v", got, err)
	}
	draft, err := w.SaveDraft(w.Ctx, "admin", id, flowhq.Settings{Contact: "Kariakoo", OwnerNumber: "0712345678"}, "")
	w.Must(err)
	if draft.Settings.OwnerNumber != "+255712345678" {
		t.Errorf("owner %q", draft.Settings.OwnerNumber)
	}
	if len(w.Links.Configs) != 0 {
		t.Error("a draft reached the worker")
	}
	published, err := w.PublishDraft(w.Ctx, "admin", id)
	w.Must(err)
	_, err = w.Rollback(w.Ctx, "admin", id, 1)
	w.Must(err)
	_, err = w.Rollback(w.Ctx, "admin", id, 99)
	w.WantCode(err, flowhq.CodeNotFound)
	got := w.Links.Configs
	if len(got) != 2 || got[0].Business.Settings.Contact != "Kariakoo" || got[0].Version != published.Version ||
		got[1].Business.Settings.Contact != "" || got[1].Revision <= got[0].Revision {
		t.Errorf("the worker was told %+v", got)
	}
	inForce, nothing, err := w.Settings(w.Ctx, id)
	if err != nil || nothing != nil || inForce.Version != 3 {
		t.Errorf("in force %d, draft %v, %v", inForce.Version, nothing, err)
	}
	w.SetLimits(w.Ctx, flowhq.Limits{RepliesPerMinute: 3})
	if got := w.Links.Configs; len(got) != 3 || got[2].Limits.RepliesPerMinute != 3 {
		t.Errorf("changed limits did not reach the worker: %+v", got)
	}
}
