// Package kernel holds what procman asks of Linux: an epoll set inside the
// runtime's poller, process descriptors, cgroup v2 groups, /proc, file locks.
// It knows nothing of specs and policies, and imports the standard library and
// golang.org/x/sys alone.
package kernel
