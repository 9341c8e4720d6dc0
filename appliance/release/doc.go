// Package release knows the versions of the program on a machine where the package is installed, and which of them is
// in force.
//
// Under the root (/usr/lib/flowhq) the package owns one folder, named after its version. What runs is a hard link to
// the program in it, kept/<version>/flowhq, which dpkg does not know of: taking the package's own files away, as every
// upgrade does, takes nothing from under a running process or from the next boot. The link current names the kept
// version in force, previous the one before it, and refused holds why a newer one was not taken.
//
// It may import the domain alone.
package release
