// Package transcript runs conversations that are written down in files against the flows, and says which of them come
// out as they should: conversations in YAML (what customers say in turn, and what must come of it) and expressions of
// time in CSV. The tests of package bot, `make conversations` and whoever writes a new flow use it.
//
// It imports bot, the root package and a YAML parser; it must never import anything that does I/O beyond the files that
// it is given.
package transcript
