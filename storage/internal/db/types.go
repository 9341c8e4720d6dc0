package db

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// Time is a moment in UTC to the millisecond, as both engines keep it: TIMESTAMP(3) in PostgreSQL, a whole number of
// milliseconds since 1970 in SQLite. The zero Time is NULL.
type Time struct{ time.Time }

// At makes a Time of t, cut to the millisecond.
func At(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Millisecond)}
}

// AtPtr is At for a time that may be missing.
func AtPtr(t *time.Time) Time {
	if t == nil {
		return Time{}
	}
	return At(*t)
}

// Ptr gives the time, nil for NULL.
func (t Time) Ptr() *time.Time {
	if t.IsZero() {
		return nil
	}
	out := t.Time
	return &out
}

// Value implements driver.Valuer.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil
	}
	return t.UTC().Truncate(time.Millisecond), nil
}

// Scan implements sql.Scanner.
func (t *Time) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = Time{}
	case time.Time:
		*t = At(v)
	case int64:
		*t = Time{time.UnixMilli(v).UTC()}
	default:
		return fmt.Errorf("a time can't be read from %T", src)
	}
	return nil
}

// Text is a text in a column that may be NULL; NULL and "" are the same.
type Text string

// Value implements driver.Valuer.
func (t Text) Value() (driver.Value, error) {
	if t == "" {
		return nil, nil
	}
	return Clean(string(t)), nil
}

// Scan implements sql.Scanner.
func (t *Text) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = ""
	case string:
		*t = Text(v)
	case []byte:
		*t = Text(v)
	default:
		return fmt.Errorf("a text can't be read from %T", src)
	}
	return nil
}

// JSON is a JSON document; an empty one is NULL.
type JSON []byte

// Value implements driver.Valuer. What is no JSON is kept as a JSON string; characters that PostgreSQL can't keep are
// taken out.
func (j JSON) Value() (driver.Value, error) {
	if len(j) == 0 {
		return nil, nil
	}
	raw := []byte(j)
	if !json.Valid(raw) {
		text, err := json.Marshal(Clean(string(raw)))
		if err != nil {
			return nil, err
		}
		raw = text
	}
	if bytes.Contains(raw, []byte(`\u`)) {
		again, err := reencode(raw)
		if err != nil {
			return nil, err
		}
		raw = again
	}
	return Clean(string(raw)), nil
}

// Scan implements sql.Scanner.
func (j *JSON) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*j = nil
	case string:
		*j = JSON(v)
	case []byte:
		*j = bytes.Clone(v)
	default:
		return fmt.Errorf("JSON can't be read from %T", src)
	}
	return nil
}

// reencode writes JSON anew, so that of all escapes only those of control characters remain, and takes NUL out.
func reencode(raw []byte) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(withoutNUL(doc)); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

func withoutNUL(doc any) any {
	switch v := doc.(type) {
	case string:
		return Clean(v)
	case []any:
		for i := range v {
			v[i] = withoutNUL(v[i])
		}
		return v
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[Clean(key)] = withoutNUL(value)
		}
		return out
	default:
		return doc
	}
}
