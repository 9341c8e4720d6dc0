// Package onboarding brings owners and their businesses in: the portal's users, their setup requests, and the links
// under which an owner links the phone.
//
// It may import the root package, package form and the supervisor, which starts the worker of an approved request. It
// must never import a store, HTTP, or another subject of the appliance.
package onboarding
