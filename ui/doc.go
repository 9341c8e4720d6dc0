// Package ui draws the admin pages: HTML from embedded templates, one stylesheet, htmx and a small script of its own,
// nothing from anywhere else. Every page works without JavaScript for the essentials (list, create, start, stop,
// decide) and keeps itself current with it.
//
// Each group of pages has a type that holds the services of its subjects; a handler decodes, calls one service and
// renders a typed view. All words come from the catalogue (package locale), under the keys page.… and time.…. The same
// addresses serve JSON (package api); the appliance chooses by what the caller accepts.
//
// It imports the domain, the catalogue, the services and access (who is signed in); never a store, a process or
// WhatsApp.
package ui
