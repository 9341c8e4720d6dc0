package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"flowhq/appliance/access"
)

// At the web address nobody makes the calls of the command line, not even with the admin password.
func TestMount_LocalIsRefused(t *testing.T) {
	w := newWorld(t)
	const refused = "Only the command line of this server may make this call."
	for call := range w.local() {
		w.ask(call.method, call.path+"?password="+password, nil).wantError(403, refused)
	}
	w.ask("GET", "/local/anything", nil).wantError(403, refused)
}

type operation struct{ method, path string }

// local gives the operations that the document keeps for the command line.
func (w *world) local() map[operation]bool {
	found := make(map[operation]bool)
	for _, name := range w.spec.operations() {
		if areaOf(w.spec.operation(name)) == Local {
			method, path, _ := strings.Cut(name, " ")
			found[operation{method, path}] = true
		}
	}
	if len(found) < 10 {
		w.t.Fatalf("only %d calls are the command line's own", len(found))
	}
	return found
}

// Over the control socket the calls are an admin's and the command line's; the portal's are not there.
func TestRegisterLocal(t *testing.T) {
	engine := gin.New()
	by := ""
	handler := func(c *gin.Context) { by = access.By(c); c.Status(http.StatusNoContent) }
	RegisterLocal(engine, []Route{
		{Method: http.MethodGet, Path: "/admin/x", Area: Admin, Handler: handler},
		{Method: http.MethodGet, Path: "/local/x", Area: Local, Handler: handler},
		{Method: http.MethodGet, Path: "/portal/x", Area: Portal, Handler: handler},
		{Method: http.MethodGet, Path: "/sign-in", Area: Open, Handler: handler},
	})
	for path, status := range map[string]int{"/admin/x": 204, "/local/x": 204, "/portal/x": 404, "/sign-in": 404} {
		by = ""
		rec := httptest.NewRecorder()
		engine.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		if got := rec.Code; got != status || (status == 204) != (by == ByCommandLine) {
			t.Errorf("%s: %d by %q", path, got, by)
		}
	}
}
