// Package settings keeps what a business says and does: drafts and versions of its settings, its flow, and trying a
// flow out before customers see it.
//
// It may import the root package, package form and the supervisor, which tells workers what changed. The bot itself
// is handed in. It must never import a store, HTTP, or another subject of the appliance.
package settings
