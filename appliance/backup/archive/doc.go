// Package archive is the file that a backup is: a tar of a manifest, the tenants' databases, the store's rows and, at
// the end, the contents with a checksum of everything; compressed by zstd and, where keys are given, encrypted by age.
// The tools of those names can open it too: age --decrypt FILE | zstd --decompress | tar --list.
//
// Rows are JSON lines in chunks of about a megabyte, each chunk a file of its own, so that neither side holds more than
// one. A file without its contents at the end is one that was cut off, and no reader takes it.
//
// The package imports the standard library, its two libraries and storage/dump. It must never import another package of
// the project.
package archive
