// Package ui draws the admin pages: HTML from embedded templates, one stylesheet, htmx and a small script of its own,
// nothing from anywhere else. Every page works without JavaScript for the essentials (list, create, start, stop, decide)
// and keeps itself current with it.
//
// One file is one page: a handler decodes, calls the fleet through the small interface beside it, and renders a typed
// view. The same URLs serve JSON (package api); the composition root chooses by what the caller accepts.
//
// It imports the domain, the fleet's types and access (who is signed in); never a store, a process or WhatsApp.
package ui
