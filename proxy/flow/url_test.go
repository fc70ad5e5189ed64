package flow

import "testing"

// TestURL: each row shows what was asked for, also where a file tells a URL that no request has.
func TestURL(t *testing.T) {
	for want, r := range map[string]Row{
		"http://a.test/b?c":   {Scheme: "http", Host: "a.test", Path: "/b?c"},
		"http://a.test*":      {Scheme: "http", Host: "a.test", Path: "*"},
		"a.test:443":          {Kind: KindTunnel, Host: "a.test:443"},
		"/refused":            {Scheme: "http", Path: "/refused"},
		"ftp://b.test/":       {Scheme: "http", Host: "a.test", Path: "ftp://b.test/"},
		"data:text/plain,hi":  {Path: "data:text/plain,hi"},
		"/a path of its file": {Path: "/a path of its file"},
	} {
		if got := r.URL(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
