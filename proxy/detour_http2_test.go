package proxy_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// calls is a request for a method of gRPC.
func calls(path string, more ...string) []string {
	return on("POST", path, append([]string{"content-type: application/grpc", "te: trailers"}, more...)...)
}

// elsewhere is where rules send requests for /x without TLS.
type elsewhere struct {
	t  *testing.T
	ln *net.TCPListener
}

func newElsewhere(t *testing.T) *elsewhere {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return &elsewhere{t, ln.(*net.TCPListener)}
}

func (e *elsewhere) rule(path string) string {
	return fmt.Sprintf("[[rule]]\nname='Stage'\nwhen='path:%s'\nsend = { scheme = 'http', host = '127.0.0.1', port = %d }\n", path,
		e.ln.Addr().(*net.TCPAddr).Port)
}

// accept is the next connection, as an origin of HTTP/2.
func (e *elsewhere) accept() *h2test.Peer {
	e.t.Helper()
	_ = e.ln.SetDeadline(time.Now().Add(proxytest.Deadline))
	conn, err := e.ln.Accept()
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = conn.Close() })
	return h2test.NewServer(e.t, "other", conn)
}

// toGRPC is a route whose requests for /x go to e, in HTTP/2 where they are of gRPC.
func toGRPC(t *testing.T, e *elsewhere, more string) *h2test.Route {
	t.Helper()
	return ruledRoute(t, e.rule("/x")+more)
}

// detourOpening is what such a connection begins with.
var detourOpening = []string{"SETTINGS 0 2:0 4:262144", "WINDOW_UPDATE 0 +16711681"}

// A request of gRPC goes to a server without TLS in HTTP/2: fields in order, what is never indexed, interim responses,
// bodies both ways at a time, and trailers. Others go there in HTTP/1.1, and the next one over the same connection.
func TestRulesSendGRPCElsewhere(t *testing.T) {
	e := newElsewhere(t)
	route := toGRPC(t, e, "[[rule]]\nwhen='path:/x'\nrequest.set=['X-Two: 2']\n")
	client, origin := route.Started()
	client.Send(client.Headers(1, calls("/x?q", "!secret: 1", "cookie: a=1", "cookie: b=2")...),
		client.Headers(3, on("GET", "/a")...).End(), h2test.Data(1, "abc").Pad(3))
	origin.ExpectFields(3, on("GET", "/a")...)
	other := e.accept()
	other.ExpectPreface()
	other.Expect(detourOpening...)
	other.Send(h2test.Settings())
	other.KeepHouse()
	at := e.ln.Addr().String()
	other.ExpectFields(1, ":method: POST", ":scheme: http", ":authority: "+at, ":path: /x?q", "content-type: application/grpc",
		"te: trailers", "!secret: 1", "cookie: a=1", "cookie: b=2", "x-two: 2")
	other.Expect(`DATA 1 "abc"`)
	other.Send(other.Headers(1, ":status: 103", "link: a"), other.Headers(1, ":status: 200", "!set: 1"), h2test.Data(1, "one").Pad(2))
	client.ExpectFields(1, ":status: 103", "link: a")
	client.ExpectFields(1, ":status: 200", "!set: 1")
	client.Expect(`DATA 1 "one"`)
	client.Send(h2test.Data(1, "def"))
	other.Expect(`DATA 1 "def"`)
	other.Send(h2test.Data(1, "two"))
	client.Expect(`DATA 1 "two"`)
	client.Send(client.Headers(1, "!t: 1").End())
	other.ExpectFields(1, "!t: 1")
	other.Send(other.Headers(1, "grpc-status: 0", "!t: 2").End())
	client.ExpectFields(1, "grpc-status: 0", "!t: 2")
	row, x, codes := finishedAt(route, "/x?q")
	if row.Failure != 0 || row.Proto != "HTTP/2.0" || row.Status != 200 || row.Remote.String() != at || row.RequestSize != 6 ||
		row.ResponseSize != 6 || row.Timing.Reused {
		t.Errorf("%+v", row)
	}
	if want := []flow.ReasonCode{reason.RuleSent, reason.RuleDetour, reason.RuleRequest}; !slices.Equal(codes, want) {
		t.Error(codes)
	}
	if args := x.Ruled.Did[1].Args(); len(args) != 1 || fmt.Sprint(args[0]) != "HTTP/2" {
		t.Error(args)
	}
	if !strings.Contains(string(x.Ruled.Request), ":authority: "+at) || string(x.ResponseTrailer) != "grpc-status: 0\r\nt: 2\r\n" ||
		string(x.RequestTrailer) != "t: 1\r\n" {
		t.Errorf("%q %q %q", x.Ruled.Request, x.ResponseTrailer, x.RequestTrailer)
	}
	client.Send(client.Headers(5, calls("/x")...).End())
	other.ExpectHead(3, ":method: POST")
	other.Send(other.Headers(3, ":status: 200", "grpc-status: 5").End()) // an answer that is a head alone
	client.ExpectFields(5, ":status: 200", "grpc-status: 5")
	if row, _, _ := finishedAt(route, "/x"); row.Failure != 0 || !row.Timing.Reused {
		t.Errorf("%+v", row)
	}
	client.Send(client.Headers(7, on("GET", "/x")...).End())
	conn, err := e.ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	head := make([]byte, len("GET /x HTTP/1.1\r\n"))
	if _, err := conn.Read(head); err != nil || string(head) != "GET /x HTTP/1.1\r\n" {
		t.Errorf("%q %v", head, err)
	}
	_, _ = conn.Write([]byte("HTTP/1.1 204 No Content\r\n\r\n"))
	client.ExpectHead(7, ":status: 204")
	goesOn(client, origin)
}

// resolved is a route whose requests for /x go to another connection of its origin, which speaks the protocols.
func resolved(t *testing.T, protocols ...string) (route *h2test.Route, client, origin *h2test.Peer, accept func() *tls.Conn) {
	t.Helper()
	route = ruledRoute(t, "")
	route.Configure(func(c *proxy.Config) {
		c.Rules = ruleSet(t, "[[rule]]\nname='R'\nwhen='path:/x'\nresolve = '"+route.Addr()+"'")
	})
	client, origin = route.Started()
	route.ServerTLS().NextProtos = protocols // of connections to come
	return route, client, origin, route.Accept
}

// Over TLS what is spoken is agreed on: HTTP/2, with Posthouse's own opening.
func TestRulesResolveStreamsOverHTTP2(t *testing.T) {
	route, client, origin, accept := resolved(t, "h2", "http/1.1")
	client.Send(client.Headers(1, on("GET", "/x", "!a: b")...).End())
	conn := accept()
	if s := conn.ConnectionState(); s.NegotiatedProtocol != "h2" || s.ServerName != "a.example" {
		t.Fatalf("%+v", s)
	}
	other := h2test.NewServer(t, "other", conn)
	other.ExpectPreface()
	other.Expect(detourOpening...)
	other.Send(h2test.Settings())
	other.KeepHouse()
	other.ExpectFields(1, on("GET", "/x", "!a: b")...)
	other.Send(other.Headers(1, ":status: 200").End())
	client.ExpectFields(1, ":status: 200")
	row, x, codes := finishedAt(route, "/x")
	if row.Failure != 0 || !slices.Equal(codes, []flow.ReasonCode{reason.RuleResolved, reason.RuleDetour}) {
		t.Errorf("%+v %v", row, codes)
	}
	if s := x.Secure; s.Origin.ALPN != "h2" || s.Client.ALPN != "h2" || row.Timing.Connected <= row.Timing.Dialed {
		t.Errorf("%+v %+v", s, row.Timing)
	}
	goesOn(client, origin)
}

// Where the origin chooses HTTP/1.1 that is spoken over the connection that was made, and asked for at once from then on.
func TestRulesResolveStreamsOverHTTP1(t *testing.T) {
	route, client, origin, accept := resolved(t, "http/1.1")
	client.Send(client.Headers(1, on("GET", "/x")...).End())
	conn := accept()
	read := bufio.NewReader(conn)
	for stream := uint32(1); stream < 6; stream += 2 {
		if stream > 1 {
			client.Send(client.Headers(stream, on("GET", "/x")...).End())
		}
		if r, err := http.ReadRequest(read); err != nil || r.Host != "a.example" || r.URL.Path != "/x" {
			t.Fatalf("%+v %v", r, err)
		}
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
		client.ExpectHead(stream, ":status: 200")
		client.ExpectBody(stream, "ok")
	}
	row, x, codes := finishedAt(route, "/x")
	if row.Failure != 0 || !slices.Equal(codes, []flow.ReasonCode{reason.RuleResolved, reason.RuleDetour}) ||
		fmt.Sprint(x.Ruled.Did[1].Args()[0]) != "HTTP/1.1" {
		t.Errorf("%+v %v", row, codes)
	}
	goesOn(client, origin)
}

// What is not reached, and whose certificate does not pass, is said to each stream that waits for it.
func TestRulesSendStreamsNowhereOverHTTP2(t *testing.T) {
	e := newElsewhere(t)
	_ = e.ln.Close()
	route := toGRPC(t, e, "[[rule]]\nwhen='path:/t'\nsend={scheme='https',host='127.0.0.1',port=1}\n")
	client, origin := route.Started()
	client.Send(client.Headers(1, calls("/x")...), client.Headers(3, calls("/x")...).End(), client.Headers(5, on("GET", "/t")...).End())
	got := map[uint32]string{}
	for len(got) < 3 {
		if f := client.Next(); f.Type == http2.FrameHeaders {
			got[f.Stream] = f.Fields[0].Value
		}
	}
	if got[1] != "502" || got[3] != "502" || got[5] != "502" {
		t.Error(got)
	}
	for _, path := range []string{"/x", "/t"} {
		row, _, codes := finishedAt(route, path)
		if row.Failure != flow.FailureRefused || row.Status != 502 || !slices.Contains(codes, reason.RuleSent) {
			t.Errorf("%+v %v", row, codes)
		}
	}
	goesOn(client, origin)
}

// A stream ends as either end of it has ended it, with the code; a client that leaves, and an origin that does.
func TestRulesSendStreamsThatEndOverHTTP2(t *testing.T) {
	for what, c := range map[string]struct {
		end     func(client, origin, other *h2test.Peer)
		failure flow.Failure
	}{
		"client resets": {func(client, _, other *h2test.Peer) {
			client.Send(h2test.Reset(1, http2.ErrCodeInternal))
			other.UntilReset(1, http2.ErrCodeInternal)
		}, flow.FailureClientGone},
		"other resets": {func(client, _, other *h2test.Peer) {
			other.Send(h2test.Reset(1, http2.ErrCodeEnhanceYourCalm))
			client.UntilReset(1, http2.ErrCodeEnhanceYourCalm)
		}, flow.FailureOriginClosed},
		"other refuses": {func(client, _, other *h2test.Peer) {
			other.Send(h2test.Reset(1, http2.ErrCodeRefusedStream))
			client.UntilReset(1, http2.ErrCodeRefusedStream)
		}, flow.FailureOriginClosed},
		"other wants no more": {func(client, _, other *h2test.Peer) {
			other.Send(other.Headers(1, ":status: 200"), h2test.Data(1, "all").End(), h2test.Reset(1, http2.ErrCodeNo))
			client.ExpectHead(1, ":status: 200")
			client.Expect(`DATA 1 END_STREAM "all"`)
			client.UntilReset(1, http2.ErrCodeNo)
		}, flow.FailureNone},
		"other breaks off": {func(client, _, other *h2test.Peer) {
			other.Send(other.Headers(1, ":status: 200"), h2test.Data(1, "abc"), h2test.Reset(1, http2.ErrCodeInternal))
			client.ExpectHead(1, ":status: 200")
			client.Expect(`DATA 1 "abc"`)
			client.UntilReset(1, http2.ErrCodeInternal)
		}, flow.FailureTruncated},
		"other has not worked on it": {func(client, _, other *h2test.Peer) {
			other.Send(h2test.GoAway(0, http2.ErrCodeNo, ""))
			client.UntilReset(1, http2.ErrCodeRefusedStream)
		}, flow.FailureOriginClosed},
		"other leaves": {func(client, _, other *h2test.Peer) {
			other.Close()
			client.ExpectHead(1, ":status: 502")
		}, flow.FailureOriginClosed},
		"client leaves": {func(client, _, other *h2test.Peer) {
			client.Close()
			other.UntilGone()
		}, flow.FailureClientGone},
		"left behind": {func(client, origin, other *h2test.Peer) {
			origin.Close()
			client.UntilReset(1, http2.ErrCodeInternal)
			other.UntilGone()
		}, flow.FailureOriginClosed},
	} {
		t.Run(what, func(t *testing.T) {
			e := newElsewhere(t)
			route := toGRPC(t, e, "")
			client, origin := route.Started()
			client.Send(client.Headers(1, calls("/x")...))
			other := e.accept().Start()
			other.ExpectHead(1)
			c.end(client, origin, other)
			row, _, _ := finishedAt(route, "/x")
			if row.Failure != c.failure {
				t.Errorf("%+v", row)
			}
			if what == "left behind" && row.Reason.Code != reason.RuleDetourEnded {
				t.Errorf("%+v", row)
			}
			if strings.HasPrefix(what, "other") && what != "other leaves" && what != "other has not worked on it" {
				client.Send(client.Headers(3, calls("/x")...).End()) // over the same connection
				other.ExpectHead(3)
			}
		})
	}
}
