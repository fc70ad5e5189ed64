package proxy_test

import (
	"strings"
	"testing"

	"posthouse/proxy/proxytest"
)

// The target is kept byte for byte (RFC 9112 section 3.2).
func TestTargetIsKeptExactly(t *testing.T) {
	var cases []passing
	for _, path := range []string{
		"/", "//", "/a%2Fb", "/a//b", "/;p=1;q", "/a/../b/./c", "/%zz%", "/h\xc3\xa9llo", "/\xff\xfe",
		"/|\"{}<>^`\\", "/?", "/??a=b&a=b", "/a?q=%20+x", "/:@!$&'()*+,=", "/" + strings.Repeat("x", 30000),
		"/a?" + strings.Repeat("y", 30000), "/http://other/", "/*",
	} {
		cases = append(cases, passing{
			name:    path[:min(len(path), 20)],
			request: "GET http://{origin}" + path + " HTTP/1.1\r\nHost: {origin}\r\n\r\n",
			asked:   "GET " + path + " HTTP/1.1\r\nHost: {origin}\r\n\r\n",
		})
	}
	runPassing(t, cases)
}

func TestTargetForms(t *testing.T) {
	const host = "Host: {origin}\r\n\r\n"
	runPassing(t, []passing{
		{name: "fragment", request: "GET http://{origin}/a?b#c?d HTTP/1.1\r\n" + host, asked: "GET /a?b HTTP/1.1\r\n" + host},
		{name: "fragment alone", request: "GET http://{origin}#c HTTP/1.1\r\n" + host, asked: "GET / HTTP/1.1\r\n" + host},
		{name: "empty path", request: "GET http://{origin} HTTP/1.1\r\n" + host, asked: "GET / HTTP/1.1\r\n" + host},
		{name: "query without path", request: "GET http://{origin}?q HTTP/1.1\r\n" + host, asked: "GET /?q HTTP/1.1\r\n" + host},
		{name: "OPTIONS without path", request: "OPTIONS http://{origin} HTTP/1.1\r\n" + host, asked: "OPTIONS * HTTP/1.1\r\n" + host},
		{name: "OPTIONS with path", request: "OPTIONS http://{origin}/ HTTP/1.1\r\n" + host, asked: "OPTIONS / HTTP/1.1\r\n" + host},
		{name: "scheme in capitals", request: "GET HTTP://{origin}/ HTTP/1.1\r\n" + host, asked: "GET / HTTP/1.1\r\n" + host},
		{name: "scheme in both cases", request: "GET hTtP://{origin}/ HTTP/1.1\r\n" + host, asked: "GET / HTTP/1.1\r\n" + host},
		{name: "userinfo", request: "GET http://u:p%40@{origin}/ HTTP/1.1\r\n" + host, asked: "GET / HTTP/1.1\r\n" + host},
		{name: "HTTP 1.0", request: "GET http://{origin}/ HTTP/1.0\r\n\r\n", asked: "GET / HTTP/1.1\r\n" + host, answer: ok2by},
		{name: "HTTP 1.2", request: "GET http://{origin}/ HTTP/1.2\r\n" + host, asked: "GET / HTTP/1.1\r\n" + host},
		{name: "blank lines before", request: "\r\n\r\nGET http://{origin}/ HTTP/1.1\r\n" + host, asked: "GET / HTTP/1.1\r\n" + host},
	})
}

// Host comes from the target where the two differ (RFC 9112 section 3.2.2).
func TestHostComesFromTheTarget(t *testing.T) {
	runPassing(t, []passing{
		{name: "other", request: "GET http://{origin}/ HTTP/1.1\r\nA: 1\r\nhost:  other.example \r\nB: 2\r\n\r\n",
			asked: "GET / HTTP/1.1\r\nA: 1\r\nHost: {origin}\r\nB: 2\r\n\r\n"},
		{name: "same is untouched", request: "GET http://{origin}/ HTTP/1.1\r\nA: 1\r\nhOST:   {origin} \r\nB: 2\r\n\r\n",
			asked: "GET / HTTP/1.1\r\nA: 1\r\nhOST:   {origin} \r\nB: 2\r\n\r\n"},
		{name: "empty", request: "GET http://{origin}/ HTTP/1.1\r\nHost:\r\n\r\n", asked: "GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n"},
	})
}

func TestEveryMethodPasses(t *testing.T) {
	var cases []passing
	for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get", "X",
		"!#$%&'*+-.^_`|~09az", strings.Repeat("M", 300)} {
		cases = append(cases, passing{
			name:    method[:min(len(method), 10)],
			request: method + " http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n",
			asked:   method + " / HTTP/1.1\r\nHost: {origin}\r\n\r\n",
		})
	}
	runPassing(t, cases)
}

func TestIPv6Literal(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.OriginAt("[::1]:0")
	passing{
		request: "GET http://{origin}/ HTTP/1.1\r\nHost: x\r\n\r\n",
		asked:   "GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n",
	}.run(t, p, origin)
}

// IPv4 addresses in the forms that browsers and curl take lead where they say. Host and
// target stay as they were sent.
func TestIPv4AddressesInOtherForms(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	port := origin.Addr()[strings.LastIndexByte(origin.Addr(), ':'):]
	for _, host := range []string{"127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.1."} {
		passing{
			request: "GET http://" + host + port + "/ HTTP/1.1\r\nHost: " + host + port + "\r\n\r\n",
			asked:   "GET / HTTP/1.1\r\nHost: " + host + port + "\r\n\r\n",
		}.run(t, p, origin)
	}
	for _, host := range []string{"1.2.3.256", "08.1"} {
		client := p.Client()
		client.Send("GET http://" + host + "/ HTTP/1.1\r\nHost: x\r\n\r\n")
		client.ExpectStatus(502)
		client.ExpectThrough("not a valid IPv4 address")
	}
}

// What is for the proxy itself is answered, never forwarded.
func TestLocalPage(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	for _, c := range []struct{ request, status string }{
		{"GET / HTTP/1.1\r\nHost: {proxy}\r\n\r\n", "200"},
		{"GET /?a HTTP/1.1\r\nHost: {origin}\r\n\r\n", "200"},
		{"GET /nope HTTP/1.1\r\nHost: {proxy}\r\n\r\n", "404"},
		{"POST / HTTP/1.1\r\nHost: {proxy}\r\nContent-Length: 2\r\n\r\nab", "405"},
		{"OPTIONS * HTTP/1.1\r\nHost: {proxy}\r\n\r\n", "200"},
		{"GET / HTTP/1.0\r\n\r\n", "200"},
	} {
		client := p.Client()
		client.Send(c.request)
		head := client.ExpectHead()
		if !strings.HasPrefix(head, "HTTP/1.1 "+c.status+" ") {
			t.Errorf("%q was answered %.40q", c.request, head)
		}
		client.Close()
	}
	origin.NotAsked()
}

// A request for the proxy by any of its addresses is a loop (508).
func TestLoopByAddress(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Listen: "0.0.0.0:0"})
	port := p.Addr()[strings.LastIndexByte(p.Addr(), ':')+1:]
	for _, host := range []string{"127.0.0.1", "127.0.0.9", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f.1",
		"0177.0.0.1", "127.0.0.1.", "0"} {
		client := p.Client()
		client.Send("GET http://" + host + ":" + port + "/ HTTP/1.1\r\nHost: x\r\n\r\n")
		client.ExpectStatus(508)
		client.Close()
		tunnel := p.Client()
		tunnel.Send("CONNECT " + host + ":" + port + " HTTP/1.1\r\nHost: x\r\n\r\n")
		tunnel.ExpectStatus(508)
		tunnel.Close()
	}
}
