// Package kernel holds what procman needs from Linux: an epoll set inside the
// runtime's poller, process descriptors, cgroup v2 groups, /proc, file locks.
// It knows nothing about specs and policies, and imports only the standard
// library and golang.org/x/sys.
package kernel
