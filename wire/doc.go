// Package wire is what the appliance and its workers say to each other: JSON-RPC 2.0, one message a line, over a unix
// socket that the workers dial for as long as they live.
//
// A worker opens with hello (who it is, its token, its journal) and is told what was kept of its journal and what to work
// by. After that both sides call: the worker reports, beats and hands up events; the appliance configures, asks and
// commands. Every call is idempotent, so that a repeat after a lost answer does no harm.
//
// The protocol is numbered. Both sides speak Protocol and the version before it, so that an appliance can be upgraded over
// running workers and a worker under a running appliance. The hello says the worker's version, the welcome the one that both
// speak from there on: the lower. New fields are added, never given another meaning; a peer leaves out what it does not
// know.
//
// It may import the root package and jrpc2, nothing else of the project, and never storage, fleet or whatsapp.
package wire
