// Package e2e tests the whole product at work: the real binaries under the race detector, real worker processes, real
// whatsmeow against the simulator, PostgreSQL and SQLite. Each test says what a user would notice.
package e2e
