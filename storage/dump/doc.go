// Package dump reads and writes the rows of every table in a form that knows no engine: what was read from PostgreSQL
// can be written to SQLite and back, and a checksum of a table's rows is the same on both. Copies between stores and
// backups are made with it.
//
// Which tables and columns there are is not written down here: Tables reads it from a SQLite database that the
// product's own migrations made, so that a migration can't be forgotten. What else a database holds (the predecessor's
// tables, columns that somebody added) is not touched, and Others names it.
//
// A Reader works on one transaction, whose picture of the database must not change; a Writer on one that commits
// everything or nothing. Neither ends it.
//
// The package imports the standard library, pgx's driver and storage's row types. It must never import another package
// of the project.
package dump
