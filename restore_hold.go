package flowhq

import "time"

// RestoreHold keeps the worker of a tenant stopped whose session came back from a backup: the device may still run
// where the backup was taken, and two processes on one device throw each other out for ever. It stands until an admin
// says that the other is gone.
type RestoreHold struct {
	TenantID     string
	Origin       BackupOrigin
	DesiredState DesiredState // of the worker when the backup was taken; it counts again when the fence is lifted
	LinkedJID    string       // the device that may run twice, "" when none came back
	Staged       string       // folder with the restored files while they are not in place yet, else ""
	CreatedAt    time.Time
}
