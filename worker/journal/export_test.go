package journal

import (
	"context"
	"database/sql"
)

// FillForTest makes the file full at its present size and writes n bytes more, which fails as a full disk does. The
// bound is lifted again.
func (tx *Tx) FillForTest(n int) error {
	var pages int
	if _, err := tx.one("PRAGMA max_page_count = 1", nil, &pages); err != nil {
		return err
	}
	err := tx.SetMeta("filler", make([]byte, n))
	if _, again := tx.one("PRAGMA max_page_count = 1000000", nil, &pages); again != nil {
		return again
	}
	return err
}

// AppendStep makes the program one that knows a further step of the schema, until undo is called.
func AppendStep(step func(ctx context.Context, tx *sql.Tx) error) (undo func()) {
	before := steps
	steps = append(steps[:len(steps):len(steps)], step)
	return func() { steps = before }
}

// SchemaVersion is the newest version that the program knows.
func SchemaVersion() int { return schemaVersion() }
