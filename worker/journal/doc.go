// Package journal stores what a worker must not lose, in one SQLite file in the tenant's folder: incoming messages that
// wait for a decision, ids that were seen, outgoing messages with their ids before they are sent, the state of every
// chat, and the events for the appliance.
//
// Every change is one transaction that is on the disk (synchronous FULL) when Write returns. Writers that come together
// share a commit. The package has no rules: the worker decides inside Write what follows from a message.
//
// It imports the root package, message and the SQLite driver; never whatsapp, bot or wire.
package journal
