// Package tenants makes, changes, lists and deletes businesses, and gives their time lines.
//
// It may import the root package, package form and the supervisor, which runs their workers. It must never import a
// store, HTTP, or another subject of the appliance.
package tenants
