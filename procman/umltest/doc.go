// Package umltest proves what procman does with the memory, pids and cpu
// controllers of cgroup v2, in a kernel of its own: run.sh boots user-mode Linux
// on the machine's files (read only) and runs the tests of this package in it.
// They carry the build tag memcg and fail, rather than skip, where a controller
// is missing; so they can be run anywhere else that has them, too.
package umltest
