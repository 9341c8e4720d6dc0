package main

import "testing"

// With peer authentication, PostgreSQL's default on its socket, every process of a system user is the role of that
// name.
func TestTheRoleIsNamedLikeNoSystemUserOfOurs(t *testing.T) {
	if postgresRole == serviceUser || postgresRole == postgresAdmin {
		t.Errorf("workers, which run as %s, could use the role %s without its password", serviceUser, postgresRole)
	}
}
