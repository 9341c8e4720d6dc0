// Package supervisor brings the world to the desired state and keeps it there: which workers should run, which do,
// and what they say of themselves.
//
// Its parts share one table of workers: Workers starts, stops and restarts at somebody's request, Reports takes what
// workers say, Pauses and RestoreHolds keep workers from running, Devices links and unlinks phones, Configs says what
// workers work by, Snapshots copies their databases, Logs shows what they print. Supervisor makes the parts and does
// what happens by itself: reconciling, the stale check, the renewal after an upgrade, looking after an outage of the
// store. It is level-triggered: after a crash, a reboot or an outage it reads the desired state and makes it so.
//
// It may import the root package, package form and a library for QR codes. It must never import a store, the process
// manager, the wire, HTTP, or another subject of the appliance: those stand above it.
package supervisor
