package flowhq

import "time"

// Overview is what a person sees first: what needs somebody now, and how the day goes.
type Overview struct {
	Tenants       int
	Counts        map[TenantStatus]int
	Needing       []TenantSummary // those that need somebody, the gravest first, at most NeedingShown
	NeedingAll    int             // how many there are
	SetupRequests int             // that wait for a decision
	OpenRequests  int             // of customers, over all tenants
	Alarms        []Alarm

	Received int // messages of customers today
	Sent     int // messages to customers today
	Before   int // messages of customers until this time yesterday
	Hours    [24]int
	Response time.Duration // how long customers wait for an answer, on average of today; 0: nothing was measured

	Workers  int   // that run
	Memory   int64 // bytes that they use together
	Capacity int   // about so many more workers fit; -1: not known
	Box      BoxState
	Since    time.Time // the appliance's start
}

// NeedingShown is how many tenants an overview names.
const NeedingShown = 12

// BoxState is what the machine has. A field is 0 or "" where it can't be told.
type BoxState struct {
	MemoryTotal     int64 // bytes
	MemoryAvailable int64
	DiskPath        string
	DiskTotal       int64
	DiskFree        int64
	Database        string // "PostgreSQL" or "SQLite"
	DatabaseSize    int64
	PublicURL       string
	CertificateEnds *time.Time // of PUBLIC_URL's host, where that is reached by TLS
	BackupAt        *time.Time // the newest good backup
	Version         string
}

// Bounds of what counts as full, and of what is planned with.
const (
	DiskLow           = 1 << 30 // bytes free below which a disk is low
	DiskFineAgain     = DiskLow + DiskLow/5
	CertificateDays   = 14       // days before its end that a certificate is spoken of
	WorkerMemory      = 12 << 20 // bytes that a worker is planned with where none has run yet
	MemoryKeptBack    = 256 << 20
	memoryKeptPercent = 10
)

// Room tells how many more workers fit into the memory that is available, given what the running ones use each; -1 when it
// can't be told. A tenth of the memory and MemoryKeptBack stay free.
func Room(b BoxState, workers int, used int64) int {
	if b.MemoryTotal == 0 {
		return -1
	}
	each := int64(WorkerMemory)
	if workers > 0 {
		each = max(used/int64(workers), WorkerMemory/2)
	}
	free := b.MemoryAvailable - b.MemoryTotal*memoryKeptPercent/100 - MemoryKeptBack
	return int(max(0, free) / each)
}

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

// BulkResult is what became of one tenant.
type BulkResult struct {
	TenantID string
	Name     string
	Done     bool
	Error    string // a sentence; "": it went well, or is not done yet
}

// Finished counts the tenants that are done, and those of them that failed.
func (j BulkJob) Finished() (done, failed int) {
	for _, r := range j.Results {
		if r.Done {
			done++
		}
		if r.Error != "" {
			failed++
		}
	}
	return done, failed
}
