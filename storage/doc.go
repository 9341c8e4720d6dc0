// Package storage keeps everything that Flow HQ keeps in a database: PostgreSQL, or SQLite where the box stands alone.
// Both engines hold the same tables, run the same queries (queries.sql) and pass the same conformance suite.
//
// Open brings the schema up to date under a lock and gives a Store, whose methods are whole transactions: each happens
// altogether or not at all. Errors that a person may see are *flowhq.Error: CodeNotFound, CodeInvalid, CodeConflict,
// and CodeUnavailable where the database can't be reached or can't write. Everything else is a fault of ours.
//
// # Rules
//
// Exported methods own their transaction; unexported helpers take it and do the SQL. Times are kept in UTC to the
// millisecond. Ids are UUIDv7, so that they sort by age. The connection string's password appears in no error and no
// log line.
//
// The package imports the root package, its sub-packages, its two drivers, goose and uuid. It must never import another
// package of the project; it satisfies the interfaces of those that use it by its shape alone.
package storage

//go:generate ../tools/generate.sh
