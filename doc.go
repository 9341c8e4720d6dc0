// Package flowhq is the domain of Flow HQ, a WhatsApp bot appliance for many small businesses on one server.
//
// It holds the types that every other package speaks about (tenant, session, worker, message, setup request,
// customer request, user, settings), the rules of their life cycles, and the error type that reaches a person.
// It imports the standard library alone, does no I/O and reads no clock: a caller hands in what the time is.
//
// Times are in UTC everywhere; a tenant's own time zone is a setting and matters only where people read a time.
package flowhq
