package flowhq

import "time"

// BulkAction is something done to several tenants at once.
type BulkAction string

// The bulk actions.
const (
	BulkStart   BulkAction = "start"
	BulkStop    BulkAction = "stop"
	BulkRestart BulkAction = "restart"
	BulkPause   BulkAction = "pause"
	BulkResume  BulkAction = "resume"
)

// BulkActions lists them in the order of buttons.
func BulkActions() []BulkAction {
	return []BulkAction{BulkStart, BulkStop, BulkRestart, BulkPause, BulkResume}
}

// Undo gives the action that takes this one back; "" where there is none.
func (a BulkAction) Undo() BulkAction {
	switch a {
	case BulkStart:
		return BulkStop
	case BulkStop:
		return BulkStart
	case BulkPause:
		return BulkResume
	case BulkResume:
		return BulkPause
	}
	return ""
}

// BulkJob is one bulk action under way or done.
type BulkJob struct {
	ID      string
	Action  BulkAction
	By      string
	Begun   time.Time
	Ended   *time.Time
	Results []BulkResult // in the order asked for
}

// Finished counts the tenants that are done, and those of them that failed.
func (j BulkJob) Finished() (done, failed int) {
	for _, r := range j.Results {
		if r.Done {
			done++
		}
		if !r.Error.Empty() {
			failed++
		}
	}
	return done, failed
}

// BulkResult is what became of one tenant.
type BulkResult struct {
	TenantID string
	Name     string
	Done     bool
	Error    Text // empty: it went well, or is not done yet
}
