package flowhq

import "time"

// Bounds of a list's length.
const (
	DefaultLimit = 50
	MaxLimit     = 1000
)

// Cursor is a place in a list that is sorted by time and id, newest first; the zero value is its start.
type Cursor struct {
	At time.Time
	ID string
}

// IsZero tells whether the cursor stands at the start.
func (c Cursor) IsZero() bool { return c.ID == "" && c.At.IsZero() }

// PageQuery asks for a part of a list that is sorted by time and id, newest first. The zero value is all of it.
type PageQuery struct {
	Before Cursor
	Limit  int // 0: all
}
