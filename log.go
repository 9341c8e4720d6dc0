package flowhq

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
