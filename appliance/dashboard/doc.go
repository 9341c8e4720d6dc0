// Package dashboard tells how all businesses and the box are: the list of tenants with the figures of the day, the
// overview, alarms, the history of workers' memory and processor use, the stream of changes, and actions on
// several tenants at once.
//
// It may import the root package and a library for UUIDs. It must never import a store, the process manager, HTTP, or
// another subject of the appliance: what it needs of them is handed in.
package dashboard
