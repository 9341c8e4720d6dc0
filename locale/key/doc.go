// Package key holds a constant for each key of the catalogue. It imports nothing.
package key
