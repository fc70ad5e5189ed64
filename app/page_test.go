package app_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"posthouse/app"
	"posthouse/proxy/ca"
)

// The page offers the certificate from the moment that there is one, also
// after the settings were applied anew.
func TestPageFollowsTheCA(t *testing.T) {
	var authority atomic.Pointer[ca.Authority]
	c := newController(t, app.Options{CA: authority.Load})
	c.Start()
	addr := await(t, c, app.Running).Addrs[0]
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: deadline}
	get := func(path string) (int, string) {
		t.Helper()
		r, err := client.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Body.Close() }()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, string(body)
	}
	if status, body := get("/cert.pem"); status != 404 || !strings.Contains(body, "decryption is off") {
		t.Errorf("without a CA: %d %s", status, body)
	}
	a, err := ca.Open(t.TempDir(), ca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	authority.Store(a)
	s := c.Settings()
	s.Proxy.Via = true
	if err := c.Apply(s); err != nil {
		t.Fatal(err)
	}
	if status, body := get("/cert.pem"); status != 200 || body != string(a.PEM()) {
		t.Errorf("with a CA: %d %s", status, body)
	}
}
