// Package conversations is what customers and businesses say to each other, as people at desks see it: messages,
// chats, hand-over, customers, what customers asked for, and erasing it all.
//
// It may import the root package, package form and the supervisor, which reaches workers. It must never import a
// store, HTTP, or another subject of the appliance.
package conversations
