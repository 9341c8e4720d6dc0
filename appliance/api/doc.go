// Package api is the JSON side of the appliance: the admin calls under /admin, the portal's calls under /portal,
// health, and the stream of changes. Each call is a function over the services that it needs; Routes lists them all
// as data, so that the composition root can put a page beside a call at the same address.
//
// Its shapes are a contract with programs that exist: names are those of the database's columns, times are RFC 3339
// in UTC with milliseconds, errors are {"error": sentence} with "fields" where an input was wrong. openapi.yaml
// describes all of it and is tested against the running handlers.
//
// It may import the root package, access, locale, gin and the services. It must never import the store, the process
// manager, whatsapp, bot, worker or ui: what it does, it does through the services.
package api
