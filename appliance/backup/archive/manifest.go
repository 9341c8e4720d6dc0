package archive

import (
	"time"

	"flowhq/storage/dump"
)

// Format is the version of the file's format that is written, and the highest that is read.
const Format = 1

// Names of the entries that are not a tenant's file or a chunk of rows.
const (
	manifestName = "manifest.json"
	contentsName = "contents.json"
)

// Manifest is the first entry: what the backup is of.
type Manifest struct {
	Format  int       `json:"format"`
	ID      string    `json:"id"` // of this backup
	TakenAt time.Time `json:"taken_at"`
	Version string    `json:"version"` // of the program
	Host    string    `json:"host"`
	Engine  string    `json:"engine"`
	Schema  int64     `json:"schema"`
	Tenant  string    `json:"tenant,omitempty"` // the one that it is of; "": all
}

// Contents is the last entry: what the file holds.
type Contents struct {
	FinishedAt time.Time `json:"finished_at"`
	Entries    []Entry   `json:"entries"` // in the order of the file, this one apart
	Tables     []Table   `json:"tables"`  // each after those that its rows point to
	Tenants    []Tenant  `json:"tenants"`
	LeftOut    []string  `json:"left_out,omitempty"` // tables and columns of others in the database
	Problems   []string  `json:"problems,omitempty"` // what could not be backed up, a sentence each
}

// Entry is a file in the backup.
type Entry struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Table is a table of the store.
type Table struct {
	Name    string              `json:"name"`
	Columns []dump.Column       `json:"columns"`
	Rows    int64               `json:"rows"`
	Sum     string              `json:"sum"`              // dump.Digest of the rows
	Labels  map[string][]string `json:"labels,omitempty"` // values of enum columns, by column
}

// Tenant is a business in the backup.
type Tenant struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Number string   `json:"number"`
	Files  []string `json:"files"` // base names
}

// Rows tells how many rows all tables have.
func (c Contents) Rows() (n int64) {
	for _, t := range c.Tables {
		n += t.Rows
	}
	return n
}

// Find gives a tenant of the backup.
func (c Contents) Find(id string) (Tenant, bool) {
	for _, t := range c.Tenants {
		if t.ID == id {
			return t, true
		}
	}
	return Tenant{}, false
}
