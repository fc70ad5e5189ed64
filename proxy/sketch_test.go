package proxy_test

import (
	"strings"
	"testing"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// A request that was refused is in the list with what it asked for, as it was sent.
func TestRefusedRequestsShowTheirTarget(t *testing.T) {
	long := strings.Repeat("x", 200<<10)
	for name, c := range map[string]struct {
		request           string
		method, host, url string
	}{
		"space in the target": {"GET http://h.test/a b HTTP/1.1\r\nHost: h.test\r\n\r\n", "GET", "h.test", "http://h.test/a b"},
		"control in it":       {"GET http://h.test/a\x01b HTTP/1.1\r\nHost: h.test\r\n\r\n", "GET", "h.test", "http://h.test/a\x01b"},
		"bare LF":             {"GET http://h.test/a?b=1 HTTP/1.1\nHost: h.test\n\n", "GET", "h.test", "http://h.test/a?b=1"},
		"query alone":         {"GET http://h.test?b=1 HTTP/9.9\r\nHost: h.test\r\n\r\n", "GET", "h.test", "http://h.test/?b=1"},
		"Host missing":        {"POST /x HTTP/1.1\r\n\r\n", "POST", "", "/x"},
		"Host in the body":    {"POST /x HTTP/1.1\r\nContent-Length: 13\r\n\r\nHost: h.test\n", "POST", "", "/x"},
		"Host twice": {"POST /x HTTP/1.1\r\nA: b\r\nhOst : one.test\r\nHost: two.test\r\n\r\n", "POST", "one.test",
			"http://one.test/x"},
		"userinfo":   {"GET http://u:p@h.test:81/ HTTP/9\r\nHost: x\r\n\r\n", "GET", "h.test:81", "http://h.test:81/"},
		"bad method": {"GE(T http://h.test/ HTTP/1.1\r\nHost: h.test\r\n\r\n", "GE(T", "h.test", "http://h.test/"},
		"no method":  {" http://h.test/ HTTP/1.1\r\nHost: h.test\r\n\r\n", "", "h.test", "http://h.test/"},
		"tabs":       {"GET\thttp://h.test/\tHTTP/1.1\r\nHost: h.test\r\n\r\n", "GET", "h.test", "http://h.test/"},
		"no version": {"GET http://h.test/a\r\nHost: h.test\r\n\r\n", "GET", "h.test", "http://h.test/a"},
		"target too long": {"GET http://h.test/" + long + " HTTP/1.1\r\nHost: h.test\r\n\r\n", "GET", "h.test",
			"http://h.test/" + long},
		"CONNECT":        {"CONNECT h.test:443 HTTP/9\r\n\r\n", "CONNECT", "h.test:443", "h.test:443"},
		"another scheme": {"GET FTP://h.test/a HTTP/1.1\r\nHost: h.test\r\n\r\n", "GET", "h.test", "ftp://h.test/a"},
		"https in plain": {"GET https://h.test/a HTTP/1.1\r\nHost: h.test\r\n\r\n", "GET", "h.test", "https://h.test/a"},
		"bad port": {"GET http://h.test:99999/a HTTP/1.1\r\nHost: h.test\r\n\r\n", "GET", "h.test:99999",
			"http://h.test:99999/a"},
		"no host in target": {"GET http:///a HTTP/1.1\r\nHost: h.test\r\n\r\n", "GET", "", "/a"},
		"TLS":               {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "", "", ""},
		"HTTP/2 preface":    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI", "", "*"},
		"neither form":      {"GET h.test/a HTTP/1.1\r\nHost: h.test\r\n\r\n", "GET", "h.test", "h.test/a"},
		"bad CONNECT":       {"CONNECT h.test HTTP/1.1\r\nHost: h.test\r\n\r\n", "CONNECT", "h.test", "h.test"},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			client := p.Client().Quiet()
			_ = client.TrySend(c.request)
			client.ExpectHead()
			r := p.Finished(1)
			if r.Method != c.method || r.Host != c.host ||
				!(r.URL() == c.url || len(r.URL()) > 100<<10 && strings.HasPrefix(c.url, r.URL())) || r.Failure != flow.FailureBadRequest {
				t.Errorf("the row is %q, host %q, %.80q, %v", r.Method, r.Host, r.URL(), r.Failure)
			}
			for _, word := range []string{c.host, strings.Trim(c.url[max(0, len(c.url)-5):], "\x01 ")} {
				if q, err := query.Parse(`"` + word + `"`); word != "" && (err != nil || !q.Match(&r)) {
					t.Errorf("%q does not find it", word)
				}
			}
		})
	}
}
