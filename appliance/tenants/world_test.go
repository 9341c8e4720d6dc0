package tenants_test

import (
	"testing"

	"go.uber.org/goleak"

	"flowhq/appliance/services/servicestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is servicestest.World with what the tests here ask often.
type world struct{ *servicestest.World }

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{servicestest.New(t)}
}
