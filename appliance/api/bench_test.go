package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkTenants lists a thousand tenants to a signed-in browser's script: session, store, views and JSON.
func BenchmarkTenants(b *testing.B) {
	w := newWorld(b)
	for i := range 1000 {
		w.tenant(fmt.Sprintf("+2557%08d", i))
	}
	cookie := w.cookie()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "/admin/tenants", nil)
		r.Host = "127.0.0.1:3000"
		r.Header.Set("Cookie", cookie)
		rec := httptest.NewRecorder()
		w.engine.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK {
			b.Fatal(rec.Code)
		}
		b.SetBytes(int64(rec.Body.Len()))
	}
}
