// Package journal is what a worker knows for certain: messages that came in and are not dealt with yet, ids that were seen,
// replies with their ids from before they are sent, the state of every chat, and the events that the appliance has to learn,
// in one SQLite file in the tenant's folder.
//
// Every change is one transaction that is on the disk (synchronous FULL) when Write returns. Writers that come together
// share a commit. Rules are not kept here: what follows from a message is the worker's to decide, inside Write.
//
// It imports the root package and the SQLite driver; never whatsapp, bot or wire.
package journal
