package localpage

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestGuarded(t *testing.T) {
	served := Guarded(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for _, c := range []struct {
		host, site, origin string
		status             int
	}{
		{"127.0.0.1:6060", "", "", 204},
		{"localhost:6060", "", "", 204},
		{"LOCALHOST.", "none", "", 204},
		{"[::1]:6060", "same-origin", "http://[::1]:6060", 204},
		{"", "", "", 204},
		{"evil.example:6060", "", "", 421},
		{"evil.example", "same-origin", "", 421},
		{"127.0.0.1.evil.example:6060", "", "", 421},
		{"localhost.evil.example", "", "", 421},
		{"posthouse", "", "", 421},
		{"127.0.0.1:6060", "cross-site", "", 403},
		{"127.0.0.1:6060", "same-site", "", 403},
		{"127.0.0.1:6060", "", "http://evil.example", 403},
		{"127.0.0.1:6060", "", "null", 403},
		{"127.0.0.1:6060", "", "http://127.0.0.1:8080", 403},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = c.host
		for name, value := range map[string]string{"Sec-Fetch-Site": c.site, "Origin": c.origin} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		served.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%+v: %d", c, w.Code)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cross-Origin-Resource-Policy") != "same-origin" {
			t.Errorf("%+v: %v", c, w.Header())
		}
	}
}
