package faithful_test

import (
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
)

// inside waits for the row of the first request inside the tunnel, and returns all of it.
func inside(route *h2test.Route) flow.Exchange {
	row := route.Proxy.Row(func(r flow.Row) bool { return r.Scheme != "" && r.Phase.Final() })
	return route.Proxy.Exchange(row.ID)
}

// An answer without a body is known by its status and by the method, not by the length
// that it tells (RFC 9110 section 8.6).
func TestAnswersWithoutBody(t *testing.T) {
	for name, c := range map[string]struct{ method, status, length string }{
		"304 with a length":         {"GET", "304", "1234"},
		"HEAD with a length":        {"HEAD", "200", "1234"},
		"HEAD of a page not found":  {"HEAD", "404", "9"},
		"204":                       {"DELETE", "204", ""},
		"304 without a length":      {"GET", "304", ""},
		"200 of no bytes":           {"GET", "200", "0"},
		"204 with a length of zero": {"PUT", "204", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
				client, origin := route.Started()
				client.Send(client.Headers(1, request(c.method, "/")...).End())
				origin.ExpectHead(1)
				lines := []string{":status: " + c.status, "etag: \"x\""}
				if c.length != "" {
					lines = append(lines, "content-length: "+c.length)
				}
				answer := origin.Headers(1, lines...).End()
				origin.Send(answer)
				client.Expect(answer.String())
				client.Send(client.Headers(3, request("GET", "/next")...).End())
				if f := origin.ExpectHead(3); f.Stream != 3 {
					t.Errorf("%v", f)
				}
				if route.Proxy == nil {
					return
				}
				if x := inside(route); x.Failure != flow.FailureNone || x.Phase != flow.PhaseDone || x.ResponseSize != 0 {
					t.Errorf("row %+v", x.Row)
				}
			})
		})
	}
}

// A body that follows without END_STREAM in the head: an empty DATA ends it.
func TestAnswerWithoutBodyThatEndsLater(t *testing.T) {
	h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
		client, origin := route.Started()
		client.Send(client.Headers(1, request("GET", "/")...).End())
		origin.ExpectHead(1)
		origin.Send(origin.Headers(1, ":status: 304", "content-length: 77"), h2test.Data(1, "").End())
		client.Expect("HEADERS 1 :status: 304 | content-length: 77", `DATA 1 END_STREAM ""`)
	})
}

// A request that certainly was not worked on is the client's to repeat: it learns so, and
// gets no answer of the proxy's in its place.
func TestRequestsThatWereNotWorkedOn(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		t.Run("GOAWAY before "+method, func(t *testing.T) {
			h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
				client, origin := route.Started()
				client.Send(client.Headers(1, request(method, "/")...).End())
				origin.ExpectHead(1)
				origin.Send(h2test.GoAway(0, http2.ErrCodeNo, ""))
				origin.Close()
				client.Until("that it may repeat the request", func(f h2test.Frame) bool {
					if f.Type == http2.FrameHeaders {
						t.Fatalf("answered: %v", f)
					}
					return f.Type == http2.FrameGoAway && f.LastStream() == 0 ||
						f.Type == http2.FrameRSTStream && f.Code() == http2.ErrCodeRefusedStream
				})
			})
		})
		t.Run("REFUSED_STREAM for "+method, func(t *testing.T) {
			h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
				client, origin := route.Started()
				client.Send(client.Headers(1, request(method, "/")...).End())
				origin.ExpectHead(1)
				origin.Send(h2test.Reset(1, http2.ErrCodeRefusedStream))
				client.Expect("RST_STREAM 1 REFUSED_STREAM")
				client.Send(client.Headers(3, request(method, "/again")...).End())
				origin.ExpectHead(3)
				origin.Send(origin.Headers(3, ":status: 204").End())
				client.Expect("HEADERS 3 END_STREAM :status: 204")
			})
		})
	}
}

// An origin may answer before it has the request, and read on.
func TestEarlyAnswerAndTheWholeUpload(t *testing.T) {
	const piece, pieces = 10_000, 30
	for name, ends := range map[string]bool{"the answer goes on": false, "the answer is complete": true} {
		t.Run(name, func(t *testing.T) {
			h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
				client, origin := route.Started()
				client.Send(client.Headers(1, request("POST", "/")...))
				origin.ExpectHead(1)
				origin.Send(h2test.WindowUpdate(0, 1<<20), h2test.WindowUpdate(1, 1<<20))
				answer := origin.Headers(1, ":status: 200")
				if ends {
					answer = answer.End()
				}
				origin.Send(answer)
				client.Expect(answer.String())
				for range pieces {
					client.Send(h2test.Data(1, strings.Repeat("u", piece)))
				}
				client.Send(h2test.Data(1, "").End())
				origin.ExpectBody(1, strings.Repeat("u", piece*pieces))
				if !ends {
					origin.Send(h2test.Data(1, "done").End())
					client.ExpectBody(1, "done")
				}
			})
		})
	}
}

func TestBodyRightBehindItsHead(t *testing.T) {
	for _, method := range []string{"DELETE", "GET", "HEAD", "OPTIONS", "POST"} {
		t.Run(method, func(t *testing.T) {
			h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
				client, origin := route.Started()
				client.Send(client.Headers(1, request(method, "/", "content-length: 4")...), h2test.Data(1, "body").End())
				origin.ExpectHead(1)
				origin.ExpectBody(1, "body")
				origin.Send(origin.Headers(1, ":status: 204").End())
				client.Expect("HEADERS 1 END_STREAM :status: 204")
			})
		})
	}
}

// Whether to go on is the origin's to say (RFC 9110 section 10.1.1).
func TestExpectIsTheOrigins(t *testing.T) {
	head := request("PUT", "/", "expect: 100-continue", "content-length: 4")
	t.Run("it refuses", func(t *testing.T) {
		h2test.WithoutRules(t, nil, func(t *testing.T, route *h2test.Route) {
			client, origin := route.Started()
			client.Send(client.Headers(1, head...))
			origin.ExpectFields(1, head...)
			origin.Send(origin.Headers(1, ":status: 401", "www-authenticate: Basic").End())
			client.Expect("HEADERS 1 END_STREAM :status: 401 | www-authenticate: Basic")
		})
	})
	t.Run("it goes on", func(t *testing.T) {
		h2test.WithoutRules(t, nil, func(t *testing.T, route *h2test.Route) {
			client, origin := route.Started()
			client.Send(client.Headers(1, head...))
			origin.ExpectFields(1, head...)
			origin.Send(origin.Headers(1, ":status: 100"))
			client.Expect("HEADERS 1 :status: 100")
			client.Send(h2test.Data(1, "body").End())
			origin.ExpectBody(1, "body")
			origin.Send(origin.Headers(1, ":status: 201").End())
			client.Expect("HEADERS 1 END_STREAM :status: 201")
		})
	})
}

// What is malformed is a stream error (RFC 9113 section 8.1.1), the connection goes on,
// and the row says that Posthouse refused it.
func TestMalformedRequests(t *testing.T) {
	for name, c := range map[string]struct {
		lines  []string
		frames func(*h2test.Peer) []h2test.Frame // after the head
	}{
		"a body shorter than its length": {request("POST", "/", "content-length: 9"), func(*h2test.Peer) []h2test.Frame {
			return []h2test.Frame{h2test.Data(1, "four").End()}
		}},
		"a body longer than its length": {request("POST", "/", "content-length: 3"), func(*h2test.Peer) []h2test.Frame {
			return []h2test.Frame{h2test.Data(1, "four").End()}
		}},
		"shorter, with trailers": {request("POST", "/", "content-length: 9"), func(p *h2test.Peer) []h2test.Frame {
			return []h2test.Frame{h2test.Data(1, "four"), p.Headers(1, "a: b").End()}
		}},
		"te: gzip":              {request("GET", "/", "te: gzip"), nil},
		"te: trailers, deflate": {request("GET", "/", "te: trailers, deflate"), nil},
		"connection":            {request("GET", "/", "connection: close"), nil},
		"transfer-encoding":     {request("GET", "/", "transfer-encoding: chunked"), nil},
		"keep-alive":            {request("GET", "/", "keep-alive: 1"), nil},
		"proxy-connection":      {request("GET", "/", "proxy-connection: close"), nil},
		"upgrade":               {request("GET", "/", "upgrade: websocket"), nil},
		"upper case":            {request("GET", "/", "Accept: x"), nil},
		"a space in a name":     {request("GET", "/", "a b: x"), nil},
		"a line in a value":     {request("GET", "/", "a: x\r\nb: y"), nil},
		"a zero byte":           {request("GET", "/", "a: \x00"), nil},
		"no path":               {[]string{":method: GET", ":scheme: https", ":authority: a.example"}, nil},
		"an empty path":         {request("GET", ""), nil},
		"two paths":             {request("GET", "/", ":path: /b"), nil},
		"a pseudo-header late":  {[]string{":method: GET", "a: b", ":scheme: https", ":path: /", ":authority: a.example"}, nil},
		"one that is not known": {request("GET", "/", ":own: x"), nil},
		"one of answers":        {request("GET", "/", ":status: 200"), nil},
		"protocol without CONNECT": {[]string{":method: GET", ":protocol: websocket", ":scheme: https", ":path: /",
			":authority: a.example"}, nil},
		"a path with a line end": {request("GET", "/a\r\nb"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			route := h2test.Through(t, nil)
			client, origin := route.Started()
			head := client.Headers(1, c.lines...)
			frames := []h2test.Frame{head.End()}
			if c.frames != nil {
				frames = append([]h2test.Frame{head}, c.frames(client)...)
			}
			client.Send(frames...)
			client.UntilReset(1, http2.ErrCodeProtocol)
			client.Send(client.Headers(3, request("GET", "/good")...).End())
			origin.Until("the next request, and no end of the malformed one", func(f h2test.Frame) bool {
				if f.Stream == 1 && (f.Flags&h2test.EndStream != 0 && f.Type != http2.FrameRSTStream || c.frames == nil) {
					t.Fatalf("the origin got %v", f)
				}
				return f.Stream == 3
			})
			origin.Send(origin.Headers(3, ":status: 204").End())
			client.Until("the next answer", func(f h2test.Frame) bool { return f.String() == "HEADERS 3 END_STREAM :status: 204" })
			if x := inside(route); x.Failure != flow.FailureBadRequest || len(x.RequestHead) == 0 {
				t.Errorf("row %+v, head %q", x.Row, x.RequestHead)
			}
		})
	}
}

// A stream that was refused is no fault of the tunnel's.
func TestTunnelOfARefusedStream(t *testing.T) {
	route := h2test.Through(t, nil)
	client, _ := route.Started()
	client.Send(client.Headers(1, request("GET", "/", "te: gzip")...).End())
	client.UntilReset(1, http2.ErrCodeProtocol)
	client.Send(h2test.GoAway(0, http2.ErrCodeNo, ""))
	client.Close()
	row := route.Proxy.Finished(1)
	if row.Kind != flow.KindTunnel || row.TLS.Outcome != flow.TLSDecrypted || row.Failure != flow.FailureNone {
		t.Errorf("row %+v", row)
	}
}

// A malformed answer is not passed on as if it were one (RFC 9113 section 8.1.1).
func TestMalformedAnswers(t *testing.T) {
	for name, frames := range map[string]func(*h2test.Peer) []h2test.Frame{
		"no status": func(o *h2test.Peer) []h2test.Frame { return []h2test.Frame{o.Headers(1, "a: b").End()} },
		"connection": func(o *h2test.Peer) []h2test.Frame {
			return []h2test.Frame{o.Headers(1, ":status: 200", "connection: x").End()}
		},
		"upper case": func(o *h2test.Peer) []h2test.Frame {
			return []h2test.Frame{o.Headers(1, ":status: 200", "Server: x").End()}
		},
		"101":            func(o *h2test.Peer) []h2test.Frame { return []h2test.Frame{o.Headers(1, ":status: 101")} },
		"interim at end": func(o *h2test.Peer) []h2test.Frame { return []h2test.Frame{o.Headers(1, ":status: 103").End()} },
		"shorter than its length": func(o *h2test.Peer) []h2test.Frame {
			return []h2test.Frame{o.Headers(1, ":status: 200", "content-length: 9"), h2test.Data(1, "four").End()}
		},
		"longer than its length": func(o *h2test.Peer) []h2test.Frame {
			return []h2test.Frame{o.Headers(1, ":status: 200", "content-length: 3"), h2test.Data(1, "four").End()}
		},
	} {
		t.Run(name, func(t *testing.T) {
			route := h2test.Through(t, nil)
			client, origin := route.Started()
			client.Send(client.Headers(1, request("GET", "/")...).End())
			origin.ExpectHead(1)
			origin.Send(frames(origin)...)
			f := client.Until("an end of the stream that is no whole answer, or an answer of the proxy's", func(f h2test.Frame) bool {
				return f.Type == http2.FrameRSTStream || f.Flags&h2test.EndStream != 0
			})
			if f.Type != http2.FrameRSTStream && f.Type != http2.FrameData {
				t.Errorf("passed on: %v", f)
			}
			if x := inside(route); x.Failure != flow.FailureBadResponse && x.Failure != flow.FailureTruncated {
				t.Errorf("row %+v", x.Row)
			}
		})
	}
}
