package supervisor_test

import (
	"testing"

	"flowhq"
)

func TestConfigs_TenantLimits(t *testing.T) {
	w := newWorld(t)
	id := w.Linked()
	five, none := 5, 0
	own := flowhq.Settings{Limits: &flowhq.OwnLimits{RepliesPerMinute: &five, ContactReplies: &none}}
	_, err := w.SaveDraft(w.Ctx, "admin", id, own, "")
	w.Must(err)
	_, err = w.PublishDraft(w.Ctx, "admin", id)
	w.Must(err)
	told := w.Links.Configs[len(w.Links.Configs)-1].Limits
	if told.RepliesPerMinute != 5 || told.ContactReplies != 0 || told.Handoff != w.Limits().Handoff {
		t.Errorf("the worker was told %+v", told)
	}
	shown, err := w.TenantLimits(w.Ctx, id)
	w.Must(err)
	if shown != told {
		t.Errorf("the page shows %+v", shown)
	}
	far := flowhq.MaxReplies + 1
	own.Limits.RepliesPerMinute = &far
	_, err = w.SaveDraft(w.Ctx, "admin", id, own, "")
	w.WantCode(err, flowhq.CodeInvalid)
	w.Must(w.DiscardDraft(w.Ctx, id))
	_, err = w.PublishDraft(w.Ctx, "admin", id)
	w.WantCode(err, flowhq.CodeConflict)
}
