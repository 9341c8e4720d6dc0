// Package workers runs the workers by the process manager: it says how each one is started, with which environment and
// token, and hands on what the process manager and the workers themselves tell.
package workers
