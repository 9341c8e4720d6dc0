package storage

import "context"

// DiscardDraft removes the tenant's draft. Its number may be used again: nobody worked by it.
func (s *SettingsStore) DiscardDraft(ctx context.Context, tenantID string) error {
	return s.write(ctx, "discard draft", func(t *tx) error {
		if err := t.lockTenant(tenantID); err != nil {
			return err
		}
		return t.Queries.DiscardDraft(ctx, tenantID)
	})
}
