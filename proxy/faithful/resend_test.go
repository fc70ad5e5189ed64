package faithful_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/clienthello"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// keepsHellos has the proxy remember the ClientHellos that come.
func keepsHellos(_ *decrypt.Options, c *proxy.Config) { c.Hellos = new(clienthello.Kept) }

// again sends what the row shows once more, and returns the origin's side of it.
func again(t *testing.T, route *h2test.Route, id flow.ID) (*outgoing.Sending, *h2test.Peer) {
	t.Helper()
	x := route.Proxy.Exchange(id)
	m, err := outgoing.FromExchange(&x)
	if err != nil {
		t.Fatal(err)
	}
	s, err := route.Proxy.Server.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return s, h2test.NewServer(t, "origin again", route.Accept())
}

func ended(t *testing.T, s *outgoing.Sending) outgoing.Result {
	t.Helper()
	select {
	case <-s.Done():
	case <-time.After(proxytest.Deadline):
		t.Fatal("it has not ended")
	}
	return s.Wait()
}

// A request that is sent again opens its connection as the program did, with the same
// ClientHello, and has the same fields, in their order, with what is never to be indexed.
func TestResentRequestIsTheSameOverHTTP2(t *testing.T) {
	route := h2test.Through(t, keepsHellos)
	client, origin := route.Open()
	client.SendPreface()
	client.Send(openings[3].frames...)
	lines := request("POST", "/a?b", "z: 1", "!cookie: a=1", "a: 2", "!authorization: Bearer x", "cookie: b=2", "content-length: 5")
	client.Send(client.Headers(15, lines...).Prioritized(http2.PriorityParam{StreamDep: 11, Weight: 41}), h2test.Data(15, "hello"),
		client.Headers(15, "x-sum: 1", "!x-secret: 2").End())
	origin.ExpectPreface()
	for _, f := range openings[3].frames {
		origin.Expect(f.String())
	}
	origin.Send(h2test.Settings())
	first := origin.ExpectFields(15, lines...)
	origin.Send(origin.Headers(15, ":status: 200").End())
	origin.Expect(h2test.Data(15, "hello").String())
	origin.ExpectFields(15, "x-sum: 1", "!x-secret: 2")
	row := route.Proxy.Row(func(r flow.Row) bool { return r.ID == 2 && r.Phase.Final() })

	s, at := again(t, route, 2)
	at.ExpectPreface()
	for _, f := range openings[3].frames {
		at.Expect(f.String())
	}
	at.Send(h2test.Settings())
	second := at.ExpectFields(13, lines...)
	if first.Fields[0] != second.Fields[0] || string(first.Payload[:5]) != string(second.Payload[:5]) {
		t.Errorf("the head was %v, and is %v", first, second)
	}
	at.KeepHouse()
	at.Expect(h2test.Data(13, "hello").String())
	at.ExpectFields(13, "x-sum: 1", "x-secret: 2")
	at.Send(at.Headers(13, ":status: 201", "content-type: text/plain"), h2test.Data(13, "fine").End())
	r := ended(t, s)
	x := route.Proxy.Exchange(s.ID())
	if r.Row.Status != 201 || string(x.ResponseBody.Bytes) != "fine" || !x.Own || x.From != 2 || x.Row.TLS.OriginJA4 != row.TLS.OriginJA4 ||
		x.Secure.Deviation&flow.DeviationOwn != 0 || x.Timing.Dialed == 0 || x.Timing.Connected <= x.Timing.Dialed {
		t.Errorf("the row is %+v, %+v", x.Row, x.Secure)
	}
	if was := route.Proxy.Exchange(2); string(x.RequestHead) != string(was.RequestHead) || x.HTTP2.NeverIndexed != was.HTTP2.NeverIndexed ||
		x.HTTP2.NeverIndexed == 0 || x.HTTP2.Opening != was.HTTP2.Opening || x.HTTP2.Priority != was.HTTP2.Priority {
		t.Errorf("the head is %q, %+v", x.RequestHead, x.HTTP2)
	}
}

// Bodies pass as the origin grants, both ways, and beyond all windows.
func TestResentRequestKeepsToWindows(t *testing.T) {
	route := h2test.Through(t, keepsHellos)
	body := strings.Repeat("0123456789abcdef", 20<<10) // 320 KiB
	m := outgoing.Message{Scheme: "https", Host: "127.0.0.1", ServerName: h2test.Host, Protocol: outgoing.HTTP2,
		Body: outgoing.Body{Reader: strings.NewReader(body), Size: int64(len(body))}}
	_, port, _ := strings.Cut(route.Addr(), ":")
	number, _ := strconv.Atoi(port)
	m.Port = uint16(number)
	m.Fields = outgoing.ParseFields([]byte(":method: POST\r\n:scheme: https\r\n:authority: a.example\r\n:path: /\r\n"), 0)
	s, err := route.Proxy.Server.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	at := h2test.NewServer(t, "origin", route.Accept()).Quiet()
	at.Start(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1000}, http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1 << 20})
	at.ExpectHead(1)
	at.Send(h2test.WindowUpdate(1, 65535)) // it may have begun before it knew of 1000
	got, granted := 0, 0
	for got < len(body) {
		f := at.Until("DATA", func(f h2test.Frame) bool { return f.Type == http2.FrameData })
		if got += len(f.Content()); got > granted+65535 {
			t.Fatalf("%d bytes came, %d were granted", got, granted)
		}
		at.Send(h2test.WindowUpdate(0, 5000), h2test.WindowUpdate(1, 5000))
		granted += 5000
	}
	at.Send(at.Headers(1, ":status: 200"))
	for left := len(body); left > 0; left -= 16 << 10 {
		at.Send(h2test.Data(1, body[:16<<10]))
	}
	at.Send(h2test.Data(1, "").End())
	if r := ended(t, s); r.Row.Status != 200 || r.Row.RequestSize != int64(len(body)) || r.Row.ResponseSize != int64(len(body)) {
		t.Errorf("it fared %+v", r.Row)
	}
}

// An origin without HTTP/2, one that is not there, and a client that cancels.
func TestResentRequestFailsWithAWord(t *testing.T) {
	route := h2test.Through(t, keepsHellos)
	client, origin := route.Started()
	client.Send(client.Headers(1, request("GET", "/")...).End())
	origin.ExpectHead(1)
	origin.Send(origin.Headers(1, ":status: 200").End())
	route.Proxy.Row(func(r flow.Row) bool { return r.ID == 2 && r.Phase.Final() })

	s, at := again(t, route, 2)
	at.Start()
	at.ExpectHead(1)
	s.Cancel()
	at.UntilGone()
	if r := ended(t, s); r.Row.Reason.Code != reason.SendCancelled || r.Row.Status != 0 {
		t.Errorf("it fared %+v", r.Row)
	}

	route.ServerTLS().NextProtos = []string{"http/1.1"}
	x := route.Proxy.Exchange(2)
	m, _ := outgoing.FromExchange(&x)
	m.Hello = outgoing.HelloOwn
	s, err := route.Proxy.Server.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	_ = route.Accept()
	if r := ended(t, s); r.Row.Reason.Code != reason.SendNotSpoken || r.Row.Failure != flow.FailureTLS {
		t.Errorf("it fared %+v", r.Row)
	}
	m.Port = 1
	if s, err = route.Proxy.Server.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if r := ended(t, s); r.Row.Failure != flow.FailureRefused || r.Row.Host != "127.0.0.1:1" && !strings.HasSuffix(r.Row.Host, ":1") {
		t.Errorf("it fared %+v", r.Row)
	}
}
