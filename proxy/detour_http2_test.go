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

// A stream keeps to the streams that the origin takes, and the next goes on when one has ended; whatever order that is in.
func TestRulesSendStreamsAsTheOriginTakesThem(t *testing.T) {
	e := newElsewhere(t)
	route := toGRPC(t, e, "")
	client, origin := route.Started()
	client.Send(client.Headers(1, calls("/x")...))
	other := e.accept().Start(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 1})
	other.ExpectHead(1)
	other.StillThere()
	for stream := uint32(3); stream < 11; stream += 2 {
		client.Send(client.Headers(stream, calls("/x")...).End())
	}
	client.Send(h2test.Reset(5, http2.ErrCodeCancel)) // while it waits
	goneRow, _, _ := finishedAt(route, "/x")
	if goneRow.Failure != flow.FailureClientGone || goneRow.Remote.IsValid() {
		t.Errorf("%+v", goneRow)
	}
	client.Send(h2test.Data(1, "").End())
	other.Expect(`DATA 1 END_STREAM ""`)
	for i := uint32(1); i < 8; i += 2 { // one after the other
		other.Send(other.Headers(i, ":status: 200").End())
		client.Until("an answer", func(f h2test.Frame) bool { return f.Type == http2.FrameHeaders })
		if i < 7 {
			other.ExpectHead(i + 2)
		}
	}
	goesOn(client, origin)
}

// A client that takes nothing of one answer has others go on, and its origin wait; one that does not wait is closed.
func TestRulesSendStreamsWithinWindows(t *testing.T) {
	e := newElsewhere(t)
	route := toGRPC(t, e, "")
	client, origin := route.Open()
	client.Start(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 10})
	origin.Start()
	client.Send(client.Headers(1, calls("/x?1")...).End())
	other := e.accept().Start()
	other.ExpectHead(1)
	piece := strings.Repeat("x", 16<<10)
	other.Send(other.Headers(1, ":status: 200"))
	for range 16 { // its whole window
		other.Send(h2test.Data(1, piece))
	}
	client.ExpectHead(1, ":status: 200")
	client.Expect(`DATA 1 "xxxxxxxxxx"`)
	client.Send(client.Headers(3, calls("/x?2")...).End())
	other.ExpectHead(3)
	other.Send(other.Headers(3, ":status: 200"), h2test.Data(3, "ok").End())
	client.ExpectHead(3, ":status: 200")
	client.Expect(`DATA 3 END_STREAM "ok"`)
	client.Send(h2test.WindowUpdate(1, 100<<10), h2test.WindowUpdate(0, 1<<20))
	other.KeepHouse()
	got := 10
	for got < 100<<10 {
		f := client.Next()
		if f.Type != http2.FrameData || f.Stream != 1 {
			t.Fatal(f)
		}
		got += len(f.Content())
	}
	for range 30 { // more than was granted, and more than is held
		if other.TrySend(h2test.Data(1, piece)) != nil {
			break
		}
	}
	row, _, _ := finishedAt(route, "/x?1")
	if row.Failure != flow.FailureBadResponse || row.Reason.Code != reason.H2Malformed {
		t.Errorf("%+v", row)
	}
	client.Send(h2test.WindowUpdate(1, 1<<20))
	client.UntilReset(1, http2.ErrCodeInternal)
	goesOn(client, origin)
}

// An origin that asks for more answers than are held, and one that pushes, lose their connection; the client's goes on.
func TestRulesSendStreamsToHostileOrigins(t *testing.T) {
	for what, bad := range map[string]func(other *h2test.Peer){
		"pushes": func(other *h2test.Peer) {
			block := other.Headers(2, on("GET", "/p")...)
			block.Type, block.Stream, block.Payload = http2.FramePushPromise, 1, append([]byte{0, 0, 0, 2}, block.Payload...)
			_ = other.TrySend(block)
		},
		"is none": func(other *h2test.Peer) { other.SendBytes([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) },
		"has a head without end": func(other *h2test.Peer) {
			for range 200 {
				frame := h2test.Continuation(1, []byte(strings.Repeat("x", 16<<10)))
				if other.TrySend(frame) != nil {
					return
				}
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			e := newElsewhere(t)
			route := toGRPC(t, e, "")
			client, origin := route.Started()
			client.Send(client.Headers(1, calls("/x")...).End())
			other := e.accept().Quiet()
			other.ExpectPreface()
			if what != "is none" {
				other.Send(h2test.Settings())
			}
			if strings.HasPrefix(what, "has a head") {
				other.Send(h2test.Frame{Type: http2.FrameHeaders, Stream: 1, Payload: []byte{0x88}})
			}
			bad(other)
			client.Until("an end", func(f h2test.Frame) bool { return f.Stream == 1 })
			if row, _, _ := finishedAt(route, "/x"); row.Failure != flow.FailureBadResponse {
				t.Errorf("%+v", row)
			}
			goesOn(client, origin)
		})
	}
}

// There are as many places as that at a time; one that nothing uses gives way.
func TestRulesSendStreamsToManyPlaces(t *testing.T) {
	const places = 16
	text := ""
	var all []*elsewhere
	for i := range places + 1 {
		e := newElsewhere(t)
		all = append(all, e)
		text += e.rule(fmt.Sprintf("/x%02d", i))
	}
	route := ruledRoute(t, text)
	client, origin := route.Started()
	peers := make([]*h2test.Peer, places)
	for i := range places {
		client.Send(client.Headers(uint32(1+2*i), calls(fmt.Sprintf("/x%02d", i))...).End())
		peers[i] = all[i].accept().Start()
		peers[i].ExpectHead(1)
	}
	client.Send(client.Headers(101, calls("/x16")...).End())
	client.UntilReset(101, http2.ErrCodeRefusedStream)
	if row, _, _ := finishedAt(route, "/x16"); row.Failure != flow.FailureLimit || row.Reason.Code != reason.RuleDetourMany {
		t.Errorf("%+v", row)
	}
	peers[3].Send(peers[3].Headers(1, ":status: 200").End())
	client.ExpectHead(7, ":status: 200")
	client.Send(client.Headers(103, calls("/x16")...).End())
	last := all[places].accept().Start()
	last.ExpectHead(1)
	peers[3].UntilGone()
	last.Send(last.Headers(1, ":status: 200").End())
	client.ExpectHead(103, ":status: 200")
	goesOn(client, origin)
}
