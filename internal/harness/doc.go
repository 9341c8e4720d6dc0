// Package harness runs the product as a user's machine does: the real binaries as processes of their own, the simulator
// beside them, calls over HTTP. The end-to-end tests, the demo and the benches stand on it.
//
// It may import the simulator's client and the domain; it must not reach into the appliance.
package harness
