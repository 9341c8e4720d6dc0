// Package s3 speaks as much of Amazon's S3 protocol as backups need, with any server that speaks it: put a stream of
// unknown length, list, get, delete. Requests are signed with Signature Version 4. An object is there whole or not at
// all.
//
// It is written by hand because the usual libraries cost every process of the product, workers too, hundreds of
// kilobytes at start; the protocol's part is small and has been the same for years.
//
// The package imports the standard library and the root package, and must never import anything else.
package s3
