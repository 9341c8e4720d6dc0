package flowhq

import "time"

// BackupOrigin says which backup something came from.
type BackupOrigin struct {
	ID      string    // of the backup
	Host    string    // name of the machine that it was taken on
	TakenAt time.Time // when it was begun
}

// Backup is a backup where backups are kept.
type Backup struct {
	Name    string    `json:"name"` // of the file
	TakenAt time.Time `json:"taken_at"`
	Size    int64     `json:"size"` // bytes
	// beginning of the id of the one business that it is of; "": the whole box
	TenantID  string `json:"tenant_id,omitempty"`
	Encrypted bool   `json:"encrypted"`
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
