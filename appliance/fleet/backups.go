package fleet

import (
	"context"

	"flowhq"
)

// Backups lists the backups that are kept, newest first, and tells how they are doing. A list that can't be had (storage that is
// away) is an error; the state is told all the same.
func (s *Service) Backups(ctx context.Context) ([]flowhq.Backup, flowhq.BackupState, error) {
	if s.backups == nil {
		return nil, flowhq.BackupState{At: "off"}, nil
	}
	state := s.backups.State()
	list, err := s.backups.List(ctx)
	return list, state, err
}

// StartBackup has a backup taken now; it returns at once, and BackupState tells how it goes. One under way is CodeConflict.
func (s *Service) StartBackup(ctx context.Context, by string) error {
	if s.backups == nil {
		return flowhq.Errorf(flowhq.CodeConflict, "No backups are kept here.")
	}
	s.log.Info("a backup is asked for", "by", by)
	return s.backups.Start(ctx, by)
}
