package faithful_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
)

// request are the lines of a request's head.
func request(method, path string, fields ...string) []string {
	return append([]string{":method: " + method, ":scheme: https", ":authority: " + h2test.Host, ":path: " + path}, fields...)
}

func setting(id, value uint32) http2.Setting {
	return http2.Setting{ID: http2.SettingID(id), Val: value}
}

// openings are what programs send before their first request, measured.
var openings = []struct {
	name   string
	frames []h2test.Frame
}{
	{"Chromium", []h2test.Frame{h2test.Settings(setting(1, 65536), setting(2, 0), setting(4, 6291456), setting(6, 262144)),
		h2test.WindowUpdate(0, 15663105)}},
	{"curl", []h2test.Frame{h2test.Settings(setting(3, 100), setting(4, 33554432), setting(2, 0)), h2test.WindowUpdate(0, 33488897)}},
	{"Node", []h2test.Frame{h2test.Settings()}},
	{"Firefox, with its tree of priorities", []h2test.Frame{h2test.Settings(setting(1, 65536), setting(4, 131072), setting(5, 16384)),
		h2test.WindowUpdate(0, 12517377), h2test.Priority(3, http2.PriorityParam{Weight: 200}),
		h2test.Priority(5, http2.PriorityParam{Weight: 100}), h2test.Priority(7, http2.PriorityParam{}),
		h2test.Priority(9, http2.PriorityParam{StreamDep: 7}), h2test.Priority(11, http2.PriorityParam{StreamDep: 3})}},
	{"a setting that is not known", []h2test.Frame{h2test.Settings(setting(0x6a6a, 77), setting(9, 1), setting(4, 70000))}},
	{"a small table", []h2test.Frame{h2test.Settings(setting(1, 0))}},
}

// The opening is the client's, towards the origin, and the origin's, towards the client.
func TestOpeningPasses(t *testing.T) {
	for _, opening := range openings {
		t.Run(opening.name, func(t *testing.T) {
			h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
				client, origin := route.Open()
				client.SendPreface()
				client.Send(opening.frames...)
				origin.ExpectPreface()
				for _, f := range opening.frames {
					origin.Expect(f.String())
				}
				answer := h2test.Settings(setting(3, 128), setting(4, 65536), setting(5, 16777215))
				origin.Send(answer, h2test.WindowUpdate(0, 2147418112))
				client.Expect(answer.String())
				client.Until("the origin's window", func(f h2test.Frame) bool { return f.String() == "WINDOW_UPDATE 0 +2147418112" })
			})
		})
	}
}

// heads pass with their fields in order, with their crumbs and duplicates, never indexed
// where they were, in whatever frames.
var heads = []struct {
	name  string
	lines []string
	shape func(h2test.Frame) []h2test.Frame // nil: one frame
}{
	{"pseudo-header fields as curl has them", []string{":method: GET", ":path: /", ":scheme: https", ":authority: a.example"}, nil},
	{"pseudo-header fields as Node has them", []string{":path: /", ":method: GET", ":authority: a.example", ":scheme: https"}, nil},
	{"order, duplicates and crumbs", request("GET", "/", "z: 1", "cookie: a=1", "a: 2", "cookie: b=2", "z: 3", "cookie: a=1", "a: 2"), nil},
	{"never indexed", request("GET", "/", "!authorization: Bearer secret", "!cookie: a=1", "cookie: b=2", "!x-own: v", "x-own: v"), nil},
	{"no authority, a host field", []string{":method: GET", ":scheme: https", ":path: /", "host: a.example"}, nil},
	{"what looks like HTTP/1's framing", request("GET", "/", "content-length: 0", "te: trailers", "expect: "), nil},
	{"odd values", request("GET", "/", "empty: ", "latin: \xe9\xff", "comma: a,,b,", "quoted: \"a\tb\""), nil},
	{"odd paths", request("GET", "/%zz/..//;a=b?%&?q=\\^`{|}\"<>%"), nil},
	{"another scheme", []string{":method: GET", ":scheme: http", ":authority: a.example", ":path: /"}, nil},
	{"OPTIONS for all", request("OPTIONS", "*"), nil},
	{"a method of one's own", request("PROPFIND!", "/", "depth: 1"), nil},
	{"a port in the authority", []string{":method: GET", ":scheme: https", ":authority: a.example:443", ":path: /"}, nil},
	{"padding", request("GET", "/", "a: b"), func(f h2test.Frame) []h2test.Frame { return []h2test.Frame{f.Pad(100)} }},
	{"priority", request("GET", "/", "a: b"), func(f h2test.Frame) []h2test.Frame {
		return []h2test.Frame{f.Prioritized(http2.PriorityParam{StreamDep: 0, Exclusive: true, Weight: 255})}
	}},
	{"CONTINUATION", request("GET", "/", "a: b", "long: "+strings.Repeat("x", 40_000)), func(f h2test.Frame) []h2test.Frame {
		return f.Split(1, 0, 16384, 16384)
	}},
	{"many fields", request("GET", "/", slices.Repeat([]string{"many: fields"}, 500)...), nil},
}

func TestHeadsPass(t *testing.T) {
	for _, head := range heads {
		t.Run(head.name, func(t *testing.T) {
			h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
				client, origin := route.Started()
				f := client.Headers(1, head.lines...).End()
				frames := []h2test.Frame{f}
				if head.shape != nil {
					frames = head.shape(f)
				}
				client.Send(frames...)
				got := origin.ExpectFields(1, head.lines...)
				sent, _ := frames[0].Priority()
				if p, has := got.Priority(); p != sent || has != (frames[0].Flags&h2test.Prioritize != 0) {
					t.Errorf("priority %v %+v, want %+v", has, p, sent)
				}
				if got.Flags&h2test.EndStream == 0 || (got.Flags^frames[0].Flags)&h2test.Padded != 0 {
					t.Errorf("flags %x, sent %x", got.Flags, frames[0].Flags)
				}
				origin.Send(origin.Headers(1, ":status: 204").End())
				client.Expect("HEADERS 1 END_STREAM :status: 204")
				if route.Proxy != nil {
					sentAgain(t, route, head.lines)
				}
			})
		})
	}
}

// sentAgain has the first request sent again, and holds that it has the same fields.
func sentAgain(t *testing.T, route *h2test.Route, lines []string) {
	t.Helper()
	s, at := again(t, route, route.Proxy.Row(func(r flow.Row) bool { return r.Kind == flow.KindHTTP && r.Phase.Final() }).ID)
	at.Start()
	at.ExpectFields(1, lines...)
	at.Send(at.Headers(1, ":status: 204").End())
	if r := ended(t, s); r.Row.Status != 204 {
		t.Errorf("it fared %+v", r.Row)
	}
}

func TestAnswersPass(t *testing.T) {
	for name, frames := range map[string]func(*h2test.Peer) []h2test.Frame{
		"interim heads": func(o *h2test.Peer) []h2test.Frame {
			return []h2test.Frame{o.Headers(1, ":status: 103", "link: </a>"), o.Headers(1, ":status: 103", "link: </b>"),
				o.Headers(1, ":status: 102"), o.Headers(1, ":status: 200").End()}
		},
		"fields in order": func(o *h2test.Peer) []h2test.Frame {
			return []h2test.Frame{o.Headers(1, ":status: 200", "z: 1", "!set-cookie: a=1", "a: 2", "set-cookie: b=2", "z: 1").End()}
		},
		"trailers that were not announced": func(o *h2test.Peer) []h2test.Frame {
			return []h2test.Frame{o.Headers(1, ":status: 200"), h2test.Data(1, "body"),
				o.Headers(1, "grpc-status: 0", "a: b", "a: c").End()}
		},
		"DATA as it is cut, padded, empty": func(o *h2test.Peer) []h2test.Frame {
			return []h2test.Frame{o.Headers(1, ":status: 200"), h2test.Data(1, "a"), h2test.Data(1, "bc").Pad(7), h2test.Data(1, ""),
				h2test.Data(1, strings.Repeat("x", 16384)), h2test.Data(1, "").End()}
		},
		"a status of one's own": func(o *h2test.Peer) []h2test.Frame {
			return []h2test.Frame{o.Headers(1, ":status: 799").End()}
		},
		"padded head in pieces": func(o *h2test.Peer) []h2test.Frame {
			return o.Headers(1, ":status: 200", "long: "+strings.Repeat("y", 20_000)).Pad(3).End().Split(5, 16384)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
				client, origin := route.Started()
				client.Send(client.Headers(1, request("GET", "/")...).End())
				origin.ExpectFields(1, request("GET", "/")...)
				sent := frames(origin)
				origin.Send(sent...)
				for _, f := range sent {
					if f.Type != http2.FrameContinuation {
						client.Expect(f.String())
					}
				}
			})
		})
	}
}

func TestTrailersOfRequestsPass(t *testing.T) {
	h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
		client, origin := route.Started()
		client.Send(client.Headers(1, request("POST", "/")...), h2test.Data(1, "body").Pad(1),
			client.Headers(1, "x-sum: 1", "!x-key: 2").End())
		origin.ExpectFields(1, request("POST", "/")...)
		origin.Expect(`DATA 1 PADDED "body"`, "HEADERS 1 END_STREAM x-sum: 1 | !x-key: 2")
		origin.Send(origin.Headers(1, ":status: 200").End())
		client.Expect("HEADERS 1 END_STREAM :status: 200")
	})
}

// codes of RFC 9113 section 7, and one that is not known.
var codes = []http2.ErrCode{http2.ErrCodeNo, http2.ErrCodeProtocol, http2.ErrCodeInternal, http2.ErrCodeFlowControl,
	http2.ErrCodeSettingsTimeout, http2.ErrCodeStreamClosed, http2.ErrCodeFrameSize, http2.ErrCodeRefusedStream, http2.ErrCodeCancel,
	http2.ErrCodeCompression, http2.ErrCodeConnect, http2.ErrCodeEnhanceYourCalm, http2.ErrCodeInadequateSecurity,
	http2.ErrCodeHTTP11Required, 0xabcdef}

// A client must be able to see why: HTTP_1_1_REQUIRED sends it to HTTP/1.1, REFUSED_STREAM
// lets it repeat, NO_ERROR behind an answer ends its upload.
func TestResetsPassWithTheirCodes(t *testing.T) {
	h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
		client, origin := route.Started()
		for i, code := range codes {
			refused, left := uint32(4*i+1), uint32(4*i+3)
			client.Send(client.Headers(refused, request("POST", "/refused")...))
			origin.ExpectFields(refused, request("POST", "/refused")...)
			origin.Send(h2test.Reset(refused, code))
			client.Expect(fmt.Sprintf("RST_STREAM %d %v", refused, code))
			client.Send(client.Headers(left, request("POST", "/left")...))
			origin.ExpectFields(left, request("POST", "/left")...)
			client.Send(h2test.Reset(left, code))
			origin.Expect(fmt.Sprintf("RST_STREAM %d %v", left, code))
		}
	})
}

// An answer is complete, and then the origin says that it needs no more of the request.
func TestAnswerBeforeTheWholeRequestAndNoError(t *testing.T) {
	h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
		client, origin := route.Started()
		client.Send(client.Headers(1, request("POST", "/")...), h2test.Data(1, "part"))
		origin.ExpectFields(1, request("POST", "/")...)
		origin.Expect(`DATA 1 "part"`)
		origin.Send(origin.Headers(1, ":status: 413"), h2test.Data(1, "no").End(), h2test.Reset(1, http2.ErrCodeNo))
		client.Expect("HEADERS 1 :status: 413", `DATA 1 END_STREAM "no"`, "RST_STREAM 1 NO_ERROR")
	})
}

func TestGoAwayPassesBothWays(t *testing.T) {
	h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
		client, origin := route.Started()
		client.Send(client.Headers(1, request("GET", "/")...).End(), client.Headers(3, request("POST", "/")...).End())
		origin.ExpectFields(1, request("GET", "/")...)
		origin.ExpectFields(3, request("POST", "/")...)
		origin.Send(h2test.GoAway(1<<31-1, http2.ErrCodeNo, ""), h2test.GoAway(1, http2.ErrCodeEnhanceYourCalm, "too much"))
		client.Expect("GOAWAY 0 last 2147483647 NO_ERROR \"\"", `GOAWAY 0 last 1 ENHANCE_YOUR_CALM "too much"`)
		origin.Send(origin.Headers(1, ":status: 204").End())
		client.Expect("HEADERS 1 END_STREAM :status: 204")
		client.Send(h2test.GoAway(0, http2.ErrCodeNo, "bye"))
		origin.Expect(`GOAWAY 0 last 0 NO_ERROR "bye"`)
	})
}

// Frames that HTTP/2 does not know, and those of extensions.
func TestExtensionsPass(t *testing.T) {
	own := func(kind http2.FrameType, stream uint32, payload string) h2test.Frame {
		return h2test.Frame{Type: kind, Flags: 0x10, Stream: stream, Payload: []byte(payload)}
	}
	h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
		client, origin := route.Started()
		client.Send(client.Headers(1, request("GET", "/")...).End())
		origin.ExpectFields(1, request("GET", "/")...)
		for _, f := range []h2test.Frame{h2test.PriorityUpdate(1, "u=1, i"), own(0xfa, 1, "on a stream"), own(0xfb, 0, "on none"),
			h2test.Priority(1, http2.PriorityParam{StreamDep: 3, Weight: 9})} {
			client.Send(f)
			origin.Expect(f.String())
		}
		for _, f := range []h2test.Frame{own(0xa, 0, "\x00\x09a.example h3=\":443\""), own(0xc, 0, "\x00\x11https://b.example"),
			own(0xfa, 1, "on a stream")} {
			origin.Send(f)
			client.Expect(f.String())
		}
	})
}

// Nothing is taken that the other end has not granted: what a client grants is what the
// origin gets, byte for byte.
func TestWindowsAreThePeers(t *testing.T) {
	h2test.WithoutRules(t, nil, func(t *testing.T, route *h2test.Route) {
		client, origin := route.Open()
		client.SendPreface()
		client.Send(h2test.Settings(setting(4, 10)), client.Headers(1, request("GET", "/")...).End())
		origin.ExpectPreface()
		origin.Expect("SETTINGS 0 4:10")
		origin.Until("the request", func(f h2test.Frame) bool { return f.Type == http2.FrameHeaders })
		origin.Send(h2test.Settings(), origin.Headers(1, ":status: 200"), h2test.Data(1, "0123456789"))
		client.Until("ten bytes", func(f h2test.Frame) bool { return f.String() == `DATA 1 "0123456789"` })
		client.Send(h2test.WindowUpdate(1, 5), h2test.WindowUpdate(0, 7))
		origin.Until("five bytes of window", func(f h2test.Frame) bool { return f.String() == "WINDOW_UPDATE 1 +5" })
		origin.Until("seven of the connection's", func(f h2test.Frame) bool { return f.String() == "WINDOW_UPDATE 0 +7" })
		client.Send(h2test.Settings(setting(4, 100)))
		origin.Until("more for all streams", func(f h2test.Frame) bool { return f.String() == "SETTINGS 0 4:100" })
	})
}

// WebSocket over HTTP/2 (RFC 8441) is a row as any WebSocket.
func TestExtendedConnect(t *testing.T) {
	h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
		client, origin := route.Open()
		client.SendPreface()
		client.Send(h2test.Settings())
		origin.ExpectPreface()
		origin.Send(h2test.Settings(setting(8, 1)))
		client.Expect("SETTINGS 0 8:1")
		client.KeepHouse()
		origin.KeepHouse()
		head := []string{":method: CONNECT", ":protocol: websocket", ":scheme: https", ":path: /chat", ":authority: a.example",
			"sec-websocket-version: 13"}
		client.Send(client.Headers(1, head...))
		origin.ExpectFields(1, head...)
		origin.Send(origin.Headers(1, ":status: 200", "sec-websocket-protocol: chat"))
		client.ExpectFields(1, ":status: 200", "sec-websocket-protocol: chat")
		client.Send(h2test.Data(1, "\x81\x80mask"))
		origin.Expect(`DATA 1 "\x81\x80mask"`)
		origin.Send(h2test.Data(1, "\x81\x02hi"), h2test.Data(1, "").End())
		client.Expect(`DATA 1 "\x81\x02hi"`, `DATA 1 END_STREAM ""`)
		client.Send(h2test.Data(1, "").End())
		origin.Expect(`DATA 1 END_STREAM ""`)
		if route.Proxy == nil {
			return
		}
		row := route.Proxy.Row(func(r flow.Row) bool { return r.Path == "/chat" && r.Phase.Final() })
		if row.Kind != flow.KindUpgraded || row.Method != "CONNECT" || row.Status != 200 || row.RequestSize != 6 || row.ResponseSize != 4 ||
			row.Failure != flow.FailureNone {
			t.Errorf("row %+v", row)
		}
	})
}

// A connection that the origin ends with a code: the row says which, and the client's
// stream ends with it too.
func TestRowsNameTheCodeOfGOAWAY(t *testing.T) {
	route := h2test.Through(t, nil)
	client, origin := route.Started()
	client.Send(client.Headers(1, request("GET", "/")...).End())
	origin.ExpectFields(1, request("GET", "/")...)
	origin.Send(h2test.GoAway(1, http2.ErrCodeEnhanceYourCalm, "too much"))
	client.Until("GOAWAY", func(f h2test.Frame) bool { return f.Type == http2.FrameGoAway })
	origin.Close()
	client.Until("the reset", func(f h2test.Frame) bool { return f.String() == "RST_STREAM 1 ENHANCE_YOUR_CALM" })
	row := route.Proxy.Row(func(r flow.Row) bool { return r.Path == "/" && r.Phase.Final() })
	if row.Failure != flow.FailureOriginClosed || !strings.Contains(fmt.Sprint(row.Reason.Args()...), "ENHANCE_YOUR_CALM") {
		t.Errorf("row %+v", row)
	}
}
