// Package output moves what processes print from their named pipes into rotated
// files without losing a byte. It also reads those files: following, last lines,
// searching. It knows nothing about specs and policies, and imports the standard
// library, golang.org/x/sys, lumberjack and procman's kernel package.
package output
