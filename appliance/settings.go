package appliance

import (
	"flowhq/appliance/access"
	"flowhq/appliance/backup/archive"
	"flowhq/appliance/config"
	"flowhq/storage"
)

// Settings reads and checks a configuration, with what storage and access know of theirs. A wrong one is config.Faults.
func Settings(src config.Source) (*config.Config, error) {
	src.Checks = map[string]func(string) error{
		"DATABASE_URL":        storage.Check,
		"ADMIN_PASSWORD_HASH": access.CheckPasswordHash,
		"BACKUP_RECIPIENT":    func(v string) error { return archive.Keys{Recipient: v}.Check() },
	}
	return config.Load(src)
}
