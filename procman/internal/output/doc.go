// Package output moves what processes print from their named pipes into rotated
// files without losing a byte, and reads those files again: following, last
// lines, searching. It knows nothing of specs and policies, and imports the
// standard library, golang.org/x/sys, lumberjack and procman's kernel package.
package output
