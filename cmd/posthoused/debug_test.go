package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Profiles tell the command line. They are for this computer: a page whose name
// was made to lead here (DNS rebinding), and pages of other sites, get none.
func TestProfilesAreForThisComputer(t *testing.T) {
	var said bytes.Buffer
	d, err := serveDebug("127.0.0.1:0", &said)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	url := strings.TrimSpace(strings.TrimPrefix(said.String(), "profiles on "))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: deadline}
	for _, path := range []string{"", "cmdline", "symbol", "goroutine?debug=1"} {
		for name, c := range map[string]struct {
			host   string
			fields map[string]string
			status int
		}{
			"by address":         {"", nil, 200},
			"as localhost":       {"localhost:6060", nil, 200},
			"another name":       {"evil.example", nil, 421},
			"another, with port": {"evil.example:6060", nil, 421},
			"another site":       {"", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
			"another origin":     {"", map[string]string{"Origin": "http://evil.example"}, 403},
		} {
			req, err := http.NewRequest("GET", url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = c.host
			for field, value := range c.fields {
				req.Header.Set(field, value)
			}
			r, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(r.Body)
			_ = r.Body.Close()
			if r.StatusCode != c.status || (c.status != 200 && len(body) > 100) {
				t.Errorf("%q, %s: %d %.100q", path, name, r.StatusCode, body)
			}
		}
	}
}
