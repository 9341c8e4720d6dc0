// Package wire is what the appliance and its workers say to each other: JSON-RPC 2.0, one message a line, over a unix
// socket that the workers dial for as long as they live.
//
// A worker begins with hello (who it is, its token, its journal). The answer says which of its events the appliance
// has, and has its configuration. After that both sides call: the worker sends reports, heartbeats and events; the
// appliance sends configurations, questions and commands. Every call is idempotent, so that a repeat after a lost
// answer does no harm.
//
// The protocol is numbered. Both sides speak Protocol and the version before it, so that an appliance can be upgraded
// over running workers and a worker under a running appliance. The hello says the worker's version, the welcome the one
// that both speak from there on: the lower. New fields are added, never given another meaning; a peer leaves out what
// it does not know.
//
// It may import the root package and jrpc2, and nothing else of the project.
package wire
