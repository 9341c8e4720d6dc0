package supervisor_test

import (
	"testing"

	"flowhq"
)

func TestSupervisor_Health(t *testing.T) {
	w := newWorld(t)
	w.Must(w.Services.Health(w.Ctx))
	w.Store.Away.Store(true)
	w.WantCode(w.Services.Health(w.Ctx), flowhq.CodeUnavailable)
}
