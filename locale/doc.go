// Package locale is the catalogue of everything that people read: English and Swahili, by key.
//
// The texts stand in en/AREA.json and sw/AREA.json, where AREA is the first part of each key: "tenant.not_found" stands
// in tenant.json. A text is a string, or an object with the plural forms "one" and "other", chosen by the argument
// "count". {{.name}} is replaced by an argument; an argument that is a text itself is said in the same language.
// Package key holds a constant for each key, so that a key that does not exist is an error of the compiler: `go
// generate ./locale` writes it.
//
// locale may import the domain and its library alone; the worker links package key, never locale.
package locale

//go:generate go run ./internal/keygen
