package worker

import (
	"testing"

	"flowhq"
	"flowhq/worker/journal"
)

// What a later process must know is in the journal before anybody hears of it: whoever hears that the device was
// replaced may end this process at once, and the next one must not take the device back.
func TestEngine_reported(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		kept := ""
		h.e.onReport = func(r flowhq.SessionReport) {
			must(t, h.j.Read(func(tx *journal.Tx) error {
				var body []byte
				_, err := tx.Meta(replacedKey, &body)
				kept = string(body)
				return err
			}))
		}
		h.e.reported(flowhq.SessionReport{Phase: flowhq.PhaseReplaced, Detail: "another program"})
		if kept == "" {
			t.Error("a replacement was reported before it was kept")
		}
	})
}
