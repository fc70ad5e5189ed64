package proxy_test

import (
	"regexp"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/proxytest"
)

// Order, case, duplicates and spacing of fields are kept, both ways.
func TestFieldsAreKeptExactly(t *testing.T) {
	fields := "b: 1\r\nA:2\r\nB:  3  \r\na:\t4\t \r\nempty:\r\nspaces:   \r\nx-a: , ,,a\r\nX-Quoted: \"a, b\"\r\n" +
		"X-Obs: caf\xe9 \xff\r\nCookie: a=1; b=2\r\nCookie: c=3\r\nTrailer: x\r\nProxy-Authenticate: Basic\r\nVia: 1.1 " +
		"other\r\n!#$%&'*+-.^_`|~: odd\r\n"
	runPassing(t, []passing{
		{name: "request", request: "GET http://{origin}/ HTTP/1.1\r\n" + fields + "hOsT: {origin}\r\n\r\n",
			asked: "GET / HTTP/1.1\r\n" + fields + "hOsT: {origin}\r\n\r\n"},
		{name: "response", request: "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n",
			response: "HTTP/1.1 200 OK\r\n" + fields + "cOnTent-lEngth:  2 \r\n\r\nok"},
		{name: "set-cookie", request: "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n",
			response: "HTTP/1.1 200 OK\r\n" + strings.Repeat("Set-Cookie: a=b; Path=/\r\nset-cookie: a=b; Path=/\r\n", 40) +
				"Content-Length: 0\r\n\r\n"},
	})
}

func TestLongHeads(t *testing.T) {
	long := "X-Long: " + strings.Repeat("v", 64<<10) + "\r\n"
	many := strings.Repeat("X-Many: value\r\n", 900)
	runPassing(t, []passing{
		{name: "request", request: "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n" + long + many + "\r\n",
			asked: "GET / HTTP/1.1\r\nHost: {origin}\r\n" + long + many + "\r\n"},
		{name: "response", request: "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n",
			response: "HTTP/1.1 200 OK\r\n" + long + many + "Content-Length: 2\r\n\r\nok"},
	})
}

func TestStatusLineIsKept(t *testing.T) {
	var cases []passing
	for _, line := range []string{"200 OK", "200 ", "200 Fine  and\tdandy ", "299 \xc3\x9cber", "404 no", "599 x", "999 ?", "203 200 OK"} {
		cases = append(cases, passing{name: line, request: "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n",
			response: "HTTP/1.1 " + line + "\r\nContent-Length: 2\r\n\r\nok"})
	}
	cases = append(cases, passing{name: "no space after the code", request: "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n",
		response: "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
		answer:   "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok"}) // the space belongs to the line (RFC 9112 section 4)
	runPassing(t, cases)
}

// What belongs to one connection goes no further (RFC 9110 section 7.6.1).
func TestHopByHopFieldsOfRequests(t *testing.T) {
	head := func(fields string) string {
		return "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n" + fields + "\r\n"
	}
	asked := func(fields string) string { return "GET / HTTP/1.1\r\nHost: {origin}\r\n" + fields + "\r\n" }
	runPassing(t, []passing{
		{name: "all", request: head("A: 1\r\nConnection: x-one , X-Two,keep-alive\r\nX-One: 1\r\nB: 2\r\nx-two: 2\r\nKeep-Alive: " +
			"5\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic x\r\nUpgrade: h2c\r\nC: 3\r\n"),
			asked: asked("A: 1\r\nB: 2\r\nC: 3\r\n")},
		{name: "TE", request: head("TE: trailers, deflate;q=0.5\r\nA: 1\r\n"), asked: asked("TE: trailers\r\nA: 1\r\nConnection: TE\r\n")},
		{name: "TE without trailers", request: head("TE: deflate\r\n"), asked: asked("")},
		{name: "TE named", request: head("Connection: TE\r\nTE: trailers\r\n"), asked: asked("Connection: TE\r\nTE: trailers\r\n")},
		{name: "upgrade not named", request: head("Upgrade: websocket\r\n"), asked: asked("")},
		{name: "h2c", request: head("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n"), asked: asked("")},
		{name: "names what must stay", request: "POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nConnection: content-length, host, " +
			"Via, trailer\r\nContent-Length: 2\r\nVia: 1.1 a\r\nTrailer: b\r\n\r\nhi",
			asked: "POST / HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\nVia: 1.1 a\r\nTrailer: b\r\n\r\nhi"},
		{name: "names transfer-encoding", request: "POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nConnection: " +
			"transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			asked: "POST / HTTP/1.1\r\nHost: {origin}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{name: "close", request: head("Connection: close\r\n"), asked: asked(""), answer: ok2by},
	})
}

// What is for the two ends passes, whatever it looks like.
func TestEndToEndFieldsPass(t *testing.T) {
	fields := "Upgrade-Insecure-Requests: 1\r\nRange: bytes=0-5,-1\r\nIf-Range: \"x\"\r\nAccept-Encoding: br, gzip;q=0\r\nCookie: a=b\r\n" +
		"Authorization: Basic eA==\r\nCache-Control: no-store\r\nPragma: no-cache\r\nX-Forwarded-For: 10.0.0.1\r\nForwarded: for=x\r\n" +
		"Content_Length: 9\r\nTransfer_Encoding: chunked\r\nX-Content-Length: 9\r\nProxy-Authentication-Info: x\r\nExpect: " +
		"something-else\r\nMax-Forwards: 0\r\n"
	const get = "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n"
	runPassing(t, []passing{
		{name: "request", request: "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n" + fields + "\r\n",
			asked: "GET / HTTP/1.1\r\nHost: {origin}\r\n" + fields + "\r\n"},
		{name: "a length of 0", request: "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 0\r\n\r\n",
			asked: "GET / HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 0\r\n\r\n"},
		{name: "a GET with a body", request: "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 3\r\n\r\nabc",
			asked: "GET / HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 3\r\n\r\nabc"},
		{name: "206", request: get, response: "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nAccept-Ranges: " +
			"bytes\r\nContent-Length: 2\r\n\r\nok"},
		{name: "407", request: get, response: "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic " +
			"realm=\"x\"\r\nProxy-Authenticate: Digest realm=\"y\"\r\nContent-Length: 0\r\n\r\n"},
		{name: "304", request: get, response: "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 100\r\n\r\n"},
		{name: "205", request: get, response: "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"},
		{name: "Connection names what is for both ends",
			request: "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nConnection: authorization, Cache-Control, " +
				"host\r\nAuthorization: x\r\nCache-Control: y\r\nA: 1\r\n\r\n",
			asked: "GET / HTTP/1.1\r\nHost: {origin}\r\nA: 1\r\n\r\n"},
		{name: "HTTP 1.0 and Expect", request: "POST http://{origin}/ HTTP/1.0\r\nHost: {origin}\r\nExpect: " +
			"100-continue\r\nContent-Length: 2\r\n\r\nab",
			response: "HTTP/1.1 100 Continue\r\n\r\n" + ok2, answer: ok2by},
		{name: "HTTP 1.0 HEAD of chunks", request: "HEAD http://{origin}/ HTTP/1.0\r\nHost: {origin}\r\n\r\n",
			response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\nA: 1\r\n\r\n",
			answer:   "HTTP/1.1 200 OK\r\nA: 1\r\nConnection: close\r\n\r\n"},
	})
}

func TestHopByHopFieldsOfResponses(t *testing.T) {
	const get = "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n"
	runPassing(t, []passing{
		{name: "all", request: get,
			response: "HTTP/1.1 200 OK\r\nConnection: close, X-One\r\nx-one: 1\r\nA: 1\r\nKeep-Alive: 5\r\nProxy-Connection: " +
				"x\r\nUpgrade: h2\r\nContent-Length: 2\r\nTE: x\r\n\r\nok",
			answer: "HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 2\r\n\r\nok"},
		{name: "names what must stay", request: get,
			response: "HTTP/1.1 200 OK\r\nConnection: content-length\r\nContent-Length: 2\r\n\r\nok", answer: ok2},
		{name: "426 keeps its upgrade", request: get,
			response: "HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n",
			answer:   "HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.0\r\nContent-Length: 0\r\nConnection: Upgrade\r\n\r\n"},
		{name: "204 loses framing", request: get,
			response: "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\nA: 1\r\n\r\n",
			answer:   "HTTP/1.1 204 No Content\r\nA: 1\r\n\r\n"},
		{name: "version", request: get, response: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", answer: ok2},
	})
}

// Via is a setting; with it on a loop is found by this proxy's own mark too.
func TestVia(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Via: true}})
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	head := at.ExpectHead()
	mark := regexp.MustCompile(`\r\nVia: 1\.1 (posthouse-[0-9a-f]{8})\r\n\r\n$`).FindStringSubmatch(head)
	if mark == nil {
		t.Fatalf("no Via at the end of %q", head)
	}
	at.Send(ok2)
	if head := client.ExpectStatus(200); !strings.Contains(head, "\r\nVia: 1.1 "+mark[1]+"\r\n") {
		t.Errorf("no Via in %q", head)
	}
	client.Expect("ok")
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nVia: 1.1 other, 1.1 " + mark[1] + "\r\n\r\n")
	client.ExpectStatus(508)
}

// Max-Forwards counts for TRACE and OPTIONS alone (RFC 9110 section 7.6.2).
func TestMaxForwards(t *testing.T) {
	head := func(method, value string) string {
		return method + " http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nMax-Forwards: " + value + "\r\n\r\n"
	}
	asked := func(method, value string) string {
		return method + " / HTTP/1.1\r\nHost: {origin}\r\nMax-Forwards: " + value + "\r\n\r\n"
	}
	runPassing(t, []passing{
		{name: "TRACE", request: head("TRACE", "5"), asked: asked("TRACE", "4")},
		{name: "OPTIONS", request: head("OPTIONS", "1"), asked: asked("OPTIONS", "0")},
		{name: "TRACE too far to count", request: head("TRACE", "99999999999999999999999"), asked: asked("TRACE", "9223372036854775806")},
		{name: "GET", request: head("GET", "0"), asked: asked("GET", "0")},
	})
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send("TRACE http://{origin}/x HTTP/1.1\r\nHost: {origin}\r\nMax-Forwards: 0\r\nCookie: secret\r\nA: 1\r\n\r\n")
	if head := client.ExpectStatus(200); !strings.Contains(head, "\r\nContent-Type: message/http\r\n") {
		t.Errorf("TRACE was answered %q", head)
	}
	client.Expect("TRACE http://{origin}/x HTTP/1.1\r\nHost: {origin}\r\nMax-Forwards: 0\r\nA: 1\r\n\r\n")
	client.Send(head("OPTIONS", "0"))
	if head := client.ExpectStatus(200); !strings.Contains(head, "\r\nAllow: ") {
		t.Errorf("OPTIONS was answered %q", head)
	}
	client.Send(head("OPTIONS", "-1"))
	client.ExpectStatus(400)
	origin.NotAsked()
}
