// Package localapi is the API as the command line gets it: the calls of an admin and, beside them, those that only a
// trusted process on this server may make, over the control socket.
//
//	flowhq ps  →  control.sock  →  localtrust  →  api (the calls of an admin), localapi (the command line's own)
//
// Package localtrust decides who is let in, package api turns errors into answers, and api/openapi.yaml describes both
// kinds of calls. Only the status and the reload keep their addresses in every version, since an old program and a new
// one talk during an upgrade; for the others, two versions that differ say so in a sentence.
//
// It may import api, access, localtrust, services, backup, storage and procman.
package localapi
