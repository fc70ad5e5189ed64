package proxy_test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// An answer of Posthouse's own is a whole message: dated, with a type, a length
// and, where the connection ends, a word about it (RFC 9112 section 9.6).
func TestOwnAnswersAreWellFormed(t *testing.T) {
	p := proxytest.Start(t)
	closed := p.Origin()
	closed.Close()
	for name, c := range map[string]struct {
		request string
		status  int
		stays   bool
	}{
		"refused by the origin":       {getHead, 502, true},
		"refused by the origin, 1.0":  {"GET http://{origin}/ HTTP/1.0\r\n\r\n", 502, false},
		"refused by the origin, last": {"GET http://{origin}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 502, false},
		"unknown name":                {"GET http://nowhere.invalid/ HTTP/1.1\r\nHost: x\r\n\r\n", 502, true},
		"no host":                     {"GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n", 400, true},
		"port 0":                      {"GET http://127.0.0.1:0/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, true},
		"port too high":               {"GET http://127.0.0.1:65536/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, true},
		"another scheme":              {"GET ftp://{origin}/ HTTP/1.1\r\nHost: x\r\n\r\n", 501, true},
		"asterisk without OPTIONS":    {"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400, true},
		"bad line":                    {"GET http://{origin}/ HTTP/1.1\r\nA\r\nHost: x\r\n\r\n", 400, false},
		"loop":                        {"GET http://{proxy}/ HTTP/1.1\r\nHost: x\r\n\r\n", 508, true},
		"CONNECT refused":             {connect, 502, true},
		"CONNECT refused, 1.0":        {"CONNECT {origin} HTTP/1.0\r\n\r\n", 502, false},
		"local page":                  {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, true},
	} {
		t.Run(name, func(t *testing.T) {
			client := p.Client()
			client.Send(c.request)
			head := client.ExpectStatus(c.status)
			for _, field := range []string{`Date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT`,
				`Content-Type: text/[a-z]+; charset=utf-8`,
				`Cache-Control: no-store`, `X-Content-Type-Options: nosniff`,
				`Content-Security-Policy: default-src 'none'; [^\r]*frame-ancestors 'none'`, `Content-Length: \d+`} {
				if !regexp.MustCompile(`\r\n` + field + `\r\n`).MatchString(head) {
					t.Errorf("no %q in %q", field, head)
				}
			}
			if line := fmt.Sprintf("HTTP/1.1 %d %s\r\n", c.status, http.StatusText(c.status)); !strings.HasPrefix(head, line) {
				t.Errorf("%q does not begin with %q", head, line)
			}
			if says := strings.Contains(head, "\r\nConnection: close\r\n"); says == c.stays {
				t.Errorf("says close: %v in %q", says, head)
			}
			client.ExpectN(contentLength(t, head))
			if c.stays {
				client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
				client.ExpectStatus(200)
			} else {
				client.ExpectEnd()
			}
		})
	}
}

// What is wrong is named, not what was taken from it.
func TestRefusalsNameWhatIsWrong(t *testing.T) {
	p := proxytest.Start(t)
	long := strings.Repeat("a", 5000)
	for request, words := range map[string]string{
		"GET http://" + long + "/ HTTP/1.1\r\nHost: " + long + "\r\n\r\n": "the host in the request target is longer than 255 bytes",
		"GET http://" + long + "/ HTTP/1.1\r\nHost: x\r\n\r\n":            "the host in the request target is longer than 255 bytes",
		"CONNECT " + long + ":443 HTTP/1.1\r\nHost: " + long + "\r\n\r\n": "the host in the request target is longer than 255 bytes",
		"GET http://a:99999/ HTTP/1.1\r\nHost: a:99999\r\n\r\n":           "the port in the request target",
		"CONNECT u@a:443 HTTP/1.1\r\nHost: u@a:443\r\n\r\n":               "the user before the host in the request target",
		"GET http:///a HTTP/1.1\r\nHost: \r\n\r\n":                        "the host in the request target is missing",
		"GET http://a/ HTTP/1.1\r\nHost: a:99999\r\n\r\n":                 "the Host field is malformed",
	} {
		client := p.Client()
		client.Send(request)
		head := client.ExpectStatus(400)
		if body := string(client.ExpectN(contentLength(t, head))); !strings.Contains(body, words) {
			t.Errorf("%.60q: %q", request, body)
		}
	}
}

// HEAD gets no body, whether or not the rest of its request makes sense (RFC 9110 section 9.3.2).
func TestOwnAnswersToHeadHaveNoBody(t *testing.T) {
	p := proxytest.Start(t)
	closed := p.Origin()
	closed.Close()
	client := p.Client()
	for _, c := range []struct {
		request string
		status  int
	}{
		{"HEAD http://{origin}/ HTTP/1.1\r\nHost: x\r\n\r\n", 502},
		{"HEAD http:///a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", 200},
		{"HEAD http://{origin}/ HTTP/1.1\r\n\r\n", 400}, // no Host: the last on its connection
	} {
		client.Send(c.request)
		if head := client.ExpectStatus(c.status); contentLength(t, head) == 0 {
			t.Errorf("no length of what a GET would get in %q", head)
		}
	}
	client.ExpectEnd()
}

// A first line that nothing can mend is told immediately: an HTTP/0.9 client sends
// no more, and one that is slow need not be waited for.
func TestBadFirstLineIsToldBeforeTheHeadEnds(t *testing.T) {
	p := proxytest.Start(t)
	for line, status := range map[string]int{
		"GET http://{origin}/":          400,
		"GET /":                         400,
		"G@T http://{origin}/ HTTP/1.1": 400,
		"GET http://{origin}/ HTTP/2.0": 505,
		"GET http://{origin}/ http/1.1": 400,
	} {
		client := p.Client()
		client.Send(strings.ReplaceAll(line, "{origin}", "x") + "\r\n")
		client.ExpectStatus(status)
	}
	origin, client := p.Origin(), p.Client()
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 99 Odd\r\n")
	client.ExpectStatus(502)
	at.ExpectGone()
}

// Many clients write their whole body before they read: the answer must reach
// them however much of it is not wanted.
func TestAnswerReachesAClientThatStillSends(t *testing.T) {
	const size = 20 << 20
	body := make([]byte, size)
	head := fmt.Sprintf(" HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size)
	t.Run("refused by the origin", func(t *testing.T) {
		p := proxytest.Start(t)
		closed, client := p.Origin(), p.Client().Quiet()
		closed.Close()
		client.Send("POST http://{origin}/" + head)
		client.SendBytes(body)
		client.ExpectN(contentLength(t, client.ExpectStatus(502)))
		client.ExpectEnd()
	})
	t.Run("refused by Posthouse", func(t *testing.T) {
		p := proxytest.Start(t)
		client := p.Client().Quiet()
		client.Send("POST http:///" + head)
		client.SendBytes(body)
		client.ExpectN(contentLength(t, client.ExpectStatus(400)))
		client.ExpectEnd()
	})
	t.Run("answered early by the origin", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client().Quiet()
		client.Send("POST http://{origin}/" + head)
		at := origin.Accept().Quiet()
		at.ExpectHead()
		at.Send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
		at.CloseWrite()
		client.SendBytes(body)
		client.Expect("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
		client.ExpectEnd()
	})
}

// Empty lines before a request are skipped, and are none: a client that sends
// one behind a body and then nothing is idle (RFC 9112 section 2.2).
func TestEmptyLinesAreNoRequest(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Timeouts: proxy.Timeouts{ClientHead: short}}})
	origin, client := p.Origin(), p.Client()
	client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi\r\n")
	at := origin.Accept()
	at.ExpectThrough("hi")
	at.Send(ok2)
	client.Expect(ok2)
	client.Silence(2 * short) // longer than a request head may take
	client.Send(strings.Repeat("\r\n", 7) + getHead)
	at.Expect("GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.Send(ok2)
	client.Expect(ok2)
	client.Send("\r\n")
	client.Close()

	second := p.Client()
	second.Send(getHead)
	at.ExpectHead()
	at.Send(ok2)
	second.Expect(ok2)
	if row := p.Finished(3); row.Method != "GET" || row.Failure != flow.FailureNone {
		t.Errorf("an empty line made a row: %+v", row)
	}
}

// Empty lines may come in pieces, and there may be eight of them. This takes as long as it takes: how
// long a head may take begins with the first of the pieces.
func TestEmptyLinesComeInPieces(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	for range 8 {
		client.Send("\r")
		client.Send("\n")
	}
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ok2)
	client.Expect(ok2)
	if row := p.Finished(1); row.Method != "GET" || row.Failure != flow.FailureNone {
		t.Errorf("an empty line made a row: %+v", row)
	}

	over := p.Client()
	over.Send(strings.Repeat("\r\n", 9) + getHead)
	over.ExpectStatus(400)
}

// An answer of our own is recorded like any other, and the row says the same.
func TestOwnAnswerIsRecorded(t *testing.T) {
	p := proxytest.Start(t)
	closed, client := p.Origin(), p.Client()
	closed.Close()
	client.Send(getHead)
	head := client.ExpectStatus(502)
	body := client.ExpectN(contentLength(t, head))
	x := p.Exchange(1)
	if string(x.ResponseHead) != head || !bytes.Equal(x.ResponseBody.Bytes, body) || !bytes.Contains(body, []byte(said(x.Reason))) ||
		!bytes.HasPrefix(body, []byte("Posthouse: 502 ")) {
		t.Errorf("recorded %q and %q, row says %q", x.ResponseHead, x.ResponseBody.Bytes, said(x.Reason))
	}
}

// Why an answer is the proxy's own, for programs (RFC 9209 section 2.3).
func TestOwnAnswersSayWhy(t *testing.T) {
	p := proxytest.Start(t)
	origin, closed, client := p.Origin(), p.Origin(), p.Client()
	closed.Close()
	for request, why := range map[string]string{
		"GET http://" + closed.Addr() + "/ HTTP/1.1\r\nHost: x\r\n\r\n":    "connection_refused",
		"GET http://nowhere.invalid/ HTTP/1.1\r\nHost: x\r\n\r\n":          "dns_error",
		"GET http://127.0.0.1:0/ HTTP/1.1\r\nHost: x\r\n\r\n":              "http_request_error",
		"GET http://{proxy}/ HTTP/1.1\r\nHost: x\r\n\r\n":                  "proxy_loop_detected",
		"CONNECT " + closed.Addr() + " HTTP/1.1\r\nHost: x\r\n\r\n":        "connection_refused",
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n":                                "",
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n":                            "",
		"POST http:///a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na": "http_request_error",
	} {
		client.Send(request)
		head := client.ExpectHead()
		client.ExpectN(contentLength(t, head))
		if want := "\r\nProxy-Status: posthouse; error=" + why + "\r\n"; strings.Contains(head, want) != (why != "") ||
			strings.Contains(head, "Proxy-Status") != (why != "") {
			t.Errorf("%q was answered %q", request, head)
		}
	}
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 99 Odd\r\n")
	if head := client.ExpectStatus(502); !strings.Contains(head, "error=http_protocol_error") {
		t.Errorf("%q", head)
	}
}
