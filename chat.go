package flowhq

import "time"

// ChatSummary is one line of a list of chats.
type ChatSummary struct {
	Customer
	Last *Message // the newest message; nil when the log has none any more
}

// ProcessSample is one measurement of a worker's process.
type ProcessSample struct {
	At     time.Time
	Memory int64   // bytes; 0 when it did not run
	CPU    float64 // percent of one core since the measurement before
}

// LogLine is one line of a worker's own log.
type LogLine struct {
	File string // base name of the file it stands in, rotated ones included
	Text string // at most 4 KiB, valid UTF-8
}

// LogPage is what a search in a worker's log found, oldest first.
type LogPage struct {
	Lines []LogLine
	Cut   bool // a bound ended the search before all was read
}

// EnvVar is a variable of a worker's environment. The value of a secret is not told.
type EnvVar struct {
	Name, Value string
	Secret      bool
}
