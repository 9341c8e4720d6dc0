// Package access says who may come in. It is the gin middleware in front of every page and call of the appliance:
//
//   - Secure: security headers, Host header against DNS rebinding, Origin against cross-site requests;
//   - Admin: session cookie, admin password, HTTP Basic, in this order, with guessing slowed down;
//   - Portal: the shared key of the portal's web app and the user that it speaks for;
//   - Observe: one log line a request without anything secret in it, and the net under panics.
//
// It also signs browsers in and out and lists the sessions there are.
//
// It may import the root package, gin and small libraries. It must never import the fleet, the store, api or ui:
// sessions are kept through SessionStore.
package access
