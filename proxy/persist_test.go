package proxy_test

import (
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/proxytest"
)

// Which connections stay (RFC 9112 section 9.3): HTTP/1.1 unless a side says
// close, which wins over keep-alive; never one of an HTTP/1.0 client, which a
// proxy must not keep (RFC 9112 appendix C.2.2).
func TestWhenTheClientsConnectionStays(t *testing.T) {
	for name, c := range map[string]struct {
		version, fields string
		stays           bool
	}{
		"nothing said":                {"1.1", "", true},
		"keep-alive":                  {"1.1", "Connection: keep-alive\r\n", true},
		"proxy keep-alive":            {"1.1", "Proxy-Connection: Keep-Alive\r\n", true},
		"close":                       {"1.1", "Connection: close\r\n", false},
		"close in capitals":           {"1.1", "CONNECTION: CLOSE\r\n", false},
		"close behind keep-alive":     {"1.1", "Connection: keep-alive, close\r\n", false},
		"close before keep-alive":     {"1.1", "Connection: close, keep-alive\r\n", false},
		"close on another line":       {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", false},
		"close in a list":             {"1.1", "Connection: x-a,, close ,\r\n", false},
		"close by Proxy-Connection":   {"1.1", "Proxy-Connection: close\r\n", false},
		"a word that begins with it":  {"1.1", "Connection: closed\r\n", true},
		"HTTP/1.0":                    {"1.0", "", false},
		"HTTP/1.0, keep-alive":        {"1.0", "Connection: keep-alive\r\n", false},
		"HTTP/1.0, proxy keep-alive":  {"1.0", "Proxy-Connection: keep-alive\r\n", false},
		"HTTP/1.2 is like HTTP/1.1":   {"1.2", "", true},
		"an option that is no token":  {"1.1", "Connection: @@\r\n", true},
		"an empty Connection field":   {"1.1", "Connection:\r\n", true},
		"keep-alive with parameters":  {"1.1", "Connection: keep-alive\r\nKeep-Alive: timeout=5, max=1\r\n", true},
		"Keep-Alive alone, in HTTP/1": {"1.0", "Keep-Alive: 300\r\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send("GET http://{origin}/ HTTP/" + c.version + "\r\nHost: {origin}\r\n" + c.fields + "\r\n")
			at := origin.Accept()
			at.Expect("GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n") // the origin's connection is ours alone
			at.Send(ok2)
			if !c.stays {
				client.Expect(ok2by)
				client.ExpectEnd()
				return
			}
			client.Expect(ok2)
			client.Send(getHead)
			at.ExpectHead()
			at.Send(ok2)
			client.Expect(ok2)
		})
	}
}

// When a connection to an origin is used again. The client's stays in each case
// unless its end is the body's.
func TestWhenTheOriginsConnectionStays(t *testing.T) {
	for name, c := range map[string]struct {
		method, response string
		stays            bool
	}{
		"length":     {"GET", ok2, true},
		"chunked":    {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true},
		"keep-alive": {"GET", "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", true},
		"close":      {"GET", "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok", false},
		"close beside keep": {"GET", "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
			false},
		"HTTP/1.0":               {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false},
		"HTTP/1.0 keep-alive":    {"GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", false},
		"204":                    {"GET", "HTTP/1.1 204 No Content\r\n\r\n", true},
		"204 that announces":     {"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", false},
		"304":                    {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", true},
		"HEAD":                   {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", true},
		"HEAD without a length":  {"HEAD", "HTTP/1.1 200 OK\r\n\r\n", true},
		"205 of length 0":        {"GET", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", true},
		"an error":               {"GET", "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nok", true},
		"length and then a line": {"GET", ok2 + "\r\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send(c.method + " http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
			at := origin.Accept()
			at.ExpectHead()
			at.Send(c.response)
			client.ExpectHead()
			if c.method != "HEAD" && strings.Contains(c.response, "ok") {
				client.ExpectThrough("ok")
			}
			p.Finished(1)
			if !c.stays {
				at.ExpectGone()
				at = nil
			}
			other := p.Client() // a client's connection is not what keeps it
			other.Send(getHead)
			if at == nil {
				at = origin.Accept()
			}
			at.ExpectHead()
			at.Send(ok2)
			other.Expect(ok2)
		})
	}
}

// An error in the middle of a pipeline: what was asked before is answered, what
// follows is not looked at.
func TestPipelineWithAnErrorInTheMiddle(t *testing.T) {
	for name, c := range map[string]struct {
		bad    string
		status int
		goesOn bool
	}{
		"no Host": {"GET http://{origin}/ HTTP/1.1\r\n\r\n", 400, false},
		"bare LF": {"GET http://{origin}/ HTTP/1.1\nHost: x\n\n", 400, false},
		"CL and TE": {"POST http://{origin}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			400, false},
		"broken chunks":  {"POST http://{origin}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400, false},
		"bad port":       {"GET http://127.0.0.1:0/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, true},
		"failed CONNECT": {"CONNECT 127.0.0.1:0 HTTP/1.1\r\nHost: x\r\n\r\n", 400, false},
		"local page":     {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, true},
		"body and error": {"POST http:///x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 400, true},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send(getHead + c.bad + "GET http://{origin}/after HTTP/1.1\r\nHost: {origin}\r\n\r\n")
			at := origin.Accept()
			at.ExpectHead()
			at.Send(ok2)
			client.Expect(ok2)
			head := client.ExpectStatus(c.status)
			client.ExpectN(contentLength(t, head))
			if !c.goesOn {
				client.ExpectEnd()
				return
			}
			at.Expect("GET /after HTTP/1.1\r\nHost: {origin}\r\n\r\n")
			at.Send(ok2)
			client.Expect(ok2)
		})
	}
}

// CONNECT may come behind other requests, with bytes of the tunnel glued to it.
func TestConnectInAPipeline(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send(getHead + connect + "hello")
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ok2)
	client.Expect(ok2 + "HTTP/1.1 200 Connection Established\r\n\r\n")
	inside := origin.Accept()
	inside.Expect("hello")
	inside.Send("there")
	client.Expect("there")
}

// A request on a kept connection that the origin has reset is sent again, too.
func TestResetConnectionsAreStale(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ok2)
	client.Expect(ok2)
	client.Send("PUT http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi")
	at.ExpectThrough("hi")
	at.Reset()
	next := origin.Accept()
	next.Expect("PUT / HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi")
	next.Send(ok2)
	client.Expect(ok2)
}

// A body that had not arrived whole cannot be sent again, whatever the method.
func TestStreamedBodiesAreNotSentAgain(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ok2)
	client.Expect(ok2)
	client.Send("PUT http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 4\r\n\r\nha")
	at.ExpectThrough("ha")
	at.Close()
	client.ExpectGone()
	origin.NotAsked()
}

// With Via on, Connection keeps its place and nothing else moves (RFC 9110 section 7.6.3).
func TestViaStandsLast(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Via: true}})
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.0\r\nHost: {origin}\r\nVia: 1.0 fred\r\nA: 1\r\n\r\n")
	at := origin.Accept()
	head := at.ExpectHead()
	if want := p.Text("GET / HTTP/1.1\r\nHost: {origin}\r\nVia: 1.0 fred\r\nA: 1\r\nVia: 1.0 posthouse-"); !strings.HasPrefix(head, want) {
		t.Errorf("%q does not begin with %q", head, want)
	}
	at.Send("HTTP/1.0 200 OK\r\nVia: 1.1 inner\r\nContent-Length: 2\r\n\r\nok")
	head = client.ExpectStatus(200)
	want := "HTTP/1.1 200 OK\r\nVia: 1.1 inner\r\nContent-Length: 2\r\nConnection: close\r\nVia: 1.0 posthouse-"
	if !strings.HasPrefix(head, want) {
		t.Errorf("%q does not begin with %q", head, want)
	}
}
