package flowhq

import "time"

// RestoreHold keeps the worker of a tenant stopped whose session came back from a backup: the device may still run where the backup
// was taken, and two processes on one device throw each other out for ever. It stands until an admin says that the other is gone.
type RestoreHold struct {
	TenantID     string
	Origin       BackupOrigin
	DesiredState DesiredState // of the worker when the backup was taken; it counts again when the fence is lifted
	LinkedJID    string       // the device that may run twice, "" when none came back
	Staged       string       // folder with the restored files while they are not in place yet, else ""
	CreatedAt    time.Time
}

// BackupOrigin says which backup something came from.
type BackupOrigin struct {
	ID      string    // of the backup
	Host    string    // name of the machine that it was taken on
	TakenAt time.Time // when it was begun
}

// Backup is a backup where backups are kept.
type Backup struct {
	Name      string    `json:"name"` // of the file
	TakenAt   time.Time `json:"taken_at"`
	Size      int64     `json:"size"`                // bytes
	TenantID  string    `json:"tenant_id,omitempty"` // beginning of the id of the one business that it is of; "": the whole box
	Encrypted bool      `json:"encrypted"`
}

// BackupState tells how the appliance's own backups are doing.
type BackupState struct {
	Place    string     `json:"place"`             // folder or s3:// address; "": none are made
	At       string     `json:"at"`                // time of day, HH:MM in the server's time zone; "off": only by hand
	NextAt   *time.Time `json:"next_at,omitempty"` // of the next one by itself
	Running  bool       `json:"running"`
	Phase    string     `json:"phase,omitempty"` // while running: tenants, rows
	Done     int64      `json:"done"`
	Total    int64      `json:"total"`
	LastAt   *time.Time `json:"last_at,omitempty"`   // of the last good one
	LastSize int64      `json:"last_size,omitempty"` // its size in bytes
	Failure  string     `json:"failure,omitempty"`   // why the latest one failed, a sentence; "" when it was good
	Problems []string   `json:"problems,omitempty"`  // what the latest good one lacks
}
