// Package db is the code that sqlc makes from ../../queries.sql, and the few types it is made with. It imports the
// standard library alone and must never import anything of the project; nobody but storage imports it.
package db
