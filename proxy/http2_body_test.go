package proxy_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

func finishedAt(route *h2test.Route, path string) (flow.Row, flow.Exchange, []flow.ReasonCode) {
	row := route.Proxy.Row(func(r flow.Row) bool { return r.Path == path && r.Phase.Final() })
	x := route.Proxy.Exchange(row.ID)
	var codes []flow.ReasonCode
	for _, r := range x.Ruled.Did {
		codes = append(codes, r.Code)
	}
	return row, x, codes
}

func on(method, path string, more ...string) []string {
	return append([]string{":method: " + method, ":scheme: https", ":authority: a.example", ":path: " + path}, more...)
}

// Over HTTP/2 responses are changed likewise, other streams go on meanwhile, and trailers are kept.
func TestRulesChangeResponseBodiesOverHTTP2(t *testing.T) {
	zipped, err := content.Encode("gzip", []byte("a cat"), true)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		rule       string
		head, want []string
		body, then string
		trailer    bool
		effects    flow.Effects
	}{
		"length": {replaces, []string{"content-length: 6"}, []string{"content-length: 8"}, "a cat.", "a tiger.", false,
			flow.EffectResponse},
		"trailer": {patterns, nil, nil, "caat", "[aa]", true, flow.EffectResponse},
		"json":    {sets, []string{"a: b"}, []string{"a: b"}, `{"a":1}`, `{"a":22}`, false, flow.EffectResponse},
		"text":    {places, []string{"content-length: 3"}, []string{"content-length: 6"}, "cat", "placed", false, flow.EffectResponse},
		"nothing": {replaces, []string{"content-length: 3"}, []string{"content-length: 3"}, "dog", "dog", false, 0},
		"no json": {sets, nil, nil, "<a>", "<a>", false, flow.EffectFailed},
		"events": {sets, []string{"content-type: text/event-stream"}, []string{"content-type: text/event-stream"}, "cat", "cat", false,
			flow.EffectFailed},
		"gRPC": {replaces, []string{"content-type: application/grpc"}, []string{"content-type: application/grpc"}, "cat", "cat", true,
			flow.EffectFailed},
		"coding": {sets, []string{"content-encoding: x"}, []string{"content-encoding: x"}, `{"a":1}`, `{"a":1}`, false, flow.EffectFailed},
		"gzip": {replaces, []string{"content-encoding: gzip"}, []string{"content-encoding: gzip"}, string(zipped), "", false,
			flow.EffectResponse},
	} {
		t.Run(what, func(t *testing.T) {
			route := ruledRoute(t, strings.Replace(c.rule, "[[rule]]", "[[rule]]\nwhen='path:/b'", 1))
			client, origin := route.Started()
			client.Send(client.Headers(1, on("GET", "/b")...).End(), client.Headers(3, on("GET", "/a")...).End())
			origin.ExpectFields(1, on("GET", "/b")...)
			origin.ExpectFields(3, on("GET", "/a")...)
			half := len(c.body) / 2
			origin.Send(origin.Headers(1, append([]string{":status: 200"}, c.head...)...), h2test.Data(1, c.body[:half]).Pad(5))
			early := c.effects == flow.EffectFailed && what != "no json" ||
				slices.Contains([]string{"trailer", "text", "gzip"}, what) // the head goes first
			if !early {
				origin.Send(origin.Headers(3, ":status: 204").End())
				client.ExpectFields(3, ":status: 204")
			}
			if c.trailer {
				origin.Send(h2test.Data(1, c.body[half:]), origin.Headers(1, "t: 1").End())
			} else {
				origin.Send(h2test.Data(1, c.body[half:]).End())
			}
			client.ExpectFields(1, append([]string{":status: 200"}, c.want...)...)
			if what == "events" || what == "coding" || what == "gRPC" {
				row, _, codes := finishedAt(route, "/b")
				if row.Effects != flow.EffectApplied|c.effects || !slices.Contains(codes, reason.RuleFailed) {
					t.Errorf("%+v", row)
				}
				return
			}
			row, x, _ := finishedAt(route, "/b")
			if row.Effects != flow.EffectApplied|c.effects || row.Failure != 0 || string(x.ResponseBody.Bytes) != c.body {
				t.Errorf("%+v %q", row, x.ResponseBody.Bytes)
			}
			if went := x.Ruled.ResponseBody; (c.effects == flow.EffectResponse) != (went.State == flow.BodyWhole) ||
				went.State == flow.BodyWhole && c.then != "" && string(went.Bytes) != c.then {
				t.Errorf("%v %q", went.State, went.Bytes)
			}
			if c.then != "" && !strings.Contains(c.body, "\x00") {
				if c.trailer {
					client.Expect(`DATA 1 `+strconv.Quote(c.then), "HEADERS 1 END_STREAM t: 1")
				} else {
					client.ExpectBody(1, c.then)
				}
			}
		})
	}
}

// Over HTTP/2 requests are changed likewise.
func TestRulesChangeRequestBodiesOverHTTP2(t *testing.T) {
	for what, c := range map[string]struct {
		rule       string
		head, want []string
		body, then string
		effects    flow.Effects
	}{
		"length": {replaces, []string{"content-length: 6"}, []string{"content-length: 8"}, "a cat.", "a tiger.", flow.EffectRequest},
		"json":   {sets, nil, nil, `{"a":1}`, `{"a":22}`, flow.EffectRequest},
		"text":   {places, []string{"content-length: 3"}, []string{"content-length: 6"}, "cat", "placed", flow.EffectRequest},
		"same":   {replaces, []string{"content-length: 3"}, []string{"content-length: 3"}, "dog", "dog", 0},
		"part":   {replaces, []string{"content-range: a"}, []string{"content-range: a"}, "cat", "cat", flow.EffectFailed},
	} {
		t.Run(what, func(t *testing.T) {
			route := ruledRoute(t, onRequests(strings.Replace(c.rule, "[[rule]]", "[[rule]]\nwhen='path:/b'", 1)))
			client, origin := route.Started()
			client.Send(client.Headers(1, on("POST", "/b", c.head...)...), client.Headers(3, on("GET", "/a")...).End())
			if c.effects != flow.EffectFailed {
				origin.ExpectFields(3, on("GET", "/a")...)
				client.Send(h2test.Data(1, c.body).End())
				origin.ExpectFields(5, on("POST", "/b", c.want...)...)
				origin.ExpectBody(5, c.then)
				origin.Send(origin.Headers(5, ":status: 204").End())
			} else {
				origin.ExpectFields(1, on("POST", "/b", c.want...)...)
				origin.ExpectFields(3, on("GET", "/a")...)
				client.Send(h2test.Data(1, c.body).End())
				origin.ExpectBody(1, c.then)
				origin.Send(origin.Headers(1, ":status: 204").End())
			}
			row, x, _ := finishedAt(route, "/b")
			if row.Effects != flow.EffectApplied|c.effects || row.Failure != 0 ||
				(c.effects == flow.EffectRequest) != (string(x.Ruled.RequestBody.Bytes) == c.then) {
				t.Errorf("%+v %+v", row, x.Ruled)
			}
		})
	}
}

// A client that leaves while a body is held ends the row, and nothing is left of it.
func TestRulesWhoseStreamEnds(t *testing.T) {
	route := ruledRoute(t, onRequests(sets))
	client, _ := route.Started()
	client.Send(client.Headers(1, on("POST", "/b")...), h2test.Data(1, "{"))
	route.Proxy.Row(func(r flow.Row) bool { return r.Path == "/b" && r.RequestSize == 1 })
	client.Send(h2test.Reset(1, http2.ErrCodeCancel))
	if row, _, _ := finishedAt(route, "/b"); row.Failure != flow.FailureClientGone {
		t.Errorf("%+v", row)
	}
}

// An origin whose response is not wanted to its end is not sent the rest of the request either.
func TestRulesCallOffBothWays(t *testing.T) {
	route := ruledRoute(t, strings.Replace(places, "[[rule]]", "[[rule]]\nwhen='path:/b'", 1)+
		onRequests(strings.Replace(replaces, "[[rule]]", "[[rule]]\nwhen='path:/b'", 1)))
	client, origin := route.Started()
	client.Send(client.Headers(1, on("POST", "/b")...), h2test.Data(1, "cat"))
	origin.ExpectFields(1, on("POST", "/b")...)
	origin.Expect(`DATA 1 "tiger"`)
	origin.Send(origin.Headers(1, ":status: 200"))
	client.ExpectHead(1)
	client.ExpectBody(1, "placed")
	origin.UntilReset(1, http2.ErrCodeCancel)
	client.Send(h2test.Data(1, "cat").End())
	row, x, codes := finishedAt(route, "/b")
	client.Send(client.Headers(3, on("GET", "/a")...).End())
	origin.ExpectFields(3, on("GET", "/a")...)
	if row.Failure != 0 || !slices.Contains(codes, reason.RuleRequestBody) || !slices.Contains(codes, reason.RuleResponseBody) {
		t.Errorf("%+v %+v %v", row, x.Ruled, codes)
	}
	goesOn(client, origin)
}

// Behind GOAWAY of the origin no request goes on without what rules do to its body: it is refused, and asked again elsewhere.
func TestRulesBehindGoAway(t *testing.T) {
	route := ruledRoute(t, onRequests(replaces))
	client, origin := route.Started()
	origin.Send(h2test.GoAway(1<<31-1, http2.ErrCodeNo, ""))
	client.Until("GOAWAY", func(f h2test.Frame) bool { return f.Type == http2.FrameGoAway })
	client.Send(client.Headers(1, on("POST", "/b")...), h2test.Data(1, "cat").End())
	client.UntilReset(1, http2.ErrCodeRefusedStream)
	if row, _, _ := finishedAt(route, "/b"); row.Failure != flow.FailureOriginClosed || row.Reason.Code != reason.H2Ending {
		t.Errorf("%+v", row)
	}
	goesOn(client, origin)
}

// A client that waits to be told so is told to send its body: by Posthouse where that is held, else by the origin.
func TestRulesAndExpectOverHTTP2(t *testing.T) {
	expects := append(on("POST", "/b"), "expect: 100-continue")
	for what, c := range map[string]struct {
		rule, length, body, want string
		held                     bool
	}{
		"whole":  {sets, "8", `{"a": 1}`, `{"a": 22}`, true},
		"short":  {replaces, "3", "cat", "tiger", true},
		"placed": {places, "3", "cat", "placed", true},
		"passes": {replaces, "", "cat", "tiger", false},
	} {
		t.Run(what, func(t *testing.T) {
			route := ruledRoute(t, onRequests(c.rule))
			client, origin := route.Started()
			head := expects
			if c.length != "" {
				head = append(slices.Clone(expects), "content-length: "+c.length)
			}
			client.Send(client.Headers(1, head...))
			if !c.held {
				origin.ExpectHead(1)
				origin.Send(origin.Headers(1, ":status: 100"))
			}
			client.Expect("HEADERS 1 :status: 100")
			client.Send(h2test.Data(1, c.body).End())
			if c.held {
				origin.ExpectHead(1)
			}
			origin.ExpectBody(1, c.want)
			if c.held {
				origin.Send(origin.Headers(1, ":status: 100")) // one is enough
			}
			origin.Send(origin.Headers(1, ":status: 201").End())
			client.Expect("HEADERS 1 END_STREAM :status: 201")
		})
	}
}
