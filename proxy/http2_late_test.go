package proxy_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// lateClient is a client of HTTP/2 whose origin is left to the first request that needs it.
func lateClient(t *testing.T, rules string) (*h2test.Route, *h2test.Peer) {
	t.Helper()
	route := ruledRoute(t, rules)
	return route, route.Client()
}

// mock asks for what the rule answers.
func mock(client *h2test.Peer, stream uint32) {
	client.Send(client.Headers(stream, on("GET", "/mock")...).End())
	client.ExpectHead(stream, ":status: 200")
	client.ExpectBody(stream, "mock")
}

// lateOrigin is the origin's side, once it is dialled.
func lateOrigin(t *testing.T, route *h2test.Route) *h2test.Peer {
	t.Helper()
	return h2test.NewServer(t, "origin", route.Accept())
}

// Over HTTP/2 the origin is dialled with the first stream that needs it. It gets the opening of the client, in its
// order, and the client its SETTINGS; what acknowledges Posthouse's own passes to neither.
func TestTheFirstStreamThatNeedsItDials(t *testing.T) {
	route, client := lateClient(t, mocks)
	client.SendPreface()
	client.Send(h2test.Settings(http2.Setting{ID: http2.SettingEnablePush, Val: 0},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20}),
		h2test.WindowUpdate(0, 1000), h2test.Priority(3, http2.PriorityParam{Weight: 200}))
	client.Expect("SETTINGS 0", "SETTINGS 0 ACK")
	client.Send(h2test.Settings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1 << 15}), h2test.Ping("12345678"))
	client.Expect("SETTINGS 0 ACK", `PING 0 ACK "12345678"`)
	mock(client, 1)
	client.Send(client.Headers(3, on("GET", "/a")...).End())
	origin := lateOrigin(t, route)
	origin.ExpectPreface()
	origin.Expect("SETTINGS 0 2:0 4:1048576 5:32768", "WINDOW_UPDATE 0 +1000")
	if f := origin.Next(); f.Type != http2.FramePriority || f.Stream != 3 {
		t.Error(f)
	}
	origin.ExpectFields(3, on("GET", "/a")...)
	client.Send(h2test.Settings().With(h2test.Ack)) // of Posthouse's, late
	origin.Send(h2test.Settings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 7}), h2test.Settings().With(h2test.Ack))
	client.Expect("SETTINGS 0 3:7")
	client.Send(h2test.Settings().With(h2test.Ack))
	origin.Expect("SETTINGS 0 ACK")
	origin.Send(origin.Headers(3, ":status: 200"), h2test.Data(3, "hi").End())
	client.ExpectFields(3, ":status: 200")
	client.Expect(`DATA 3 END_STREAM "hi"`)
	mock(client, 5)
	client.Send(client.Headers(7, on("GET", "/b")...).End())
	origin.ExpectFields(7, on("GET", "/b")...)
	row, x, _ := finishedAt(route, "/a")
	if row.Failure != 0 || row.Timing.Dialed == 0 || row.Timing.Reused || row.Remote.String() != route.Addr() ||
		x.Secure.Origin.ALPN != "h2" || x.Secure.Client.ALPN != "h2" {
		t.Errorf("%+v %+v", row, x.Secure)
	}
	if row, _, _ := finishedAt(route, "/mock"); row.Remote.IsValid() {
		t.Errorf("%+v", row)
	}
}

// What waits for the origin keeps nothing else from its answer; bodies and trailers wait behind their heads.
func TestStreamsWaitForALateOrigin(t *testing.T) {
	route, client := lateClient(t, mocks)
	client.Start()
	body := strings.Repeat("x", 30_000)
	client.Send(client.Headers(1, on("POST", "/a")...), h2test.Data(1, body[:10_000]), client.Headers(3, on("GET", "/b")...).End())
	mock(client, 5)
	client.Send(h2test.Data(1, body[10_000:20_000]), h2test.Data(1, body[20_000:]), client.Headers(1, "t: 1").End())
	mock(client, 7)
	origin := lateOrigin(t, route)
	origin.Start()
	origin.ExpectFields(1, on("POST", "/a")...)
	got := 0
	for {
		f := origin.Next()
		if f.Type == http2.FrameData && f.Stream == 1 {
			got += len(f.Content())
			continue
		}
		if f.Type == http2.FrameHeaders && f.Stream == 1 {
			break
		}
	}
	if got != len(body) {
		t.Errorf("%d bytes", got)
	}
	origin.ExpectFields(3, on("GET", "/b")...)
	origin.Send(origin.Headers(3, ":status: 204").End(), origin.Headers(1, ":status: 201").End())
	client.ExpectFields(3, ":status: 204")
	client.ExpectFields(1, ":status: 201")
	if row, _, _ := finishedAt(route, "/b"); row.Failure != 0 || row.Timing.Dialed != 0 || row.Remote.String() != route.Addr() {
		t.Errorf("%+v", row)
	}
	if row, _, _ := finishedAt(route, "/a"); row.Timing.Dialed == 0 || row.RequestSize != int64(len(body)) {
		t.Errorf("%+v", row)
	}
}

// Streams whose origin is not reached are answered with why; the connection goes on, and the origin is asked again.
func TestStreamsWhoseLateOriginFails(t *testing.T) {
	route, client := lateClient(t, mocks)
	client.Start()
	config := route.ServerTLS()
	good := config.Certificates
	config.Certificates = []tls.Certificate{(*proxytest.Authority)(nil).Issue(t, nil)}
	refuses := make(chan struct{})
	go func() {
		defer close(refuses)
		route.Refused()
	}()
	client.Send(client.Headers(1, on("POST", "/a")...), h2test.Data(1, "body").End())
	client.ExpectHead(1, ":status: 502")
	client.Until("the page", func(f h2test.Frame) bool { return f.Flags&h2test.EndStream != 0 })
	<-refuses
	mock(client, 3)
	row, x, _ := finishedAt(route, "/a")
	if row.Failure != flow.FailureTLS || row.TLS.Outcome != flow.TLSBadCertificate || x.Secure.Client.ALPN != "h2" {
		t.Errorf("%+v %+v", row, x.Secure)
	}
	if row, _, _ := finishedAt(route, "/mock"); row.TLS.Outcome != flow.TLSDecrypted {
		t.Errorf("%+v", row.TLS)
	}
	config.Certificates = good
	client.Send(client.Headers(5, on("GET", "/b")...).End())
	origin := lateOrigin(t, route)
	origin.Start()
	origin.ExpectFields(5, on("GET", "/b")...)
	origin.Send(origin.Headers(5, ":status: 204").End())
	client.ExpectFields(5, ":status: 204")
}

// An origin that does not speak HTTP/2, which the client was told, is asked over HTTP/1.1, and the rows say so.
func TestLateOriginsOfHTTP1(t *testing.T) {
	route, client := lateClient(t, mocks)
	route.ServerTLS().NextProtos = nil
	route.Serve(func(conn *tls.Conn) {
		in := bufio.NewReader(conn)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			body, _ := io.ReadAll(r.Body)
			text := fmt.Sprintf("%s %s %s", r.Method, r.Proto, body)
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
		}
	})
	client.Start()
	client.Send(client.Headers(1, on("GET", "/a")...).End())
	client.ExpectHead(1, ":status: 200")
	client.ExpectBody(1, "GET HTTP/1.1 ")
	client.Send(client.Headers(3, on("POST", "/b")...), h2test.Data(3, "body").End())
	client.ExpectHead(3, ":status: 200")
	client.ExpectBody(3, "POST HTTP/1.1 body")
	mock(client, 5)
	for _, path := range []string{"/a", "/b"} {
		row, x, codes := finishedAt(route, path)
		if row.Failure != 0 || row.Proto != "HTTP/2.0" || len(codes) != 1 || codes[0] != reason.RuleOverHTTP1 ||
			x.Secure.Origin.ALPN == "h2" {
			t.Errorf("%+v %v", row, codes)
		}
	}
	if _, _, codes := finishedAt(route, "/mock"); len(codes) != 1 || codes[0] != reason.RuleAnswered {
		t.Error(codes)
	}
}

// An origin that chose HTTP/2 before, and speaks HTTP/1.1 alone now, likewise: its client has HTTP/2.
func TestLateOriginsThatChangeTheirMind(t *testing.T) {
	route := ruledRoute(t, mocks)
	open := func(want string) net.Conn {
		conn, err := route.DialTLS(route.ClientTLS("h2", "http/1.1"))
		if err != nil || conn.ConnectionState().NegotiatedProtocol != want {
			t.Fatalf("%v, not %s", err, want)
		}
		return conn
	}
	first := open("http/1.1")
	_, _ = io.WriteString(first, "GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n")
	route.Accept() // which speaks HTTP/2
	route.Accept()
	_ = first.Close()
	client := h2test.NewClient(t, "client", open("h2"))
	client.Start()
	mock(client, 1)
	route.ServerTLS().NextProtos = []string{"http/1.1"}
	client.Send(client.Headers(3, on("GET", "/b")...).End())
	for {
		at := route.Accept()
		r, err := http.ReadRequest(bufio.NewReader(at))
		if err != nil {
			continue // the one by which it was found out
		}
		if r.URL.Path != "/b" || at.ConnectionState().NegotiatedProtocol != "http/1.1" {
			t.Errorf("%+v", r)
		}
		_, _ = io.WriteString(at, ok2)
		break
	}
	client.ExpectHead(3, ":status: 200")
	client.ExpectBody(3, "ok")
	if row, _, codes := finishedAt(route, "/b"); row.Failure != 0 || len(codes) != 1 || codes[0] != reason.RuleOverHTTP1 {
		t.Errorf("%+v %v", row, codes)
	}
}

// What rules send elsewhere does not wait for the connection's own origin, with its body.
func TestDetoursBesideALateOrigin(t *testing.T) {
	route, other := detoured(t, mocks)
	client := route.Client()
	client.Start()
	client.Send(client.Headers(1, on("POST", "/a")...), client.Headers(3, on("POST", "/x")...), h2test.Data(1, "body"),
		h2test.Data(3, "other").End())
	at := other.Accept()
	at.ExpectHead()
	at.Expect("5\r\nother\r\n0\r\n\r\n")
	at.Send(ok2)
	client.ExpectHead(3, ":status: 200")
	client.ExpectBody(3, "ok")
	client.Send(h2test.Data(1, "end").End())
	origin := lateOrigin(t, route)
	origin.Start()
	origin.ExpectFields(1, on("POST", "/a")...)
	origin.Expect(`DATA 1 "body"`, `DATA 1 END_STREAM "end"`)
	origin.Send(origin.Headers(1, ":status: 204").End())
	client.ExpectFields(1, ":status: 204")
}

// A request whose body waits when that is found out is to be asked again.
func TestALateOriginOfHTTP1RefusesWhatWaits(t *testing.T) {
	route, client := lateClient(t, mocks)
	route.ServerTLS().NextProtos = nil
	client.Start()
	client.Send(client.Headers(1, on("POST", "/a")...), h2test.Data(1, "body"))
	route.Accept()
	client.UntilReset(1, http2.ErrCodeRefusedStream)
	if row, _, _ := finishedAt(route, "/a"); row.Failure != flow.FailureOriginClosed || row.Reason.Code != reason.RuleAskAgain {
		t.Errorf("%+v", row)
	}
	mock(client, 3)
}

// What rules have wait waits before the origin is dialled, and a client that leaves has it not dialled at all.
func TestDelaysComeBeforeALateOrigin(t *testing.T) {
	route, client := lateClient(t, mocks+"\n[[rule]]\nwhen='path:/wait'\ndelay.request='20ms'\n"+
		"[[rule]]\nwhen='path:/ever'\ndelay.request='9m'")
	client.Start()
	client.Send(client.Headers(1, on("GET", "/ever")...).End(), client.Headers(3, on("GET", "/wait")...).End())
	origin := lateOrigin(t, route)
	origin.Start()
	origin.ExpectFields(3, on("GET", "/wait")...)
	client.Send(h2test.Reset(1, http2.ErrCodeCancel), client.Headers(5, on("GET", "/a")...).End())
	origin.ExpectFields(5, on("GET", "/a")...)
	if row, _, codes := finishedAt(route, "/ever"); row.Remote.IsValid() || len(codes) != 1 || codes[0] != reason.RuleDelayed {
		t.Errorf("%+v %v", row, codes)
	}
}

// A client that leaves ends the dial.
func TestClientsLeaveBeforeTheirLateOrigin(t *testing.T) {
	for name, leave := range map[string]func(*h2test.Route, *h2test.Peer){
		"the client":   func(_ *h2test.Route, c *h2test.Peer) { c.Close() },
		"the stream":   func(_ *h2test.Route, c *h2test.Peer) { c.Send(h2test.Reset(1, http2.ErrCodeCancel)) },
		"the shutdown": func(r *h2test.Route, _ *h2test.Peer) { _ = r.Proxy.Shutdown(0) },
	} {
		t.Run(name, func(t *testing.T) {
			route, client := lateClient(t, mocks)
			client.Start()
			client.Send(client.Headers(1, on("GET", "/a")...).End())
			route.Proxy.Row(func(r flow.Row) bool { return r.Path == "/a" })
			leave(route, client)
			row, _, _ := finishedAt(route, "/a")
			early := row.Reason.Code == reason.H2Ending // it was told to leave before
			if !early && row.Failure != flow.FailureClientGone && row.Failure != flow.FailureShutdown {
				t.Errorf("%+v", row)
			}
		})
	}
}

// What waits is bounded: a stream with more behind it is reset, and others go on.
func TestLateOriginsHoldSoMuch(t *testing.T) {
	route, client := lateClient(t, mocks)
	client.Quiet().Start()
	body := strings.Repeat("x", 16_000)
	for stream := uint32(1); stream < 2*60; stream += 2 {
		client.Send(client.Headers(stream, on("POST", "/a")...))
		for range 4 {
			if client.TrySend(h2test.Data(stream, body)) != nil {
				t.Fatal("it ended")
			}
		}
	}
	client.Until("the first that is too much", func(f h2test.Frame) bool {
		return f.Type == http2.FrameRSTStream && f.Code() == http2.ErrCodeRefusedStream
	})
	route.Proxy.Row(func(r flow.Row) bool { return r.Path == "/a" && r.Phase.Final() && r.Failure == flow.FailureLimit })
	client.Send(client.Headers(1001, on("GET", "/mock")...).End())
	client.Until("what a rule answers", func(f h2test.Frame) bool { return f.Stream == 1001 && f.Flags&h2test.EndStream != 0 })
}

// More SETTINGS than are kept for an origin end the connection.
func TestLateOriginsKeepSoMuch(t *testing.T) {
	_, client := lateClient(t, mocks)
	client.Quiet().Start()
	many := make([]http2.Setting, 2000)
	for i := range many {
		many[i] = http2.Setting{ID: http2.SettingInitialWindowSize, Val: 100_000}
	}
	client.Send(h2test.Settings(many...))
	_ = client.TrySend(h2test.Settings(many...))
	if codes := client.UntilGone(); len(codes) != 1 || codes[0] != http2.ErrCodeEnhanceYourCalm {
		t.Error(codes)
	}
}

// Real clients ask for what rules answer and what they leave, beside each other, while rules come and go.
func TestLateOriginsWhileRulesChange(t *testing.T) {
	route := ruledRoute(t, mocks)
	route.ServeHTTP(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(append([]byte("origin"), body...))
	})
	with, without := ruleSet(t, mocks), ruleSet(t, "[[rule]]\nwhen='path:/none'\nanswer.text='x'")
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			for range 5 {
				protocols := &http.Protocols{}
				protocols.SetHTTP2(true)
				transport := &http.Transport{Protocols: protocols, DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
					return route.DialTLS(route.ClientTLS("h2"))
				}}
				var streams sync.WaitGroup
				for i := range 8 {
					streams.Go(func() { askLate(t, transport, i) })
				}
				streams.Wait()
				transport.CloseIdleConnections()
			}
		})
	}
	changed := make(chan struct{})
	go func() {
		defer close(changed)
		for range 50 {
			route.Configure(func(c *proxy.Config) { c.Rules = without })
			route.Configure(func(c *proxy.Config) { c.Rules = with })
		}
	}()
	all.Wait()
	<-changed
}

// askLate asks for one of both, with a body or not.
func askLate(t *testing.T, transport *http.Transport, i int) {
	path, method, body := "/a", "GET", ""
	if i%2 == 0 {
		path = "/mock"
	}
	if i%3 == 0 {
		method, body = "POST", strings.Repeat("b", 20_000)
	}
	req, _ := http.NewRequestWithContext(t.Context(), method, "https://"+h2test.Host+path, strings.NewReader(body))
	res, err := transport.RoundTrip(req)
	if err != nil {
		t.Error(err)
		return
	}
	got, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if text := string(got); err != nil || text != "origin"+body && (path != "/mock" || text != "mock") {
		t.Errorf("%s %s: %d bytes, %v", method, path, len(got), err)
	}
}
