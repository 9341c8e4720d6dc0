// Package fleet keeps the wish and the world together: which tenants there are, which of their workers should run, and
// what those workers say of themselves.
//
// Service is the one door for everything that a person or another program may ask of a tenant: the admin and portal APIs
// and the pages call it, and so do the workers' connections and the process manager. It owns the life cycles of
// CONTRACT section 5 and writes them through Store; processes are reached through Processes, running workers through
// Links. It is level-triggered: after a crash, a reboot or an outage of the database it reads the wish and makes it so.
//
// It may import the root package and small libraries (phone numbers, QR codes, UUIDs). It must never import a store, the
// process manager, the wire, HTTP, or anything that speaks WhatsApp.
package fleet
