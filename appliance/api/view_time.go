package api

import (
	"encoding/json"
	"time"
)

// stamp is a time as JSON shows it: RFC 3339 in UTC with exactly three digits of a second, as the predecessor wrote it.
type stamp time.Time

const stampLayout = "2006-01-02T15:04:05.000Z"

func (s stamp) String() string { return time.Time(s).UTC().Format(stampLayout) }

// MarshalJSON writes the time.
func (s stamp) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// maybe gives nil for a time that is not known.
func maybe(t *time.Time) *stamp {
	if t == nil || t.IsZero() {
		return nil
	}
	s := stamp(*t)
	return &s
}

// orNull gives nil for an empty text: columns that may be NULL are null in JSON.
func orNull[T ~string](s T) *T {
	if s == "" {
		return nil
	}
	return &s
}

// list makes a JSON array of rows: [] when there are none, never null.
func list[R, V any](rows []R, view func(*R) V) []V {
	out := make([]V, len(rows))
	for i := range rows {
		out[i] = view(&rows[i])
	}
	return out
}
