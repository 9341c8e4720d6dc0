package dashboard

import (
	"context"
	"log/slog"

	"flowhq"
	"flowhq/locale/key"
)

// BackupKeeper takes and keeps backups of the whole box.
type BackupKeeper interface {
	List(ctx context.Context) ([]flowhq.Backup, error)
	State() flowhq.BackupState
	Start(ctx context.Context, by string) error
}

// Backups tells of the box's backups and has one taken.
type Backups struct {
	keeper BackupKeeper
	log    *slog.Logger
}

// NewBackups makes Backups; keeper is nil where none are kept.
func NewBackups(keeper BackupKeeper, log *slog.Logger) *Backups {
	return &Backups{keeper: keeper, log: log}
}

// Backups lists the backups that are kept, newest first, and tells how they are doing. A list that can't be had
// (storage that is away) is an error; the state is given even then.
func (s *Backups) Backups(ctx context.Context) ([]flowhq.Backup, flowhq.BackupState, error) {
	if s.keeper == nil {
		return nil, flowhq.BackupState{At: "off"}, nil
	}
	state := s.keeper.State()
	list, err := s.keeper.List(ctx)
	return list, state, err
}

// StartBackup has a backup taken now; it returns at once, and BackupState tells how it goes. One under way is
// CodeConflict.
func (s *Backups) StartBackup(ctx context.Context, by string) error {
	if s.keeper == nil {
		return flowhq.Fail(flowhq.CodeConflict, key.RefusalNoBackups)
	}
	s.log.Info("a backup is asked for", "by", by)
	return s.keeper.Start(ctx, by)
}
